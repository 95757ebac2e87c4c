//! What the store says about itself.

use logboom_model::StoreId;
use logboom_model::format_rfc3339;
use logboom_model::status::{GapStatus, StoreStatus};

/// How the journal fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoreState {
    /// Commits succeed.
    #[default]
    Running,
    /// Commits fail (disk full, I/O errors); what was submitted is kept and tried again.
    Degraded,
    /// Opened read-only, or closed.
    Closed,
}

impl StoreState {
    /// As `status` shows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Degraded => "degraded",
            Self::Closed => "closed",
        }
    }
}

/// Figures of one moment. Times are commit times in nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Default)]
pub struct StoreStats {
    /// The store's id.
    pub store_id: Option<StoreId>,
    /// Bytes on disk, preallocation included.
    pub bytes: u64,
    /// The budget.
    pub max_bytes: u64,
    /// Files of the journal.
    pub journal_files: u64,
    /// Sealed segments.
    pub segments: u64,
    /// Bytes of the segments on disk.
    pub segment_bytes: u64,
    /// Bytes of segments written since start.
    pub sealed_bytes: u64,
    /// Commit time of the oldest data kept.
    pub oldest: Option<i64>,
    /// Commit time of the newest data.
    pub newest: Option<i64>,
    /// First seq that can still be read.
    pub oldest_seq: u64,
    /// First seq not yet durable.
    pub end_seq: u64,
    /// Records stored since the data directory was made.
    pub records: u64,
    /// How the journal fares.
    pub state: StoreState,
    /// Why it is degraded, or what else a person should know, in words.
    pub last_error: Option<String>,
    /// Commits since start.
    pub commits: u64,
    /// Syncs since start.
    pub syncs: u64,
    /// Bytes written since start.
    pub bytes_written: u64,
    /// Failed writes and syncs since start; each cost a journal file, not a record.
    pub failures: u64,
    /// Gap rows written since start.
    pub gap_rows: u64,
    /// Bytes of memory waiting for their commit.
    pub queued_bytes: u64,
    /// The most recent gaps, newest last.
    pub gaps: Vec<GapStatus>,
}

impl StoreStats {
    /// The store's part of `status`.
    pub fn status(&self) -> StoreStatus {
        StoreStatus {
            bytes: self.bytes,
            max_bytes: self.max_bytes,
            segments: self.segments,
            journal_files: self.journal_files,
            oldest: self.oldest.map(format_rfc3339),
            newest: self.newest.map(format_rfc3339),
            oldest_seq: self.oldest_seq,
            state: self.state.name().to_owned(),
            last_error: self.last_error.clone(),
        }
    }
}
