//! The configuration from a user's side: what can be written, and what a mistake is answered with.

use std::path::Path;

use super::settings::Collect;
use super::*;

fn parse_text(text: &str) -> Result<Config, ConfigError> {
    let env = |name: &str| (name == "SET").then(|| "from-env".to_owned());
    parse(Path::new("logboom.yaml"), text, &env)
}

fn check(text: &str, expected: &[&str]) {
    let message = parse_text(text).expect_err(text).to_string();
    assert_eq!(message.lines().collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn everything_that_can_be_set() {
    let config = parse_text(
        "listen: 127.0.0.1:2667\n\
         token: { file: /run/secrets/token }\n\
         tls: { cert: /c.pem, key: /k.pem }\n\
         insecure: false\n\
         allowed_hosts: [logs.example]\n\
         data_dir: /srv/logboom\n\
         log_level: debug\n\
         limits: { memory: 256MiB, cpu: 1.5 }\n\
         store: { max_bytes: 1GiB, max_age: 7d, min_free: 500MB }\n\
         sources:\n  docker: { enabled: true, root: /srv/docker, host: \"unix:///run/docker.sock\", collect: files, backlog: all }\n\
         sinks:\n  - { name: out, uri: \"stdout:\", where: \"severity>=warn\", from: now, lifecycle: true }\n",
    )
    .unwrap();
    assert_eq!(config.data_dir.as_deref(), Some(Path::new("/srv/logboom")));
    assert_eq!((config.limits.memory.0, config.limits.cpu.map(Cpus::whole)), (256 << 20, Some(2)));
    assert_eq!(config.store.max_bytes.0, 1 << 30);
    assert_eq!(config.store.min_free.0, 500_000_000);
    assert_eq!(config.sources.docker.collect, Collect::Files);
    assert_eq!(config.sources.docker.backlog, BacklogSetting::All);
    assert_eq!(config.sinks[0].filter.as_deref(), Some("severity>=warn"));
}

#[test]
fn no_file_and_an_empty_file_are_the_defaults() {
    assert_eq!(parse_text("").unwrap(), Config::default());
    assert_eq!(parse_text("store:\nsources:\n  docker:\nsinks:\n").unwrap(), Config::default());
}

#[test]
fn values_come_from_the_environment_or_are_refused() {
    let config = parse_text("data_dir: /srv/${SET}\nsinks: # ${UNSET} in a comment\n").unwrap();
    assert_eq!(config.data_dir.as_deref(), Some(Path::new("/srv/from-env")));
    check(
        "store:\n  max_bytes: 1GiB\ntoken: \"${UNSET}\"\n",
        &[
            "logboom.yaml:3:8: token: the environment variable UNSET is not set; set it, or write ${UNSET:-default}",
        ],
    );
}

#[test]
fn a_mistake_is_named_with_file_line_key_and_fix() {
    check(
        "store:\n  max_bytes: 10 GIB\n",
        &["logboom.yaml:2:14: store.max_bytes: \"10 GIB\" is not a size; write for example 10GiB"],
    );
    check(
        "store:\n  max_byte: 10GiB\n",
        &["logboom.yaml:2:3: store.max_byte: no such setting; did you mean max_bytes?"],
    );
    check(
        "kafka: {}\n",
        &[
            "logboom.yaml:1:1: kafka: no such setting; what fits here: listen, tls, insecure, token, allowed_hosts, data_dir, log_level, limits, store, sources, sinks",
        ],
    );
    check(
        "sources: { docker: { backlog: 1y } }\n",
        &[
            "logboom.yaml:1:31: sources.docker.backlog: \"1y\" does not fit; write none, all, or an age such as 24h",
        ],
    );
    check(
        "sources: { docker: { enabled: yes } }\n",
        &["logboom.yaml:1:31: sources.docker.enabled: \"yes\" is not true or false"],
    );
    check(
        "sources: { docker: { collect: socket } }\n",
        &[
            "logboom.yaml:1:31: sources.docker.collect: collecting through the socket is not there yet; write auto or files",
        ],
    );
    check(
        "sources: { docker: { collect: file } }\n",
        &["logboom.yaml:1:31: sources.docker.collect: \"file\" does not exist here; did you mean files?"],
    );
    check(
        "listen: 2666\n",
        &[
            "logboom.yaml:1:9: listen: \"2666\" is not an address to listen on; write an IP address and a port, for example 127.0.0.1:2666",
        ],
    );
    check("store: 5GiB\n", &["logboom.yaml:1:8: store: expected a group of settings"]);
    check(
        "sinks: { uri: x }\n",
        &["logboom.yaml:1:8: sinks: a group of settings does not fit; expected a list: - …"],
    );
    check("tls: { cert: /c.pem }\n", &["logboom.yaml:1:6: tls: key is missing"]);
    check("data_dir: [a]\n", &["logboom.yaml:1:11: data_dir: a list does not fit; expected text"]);
    check(
        "a: [\n",
        &["logboom.yaml:2:1: not valid YAML: while parsing a node, did not find expected node content"],
    );
    check(
        "token: { file: ${UNSET} }\n",
        &[
            "logboom.yaml:1:17: not valid YAML: while parsing a flow mapping, did not find expected ',' or '}'; inside { } and [ ] put \"${NAME}\" into quotes",
        ],
    );
}

#[test]
fn addresses_that_others_reach_demand_tls_or_a_word() {
    let refused = "logboom.yaml:1:9: listen: 0.0.0.0:2666 can be reached from other machines; give tls: a cert and a key, or say insecure: true (the token is demanded then)";
    check("listen: 0.0.0.0:2666\n", &[refused]);
    assert!(parse_text("listen: 0.0.0.0:2666\ninsecure: true\n").is_ok());
    assert!(parse_text("listen: 0.0.0.0:2666\ntls: { cert: c, key: k }\n").is_ok());
    assert!(parse_text("listen: \"[::ffff:127.0.0.1]:2666\"\n").is_ok());
}

#[test]
fn limits_that_cannot_be_kept_are_refused() {
    check(
        "limits:\n  memory: 16MiB\n",
        &["logboom.yaml:2:11: limits.memory: 16.0 MiB is less than logboom runs in; write 80MiB or more"],
    );
    check(
        "limits: { cpu: 0, memory: 79.9MiB }\n",
        &[
            "logboom.yaml:1:16: limits.cpu: \"0\" is not a number of CPUs; write for example 2 or 0.5",
            "logboom.yaml:1:27: limits.memory: 79.9 MiB is less than logboom runs in; write 80MiB or more",
        ],
    );
    check("limits: { cpus: 2 }\n", &["logboom.yaml:1:11: limits.cpus: no such setting; did you mean cpu?"]);
    assert!(parse_text("limits: { memory: 80MiB, cpu: 0.5 }\n").is_ok());
    assert_eq!(parse_text("limits:\n").unwrap(), Config::default());
}

#[test]
fn every_mistake_is_reported_in_one_go() {
    check(
        "listen: here\n\
         store:\n  max_bytes: lots\n  maxage: 1d\n\
         sinks:\n  - { name: a }\n  - { uri: \"nowhere:\" }\n  - { uri: \"stdout:\", where: \"severity>=\" }\n\
         sources:\n  docker: { host: \"${UNSET}\" }\n",
        &[
            "logboom.yaml:1:9: listen: \"here\" is not an address to listen on; write an IP address and a port, for example 127.0.0.1:2666",
            "logboom.yaml:3:14: store.max_bytes: \"lots\" is not a size; write for example 10GiB",
            "logboom.yaml:4:3: store.maxage: no such setting; did you mean max_age?",
            "logboom.yaml:6:5: sinks[0]: uri is missing",
            "logboom.yaml:7:12: sinks[1].uri: nowhere: is not a destination; what exists today: stdout:",
            "logboom.yaml:8:30: sinks[2].where: at character 11: the value of severity is missing; write it without a space: severity>=value",
            "logboom.yaml:10:19: sources.docker.host: the environment variable UNSET is not set; set it, or write ${UNSET:-default}",
        ],
    );
}

#[test]
fn no_secret_is_shown_whatever_is_wrong() {
    let text = "token: hunter2hunter2hunter2\nsinks: 3\n";
    assert!(!parse_text(text).unwrap_err().to_string().contains("hunter2"));
    let config = parse_text("token: hunter2hunter2hunter2\n").unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}

/// Where the published schema lies.
const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/logboom.schema.json");
/// Where the settings are explained.
const MANUAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");

fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Config);
    schema.insert(
        "$id".to_owned(),
        "https://raw.githubusercontent.com/logboom/logboom/main/docs/logboom.schema.json".into(),
    );
    schema.to_value()
}

#[test]
fn the_published_schema_is_up_to_date() {
    let current = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(SCHEMA, &current).unwrap();
    }
    let published = std::fs::read_to_string(SCHEMA).unwrap_or_default();
    assert!(
        published == current,
        "docs/logboom.schema.json is out of date; UPDATE=1 cargo test -p logboom writes it"
    );
}

#[test]
fn the_manual_names_every_setting() {
    let manual = std::fs::read_to_string(MANUAL).unwrap();
    let mut names = Vec::new();
    property_names(&schema(), &mut names);
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        assert!(manual.contains(&format!("`{name}`")), "docs/configuration.md does not name `{name}`");
    }
}

fn property_names(value: &serde_json::Value, names: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(object) => {
            if let Some(serde_json::Value::Object(properties)) = object.get("properties") {
                names.extend(properties.keys().cloned());
            }
            object.values().for_each(|child| property_names(child, names));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|child| property_names(child, names)),
        _ => {}
    }
}
