//! What `logboom status --output json` and `GET /api/v1/status` print: a contract that outside checks rely on.

use serde::{Deserialize, Serialize};

/// The whole answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The store's id, 32 hex digits.
    pub store_id: String,
    /// logboom's version.
    pub version: String,
    /// Records stored since the data directory was made, cumulative.
    pub records: u64,
    /// Seq of the last durable record; 0 when there is none.
    pub seq: u64,
    /// The local log.
    pub store: StoreStatus,
    /// Every source.
    pub sources: Vec<SourceStatus>,
    /// Every sink.
    pub sinks: Vec<SinkStatus>,
    /// The most recent gaps, newest last.
    pub gaps: Vec<GapStatus>,
}

/// The local log's part of the status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoreStatus {
    /// Bytes on disk, everything of the store counted.
    pub bytes: u64,
    /// The budget.
    pub max_bytes: u64,
    /// Sealed segments.
    pub segments: u64,
    /// Journal files.
    pub journal_files: u64,
    /// Commit time of the oldest record kept, RFC 3339.
    pub oldest: Option<String>,
    /// Commit time of the newest record, RFC 3339.
    pub newest: Option<String>,
    /// First seq that can still be read.
    pub oldest_seq: u64,
    /// `running`, or `degraded` while commits fail (disk full, I/O errors); nothing is lost that can be read again.
    pub state: String,
    /// Why it is degraded, in words.
    pub last_error: Option<String>,
}

/// One source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceStatus {
    /// Name, unique.
    pub name: String,
    /// Kind, as in the configuration: `docker`, `forward`, …
    pub kind: String,
    /// Delivery class: `exact`, `at_least_once`, `best_effort`.
    pub class: String,
    /// `running`, `waiting`, `degraded`, `stopped`.
    pub state: String,
    /// Why it is in that state, and which way each container is collected, in words.
    pub detail: Option<String>,
    /// Containers being followed now.
    pub containers: u64,
    /// Records handed to the journal since start.
    pub records: u64,
    /// Bytes read from the source since start.
    pub bytes: u64,
    /// Bytes known to be waiting at the source.
    pub lag_bytes: u64,
    /// Lines whose framing could not be decoded, since start.
    pub decode_errors: u64,
    /// Last error, in words.
    pub last_error: Option<String>,
}

/// One sink.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SinkStatus {
    /// Name, unique.
    pub name: String,
    /// `running`, `catching_up`, `retrying`, `blocked`, `paused`.
    pub state: String,
    /// Delivery class.
    pub class: String,
    /// Last finished seq.
    pub cursor: u64,
    /// Records between cursor and the end of the log.
    pub lag_records: u64,
    /// Age of the oldest record not yet sent, in seconds.
    pub lag_seconds: f64,
    /// Last error, in words.
    pub last_error: Option<String>,
}

/// One gap, as in the gap row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GapStatus {
    /// When the gap was recorded, RFC 3339.
    pub time: String,
    /// The source that lost data, or absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The sink that lost data, or absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sink: Option<String>,
    /// Container name, or another name of the resource; empty when it concerns the whole log.
    pub resource: String,
    /// `stdout`, `stderr` or empty.
    pub stream: String,
    /// First lost event time, RFC 3339, where known.
    pub from: Option<String>,
    /// Last lost event time, RFC 3339, where known.
    pub to: Option<String>,
    /// Records lost.
    pub count: u64,
    /// `exact`, `at_least` or `unknown`.
    pub count_kind: String,
    /// One of the closed list of reasons.
    pub reason: String,
}

/// One container, as `GET /api/v1/containers` lists it; removed ones stay for a while.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ContainerStatus {
    /// Full id.
    pub id: String,
    /// Name without slash.
    pub name: String,
    /// Image name as given.
    pub image: String,
    /// `service.name` of its resource.
    pub service: String,
    /// `running`, `exited`, `removed`.
    pub state: String,
    /// The way it is collected: `files`, or `ignored`, or why it is not collected, in words.
    pub via: String,
    /// Bytes of its files not yet read.
    pub lag_bytes: u64,
    /// Records handed to the journal since start.
    pub records: u64,
    /// Event time of its last record, RFC 3339.
    pub last_time: Option<String>,
}
