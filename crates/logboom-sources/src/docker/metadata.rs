//! What Docker writes about a container beside its log: `config.v2.json` and `hostconfig.json`, each replaced by an
//! atomic rename, so a file that can be opened is whole. The environment is read for two names and dropped; it is
//! where secrets are.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use logboom_model::parse_rfc3339;
use serde::{Deserialize, Deserializer};

use super::file::modified;
use crate::limits::CONFIG_BYTES_MAX;

/// Name of the file with identity and state.
pub const CONFIG: &str = "config.v2.json";
/// Name of the file with the logging driver.
pub const HOST_CONFIG: &str = "hostconfig.json";

/// The last run of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Run {
    /// Whether its process runs (also while paused).
    pub running: bool,
    /// When it was started last, nanoseconds since the Unix epoch.
    pub started: Option<i64>,
    /// When it ended last; of the run before, while it runs.
    pub finished: Option<i64>,
    /// Exit code of the run that has ended.
    pub exit_code: i64,
    /// The kernel killed it for want of memory.
    pub oom_killed: bool,
}

/// What is known of a container.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// Name without the slash.
    pub name: String,
    /// Image as given to `docker run`.
    pub image: String,
    /// `sha256:…`
    pub image_id: String,
    /// Labels, those of image and orchestrator included.
    pub labels: BTreeMap<String, String>,
    /// `OTEL_SERVICE_NAME` of the environment.
    pub otel_service_name: Option<String>,
    /// `LOGSPOUT=ignore` in the environment.
    pub logspout_ignore: bool,
    /// The last run.
    pub run: Run,
    /// The logging driver, where `hostconfig.json` says.
    pub log_driver: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConfigFile {
    #[serde(default)]
    state: StateFile,
    #[serde(default, deserialize_with = "null_is_default")]
    name: String,
    #[serde(default, deserialize_with = "null_is_default")]
    image: String,
    #[serde(default, deserialize_with = "null_is_default")]
    config: ContainerFile,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct StateFile {
    running: bool,
    #[serde(rename = "OOMKilled")]
    oom_killed: bool,
    exit_code: i64,
    started_at: String,
    finished_at: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct ContainerFile {
    #[serde(deserialize_with = "null_is_default")]
    image: String,
    #[serde(deserialize_with = "null_is_default")]
    labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_is_default")]
    env: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfigFile {
    #[serde(default, deserialize_with = "null_is_default")]
    log_config: LogConfigFile,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct LogConfigFile {
    r#type: String,
}

fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// What was read, and when Docker wrote it.
pub struct Written {
    /// The metadata.
    pub metadata: Metadata,
    /// When `config.v2.json` was written, nanoseconds since the Unix epoch, by a clock that may lag a few milliseconds.
    pub time: i64,
}

/// Reads both files of a container's folder. `Ok(None)` while there is no `config.v2.json`.
pub fn read(folder: &Path) -> io::Result<Option<Written>> {
    let Some((config, time)) = read_file(&folder.join(CONFIG))? else { return Ok(None) };
    let host_config = read_file(&folder.join(HOST_CONFIG))?;
    let metadata = parse(&config, host_config.as_ref().map(|(bytes, _)| bytes.as_slice()))?;
    Ok(Some(Written { metadata, time }))
}

fn read_file(path: &Path) -> io::Result<Option<(Vec<u8>, i64)>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let time = modified(&file.metadata()?);
    let mut bytes = Vec::new();
    file.take(CONFIG_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(Some((bytes, time)))
}

fn parse(config: &[u8], host_config: Option<&[u8]>) -> Result<Metadata, serde_json::Error> {
    let ConfigFile { state, name, image: image_id, config } = serde_json::from_slice(config)?;
    let log_driver = host_config
        .map(serde_json::from_slice::<HostConfigFile>)
        .transpose()?
        .map(|host_config| host_config.log_config.r#type)
        .filter(|driver| !driver.is_empty());
    let variable = |name: &str| {
        config
            .env
            .iter()
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            .filter(|v| !v.is_empty())
    };
    Ok(Metadata {
        name: name.trim_start_matches('/').to_owned(),
        otel_service_name: variable("OTEL_SERVICE_NAME").map(str::to_owned),
        logspout_ignore: variable("LOGSPOUT").is_some_and(|value| value.eq_ignore_ascii_case("ignore")),
        image: config.image,
        image_id,
        labels: config.labels,
        run: Run {
            running: state.running,
            started: time(&state.started_at),
            finished: time(&state.finished_at),
            exit_code: state.exit_code,
            oom_killed: state.oom_killed,
        },
        log_driver,
    })
}

/// Docker writes the year 1 for "never".
fn time(text: &str) -> Option<i64> {
    parse_rfc3339(text.as_bytes()).ok().filter(|&time| time > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_as_docker_writes_it() {
        let metadata = parse(
            include_bytes!("../../tests/fixtures/disk-config.v2.json"),
            Some(include_bytes!("../../tests/fixtures/disk-hostconfig.json")),
        )
        .unwrap();
        assert_eq!(metadata.name, "cap-json");
        assert_eq!(metadata.image, "bb");
        assert!(metadata.image_id.starts_with("sha256:4dc18fec"));
        assert_eq!(metadata.labels.get("app.tier").map(String::as_str), Some("web"));
        assert_eq!(metadata.log_driver.as_deref(), Some("json-file"));
        assert!(!metadata.run.running);
        assert_eq!(metadata.run.finished, parse_rfc3339(b"2026-11-22T09:13:02.237777989Z").ok());
    }

    #[test]
    fn a_swarm_task_has_no_environment_and_has_never_finished() {
        let config = include_bytes!("../../tests/fixtures/disk-config.v2.swarm.json");
        let metadata = parse(config, None).unwrap();
        assert!(metadata.run.running);
        assert_eq!(metadata.run.finished, None);
        assert_eq!(metadata.log_driver, None);
        assert_eq!(metadata.labels.get("com.docker.swarm.service.name").map(String::as_str), Some("svc"));
    }

    #[test]
    fn only_two_variables_are_looked_at() {
        let config = br#"{"Name":"/a","Config":{"Env":["OTEL_SERVICE_NAME=shop","LOGSPOUT=ignore","PASSWORD=x"],"Labels":null}}"#;
        let metadata = parse(config, None).unwrap();
        assert_eq!(metadata.otel_service_name.as_deref(), Some("shop"));
        assert!(metadata.logspout_ignore);
        assert!(!format!("{metadata:?}").contains("PASSWORD"));
    }
}
