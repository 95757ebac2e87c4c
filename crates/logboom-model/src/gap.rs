//! Gap records: an ordinary row that says what was lost, where, and how surely the loss was counted.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Resource, Stream};

/// Why data are missing. A closed list: alerts and dashboards depend on the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The source file became shorter than what had been read, or changed under the position.
    SourceTruncated,
    /// Rotated files were deleted before they could be read.
    SourceRotatedAway,
    /// A file could not be read (I/O error, damaged gzip).
    SourceUnreadable,
    /// A container lived and went while logboom was away.
    ContainerUnseen,
    /// Too many deleted files were held open; the oldest was given up.
    OpenFilesLimit,
    /// A damaged journal entry.
    JournalCorrupt,
    /// A damaged segment.
    SegmentCorrupt,
    /// The oldest data made room for new ones.
    Evicted,
    /// A bounded buffer was full and the source cannot be read again.
    Dropped,
}

impl GapReason {
    /// The name as it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::SourceTruncated => "source_truncated",
            Self::SourceRotatedAway => "source_rotated_away",
            Self::SourceUnreadable => "source_unreadable",
            Self::ContainerUnseen => "container_unseen",
            Self::OpenFilesLimit => "open_files_limit",
            Self::JournalCorrupt => "journal_corrupt",
            Self::SegmentCorrupt => "segment_corrupt",
            Self::Evicted => "evicted",
            Self::Dropped => "dropped",
        }
    }
}

/// How the count of a gap is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountKind {
    /// Exactly so many records.
    Exact,
    /// So many or more.
    AtLeast,
    /// Nobody can know.
    Unknown,
}

/// One loss. The store merges gaps of one resource, stream, reason and minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// What lost data.
    pub resource: Arc<Resource>,
    /// Name of the source that found it, e.g. `docker`; `store` for the store itself; [`Gap::SINK_PREFIX`] and a
    /// name for a sink.
    pub source: Box<str>,
    /// Stream, or [`Stream::None`] when it concerns all.
    pub stream: Stream,
    /// Why.
    pub reason: GapReason,
    /// Event times between which the loss lies, nanoseconds since the Unix epoch, where known.
    pub from: Option<i64>,
    /// See `from`.
    pub to: Option<i64>,
    /// Seqs lost, first and one past the last, where they had been assigned.
    pub seqs: Option<(u64, u64)>,
    /// Bytes lost, where known.
    pub bytes: Option<u64>,
    /// Records lost; see `count_kind`.
    pub count: u64,
    /// How `count` is meant.
    pub count_kind: CountKind,
    /// One sentence for the person who reads the log: what happened, in words.
    pub detail: Box<str>,
}

impl Gap {
    /// Begins the `source` of a gap that a sink found.
    pub const SINK_PREFIX: &str = "sink/";

    /// A gap of unknown size; fill in what is known.
    pub fn unknown(resource: Arc<Resource>, source: &str, reason: GapReason, detail: &str) -> Self {
        Self {
            resource,
            source: source.into(),
            stream: Stream::None,
            reason,
            from: None,
            to: None,
            seqs: None,
            bytes: None,
            count: 0,
            count_kind: CountKind::Unknown,
            detail: detail.into(),
        }
    }

    /// Whether two gaps may become one row: same resource, source, stream and reason (the minute is the caller's).
    pub fn same_place(&self, other: &Self) -> bool {
        self.resource.id() == other.resource.id()
            && self.source == other.source
            && self.stream == other.stream
            && self.reason == other.reason
    }

    /// Adds another loss of the same place to this one.
    pub fn merge(&mut self, other: &Self) {
        self.from = earliest(self.from, other.from);
        self.to = self.to.max(other.to);
        self.seqs = match (self.seqs, other.seqs) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
        self.bytes = match (self.bytes, other.bytes) {
            (Some(one), Some(two)) => Some(one.saturating_add(two)),
            _ => None,
        };
        self.count = self.count.saturating_add(other.count);
        self.count_kind = match (self.count_kind, other.count_kind) {
            (CountKind::Exact, CountKind::Exact) => CountKind::Exact,
            (CountKind::Unknown, CountKind::Unknown) => CountKind::Unknown,
            _ if self.count == 0 => CountKind::Unknown,
            _ => CountKind::AtLeast,
        };
    }

    /// The body of the gap's row.
    pub fn body(&self) -> String {
        let count = match self.count_kind {
            CountKind::Exact => format!("{} records lost", self.count),
            CountKind::AtLeast => format!("at least {} records lost", self.count),
            CountKind::Unknown => "an unknown number of records lost".to_owned(),
        };
        format!("gap ({}): {count}: {}", self.reason.name(), self.detail)
    }

    /// The attributes of the gap's row, a JSON object.
    pub fn attributes(&self) -> Vec<u8> {
        let mut object = serde_json::Map::new();
        object.insert("event.name".into(), "logboom.gap".into());
        object.insert("gap.reason".into(), self.reason.name().into());
        object.insert("gap.source".into(), self.source.as_ref().into());
        object.insert("gap.count".into(), self.count.into());
        let kind = match self.count_kind {
            CountKind::Exact => "exact",
            CountKind::AtLeast => "at_least",
            CountKind::Unknown => "unknown",
        };
        object.insert("gap.count_kind".into(), kind.into());
        if let Some(bytes) = self.bytes {
            object.insert("gap.bytes".into(), bytes.into());
        }
        if let Some((first, end)) = self.seqs {
            object.insert("gap.seq_from".into(), first.into());
            object.insert("gap.seq_to".into(), end.into());
        }
        for (name, time) in [("gap.from", self.from), ("gap.to", self.to)] {
            if let Some(time) = time {
                object.insert(name.into(), crate::format_rfc3339(time).into());
            }
        }
        serde_json::Value::Object(object).to_string().into_bytes()
    }
}

fn earliest(one: Option<i64>, two: Option<i64>) -> Option<i64> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.min(two)),
        (one, two) => one.or(two),
    }
}
