//! What no single setting can know: whether the settings fit together, and whether texts in languages of their own
//! (queries, times, URIs) can be read.

use std::collections::HashMap;

use logboom_store::limits::MAX_BYTES_LEAST;

use super::document::{Node, Value};
use super::problem::{Problem, Step};
use super::settings::{Collect, Config, MEMORY_MIN, Sink};
use super::units::size_text;

/// Reports everything that does not fit.
pub fn validate(config: &Config, root: &Node, problems: &mut Vec<Problem>) {
    let mut report = Report { root, problems };
    listener(config, &mut report);
    token(config, &mut report);
    store(config, &mut report);
    limits(config, &mut report);
    docker(config, &mut report);
    sinks(&config.sinks, &mut report);
}

struct Report<'a> {
    root: &'a Node,
    problems: &'a mut Vec<Problem>,
}

impl Report<'_> {
    /// Where the items that could be read stand in the list as it was written.
    fn indices(&self, list: &str) -> Vec<usize> {
        let Value::Map(entries) = &self.root.value else { return Vec::new() };
        let Some(Value::List(items)) =
            entries.iter().find(|entry| entry.key == list).map(|entry| &entry.node.value)
        else {
            return Vec::new();
        };
        let kept = items.iter().enumerate().filter(|(_, item)| !matches!(item.value, Value::Skipped));
        kept.map(|(index, _)| index).collect()
    }

    fn push(&mut self, path: &[Step], message: impl Into<String>) {
        self.problems.push(Problem::at(self.root.place_of(path), path, message));
    }
}

fn key(name: &str) -> Step {
    Step::Key(name.to_owned())
}

fn listener(config: &Config, report: &mut Report<'_>) {
    if let Some(listen) = config.listen
        && !listen.0.ip().to_canonical().is_loopback()
        && config.tls.is_none()
        && !config.insecure
    {
        report.push(
            &[key("listen")],
            format!(
                "{listen} can be reached from other machines; give tls: a cert and a key, or say insecure: true (the token is demanded then)"
            ),
        );
    }
    for (name, index) in config.allowed_hosts.iter().zip(report.indices("allowed_hosts")) {
        if name.is_empty() || name.contains([':', '/', ' ']) {
            report.push(
                &[key("allowed_hosts"), Step::Index(index)],
                format!("\"{name}\" is not a host name; write it without scheme and port, for example logs.example"),
            );
        }
    }
}

/// A token in a file that cannot be read here may be right where logboom is to run.
fn token(config: &Config, report: &mut Report<'_>) {
    let text = config.token.as_ref().and_then(|secret| secret.reveal().ok());
    if let Some(Err(error)) = text.map(|text| logboom_server::check_token(&text)) {
        report.push(&[key("token")], error.to_string());
    }
}

fn store(config: &Config, report: &mut Report<'_>) {
    let max_bytes = config.store.max_bytes;
    if max_bytes.0 < MAX_BYTES_LEAST {
        report.push(
            &[key("store"), key("max_bytes")],
            format!(
                "{} is less than a store can work in; write {}MiB or more",
                size_text(max_bytes.0),
                MAX_BYTES_LEAST.div_ceil(1 << 20)
            ),
        );
    }
}

fn limits(config: &Config, report: &mut Report<'_>) {
    let memory = config.limits.memory;
    if memory < MEMORY_MIN {
        report.push(
            &[key("limits"), key("memory")],
            format!(
                "{} is less than logboom runs in; write {}MiB or more",
                size_text(memory.0),
                MEMORY_MIN.0 >> 20
            ),
        );
    }
}

fn docker(config: &Config, report: &mut Report<'_>) {
    let docker = &config.sources.docker;
    if docker.collect == Collect::Socket {
        report.push(
            &[key("sources"), key("docker"), key("collect")],
            "collecting through the socket is not there yet; write auto or files",
        );
    }
    if let Some(host) = &docker.host
        && !["unix:///", "tcp://", "http://", "https://"].iter().any(|scheme| host.starts_with(scheme))
    {
        report.push(
            &[key("sources"), key("docker"), key("host")],
            format!("\"{host}\" is not an engine's address; write for example unix:///var/run/docker.sock or tcp://host:2376"),
        );
    }
}

fn sinks(sinks: &[Sink], report: &mut Report<'_>) {
    let mut names: HashMap<String, usize> = HashMap::new();
    for (sink, index) in sinks.iter().zip(report.indices("sinks")) {
        let at = |name: &str| [key("sinks"), Step::Index(index), key(name)];
        match sink.spec() {
            Err(problem) => report.push(&at(problem.setting), problem.message),
            Ok(spec) => {
                if let Some(first) = names.insert(spec.name.clone(), index) {
                    report.push(
                        &at("name"),
                        format!(
                            "{} is the name of sinks[{first}] too; give each a name of its own",
                            spec.name
                        ),
                    );
                }
            }
        }
    }
}
