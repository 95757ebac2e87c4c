//! What can be configured: plain types, one field a key, from which the JSON Schema in `docs/` is made too.
//!
//! A new source or sink setting is a field here and its use in `up`; nothing else needs to know.

use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::secret::Secret;
use super::units::{Cpus, ListenAddress, Size, Span};

/// Memory that logboom may use when nothing else is said.
pub const MEMORY_DEFAULT: Size = Size(512 << 20);
/// The least that `limits.memory` may be: `up/budget.rs` says what it is needed for.
pub const MEMORY_MIN: Size = Size(80 << 20);

/// logboom's configuration. Every setting is optional.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address of the page and the HTTP API. Any other than loopback demands `tls`, or `insecure: true` and a `token`.
    #[schemars(extend("default" = "127.0.0.1:2666"))]
    pub listen: Option<ListenAddress>,
    /// Certificate and key of the listener.
    pub tls: Option<Tls>,
    /// Allows plain HTTP on an address that others can reach; a token is still demanded.
    pub insecure: bool,
    /// The bearer token of the HTTP API; without it the one in the data directory's `token` file.
    pub token: Option<Secret>,
    /// Names, besides its address, by which clients may call this server, without ports.
    pub allowed_hosts: Vec<String>,
    /// Where logs, positions and the token are kept.
    #[schemars(extend("default" = "/var/lib/logboom"))]
    pub data_dir: Option<PathBuf>,
    /// How much this program says on standard error.
    pub log_level: Option<LogLevel>,
    /// What logboom may take of the host's memory and CPUs.
    pub limits: LimitsSettings,
    /// The local log.
    pub store: StoreSettings,
    /// Where logs come from.
    pub sources: Sources,
    /// Where logs are sent on to.
    pub sinks: Vec<Sink>,
}

/// Certificate and key of the listener, as PEM files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate chain, leaf first.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// What logboom may take of the host's memory and CPUs. Its cgroup's own limits are kept to besides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsSettings {
    /// Memory by which buffers, searches and tails are sized, at least `80MiB`.
    #[schemars(extend("default" = "512MiB"))]
    pub memory: Size,
    /// CPUs, rounded up to whole ones; without it all that this process may run on.
    pub cpu: Option<Cpus>,
}

impl Default for LimitsSettings {
    fn default() -> Self {
        Self { memory: MEMORY_DEFAULT, cpu: None }
    }
}

/// The local log and its budget.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// Bytes on disk that are never passed.
    #[schemars(extend("default" = "10GiB"))]
    pub max_bytes: Size,
    /// Age after which data go.
    #[schemars(extend("default" = "30d"))]
    pub max_age: Span,
    /// Bytes left free on the disk.
    #[schemars(extend("default" = "2GiB"))]
    pub min_free: Size,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            max_bytes: Size(10 << 30),
            max_age: Span(std::time::Duration::from_secs(30 * 86_400)),
            min_free: Size(2 << 30),
        }
    }
}

/// Where logs come from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sources {
    /// Docker's containers on this host; found by itself.
    pub docker: DockerSettings,
}

/// Docker's containers on this host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DockerSettings {
    /// `false` switches this source off.
    #[schemars(extend("default" = true))]
    pub enabled: bool,
    /// Docker's root directory; without it the engine is asked, and without an engine it is `/var/lib/docker`.
    pub root: Option<PathBuf>,
    /// The engine: `unix:///path` or `tcp://host:port`; without it `DOCKER_HOST`, and without that the usual socket.
    pub host: Option<String>,
    /// The way lines are collected.
    pub collect: Collect,
    /// How much of what containers wrote before the first start is taken: `none`, `all`, or an age such as `24h`.
    #[schemars(extend("default" = "24h"))]
    pub backlog: BacklogSetting,
}

impl Default for DockerSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            root: None,
            host: None,
            collect: Collect::Auto,
            backlog: BacklogSetting::Age(Span(std::time::Duration::from_secs(86_400))),
        }
    }
}

/// The way lines are collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Collect {
    /// The best way there is for each container: today its json-file.
    #[default]
    Auto,
    /// The json-files in Docker's root.
    Files,
    /// The engine's socket; refused until it exists.
    #[schemars(skip)]
    Socket,
}

/// How much history is taken at the first start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BacklogSetting {
    /// Only what is written from now on.
    None,
    /// What is not older than this.
    Age(Span),
    /// Everything there is.
    All,
}

impl<'de> Deserialize<'de> for BacklogSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "none" => Ok(Self::None),
            "all" => Ok(Self::All),
            _ => text.parse().map(Self::Age).map_err(|_| {
                D::Error::custom(format!("\"{text}\" does not fit; write none, all, or an age such as 24h"))
            }),
        }
    }
}

impl JsonSchema for BacklogSetting {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Backlog".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^(none|all|[0-9]+(\.[0-9]{1,9})?(ms|s|m|h|d|w))$" })
    }
}

/// One destination.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sink {
    /// Name, unique; without it scheme, host and path of the URI.
    #[serde(default)]
    pub name: Option<String>,
    /// Where to: `stdout:`.
    pub uri: String,
    /// Only what this query finds is sent.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// Where a new sink starts: `now`, `earliest`, or a time (RFC 3339, or an age such as `24h`).
    #[serde(default)]
    pub from: Option<String>,
    /// Whether starts and ends of containers are sent too.
    #[serde(default)]
    #[schemars(extend("default" = false))]
    pub lifecycle: Option<bool>,
}

/// How much logboom itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Only what needs somebody.
    Error,
    /// And what may.
    Warn,
    /// And what changes: the default.
    Info,
    /// And what helps to find a fault.
    Debug,
    /// Everything.
    Trace,
}
