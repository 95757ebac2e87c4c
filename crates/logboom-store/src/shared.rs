//! What the handles, the readers and the writer of one open store share.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use logboom_model::StoreId;
use tokio::sync::watch;

use crate::StoreOptions;
use crate::cache::SegmentCache;
use crate::clock::Clock;
use crate::fs::Fs;
use crate::limits::{
    ALLOCATE_BYTES_MAX, ALLOCATE_BYTES_MIN, ALLOCATE_SHARE_OF_BUDGET, FILE_BODY_BYTES_MAX,
    FILE_DISK_SHARE_OF_BUDGET, FILE_SHARE_OF_BUDGET, RESERVE_BYTES_MAX, RESERVE_BYTES_MIN,
};
use crate::log::Log;
use crate::queue::{Lost, Queue};
use crate::seal::SealSignals;
use crate::stats::{StoreState, StoreStats};
use crate::stripes::Stripes;

/// See the top of the file. `queue` is locked before `log` where both are.
pub struct Shared {
    /// The data directory, for messages.
    pub dir: PathBuf,
    /// Its files.
    pub fs: Arc<dyn Fs>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Settings.
    pub options: StoreOptions,
    /// The store's id.
    pub store_id: StoreId,
    /// What waits for its commit.
    pub queue: Mutex<Queue>,
    /// Tells the writer that there is work.
    pub work: Condvar,
    /// Tells submitters and flushers that something was done.
    pub room: Condvar,
    /// What is durable.
    pub log: Mutex<Log>,
    /// Segments that are open.
    pub segments: Arc<SegmentCache>,
    /// Stripes that readers have decoded.
    pub stripes: Stripes,
    /// Calls the sealer, and tells it to end.
    pub seal_signals: SealSignals,
    /// Tells readers that there is more.
    pub published: Condvar,
    /// First seq not yet durable, for those who await.
    pub durable: watch::Sender<u64>,
}

impl Shared {
    /// The queue.
    pub fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The log.
    pub fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody found seqs missing that nobody evicted: the writer will tell, once.
    pub fn report_lost(&self, from: u64, to: u64) {
        self.report(from, to, to.saturating_sub(from));
    }

    /// Somebody found so many rows of a segment, between these seqs, that cannot be read.
    pub fn report(&self, from: u64, to: u64, count: u64) {
        let lost = {
            let mut log = self.log();
            let start = from.max(log.evicted_to);
            if start >= to || count == 0 || !log.note_lost(start, to) {
                return;
            }
            let is_segment = !log.segments_in(&(start..to)).is_empty();
            Lost { from: start, to, count: count.min(to - start), is_segment }
        };
        self.queue().lost.push(lost);
        self.work.notify_one();
    }

    /// Preallocation grows by this.
    pub fn allocate_step(&self) -> u64 {
        let step = self.options.max_bytes / ALLOCATE_SHARE_OF_BUDGET;
        step.clamp(ALLOCATE_BYTES_MIN, ALLOCATE_BYTES_MAX).next_multiple_of(ALLOCATE_BYTES_MIN)
    }

    /// Kept free behind the end of the active file.
    pub fn reserve(&self) -> u64 {
        (self.options.max_bytes / ALLOCATE_SHARE_OF_BUDGET).clamp(RESERVE_BYTES_MIN, RESERVE_BYTES_MAX)
    }

    /// Bodies of one file.
    pub fn file_body_bytes_max(&self) -> u64 {
        let wanted = self.options.segment_body_bytes.clamp(1, FILE_BODY_BYTES_MAX);
        wanted.min(self.options.max_bytes / FILE_SHARE_OF_BUDGET)
    }

    /// Bytes of one file.
    pub fn file_bytes_max(&self) -> u64 {
        self.options.max_bytes / FILE_DISK_SHARE_OF_BUDGET
    }

    /// Figures of this moment.
    pub fn stats(&self) -> StoreStats {
        let queued_bytes = self.queue().bytes() as u64;
        let log = self.log();
        StoreStats {
            store_id: Some(self.store_id),
            max_bytes: self.options.max_bytes,
            queued_bytes,
            ..stats(&log)
        }
    }
}

/// What the log says; what it does not know is left empty.
pub fn stats(log: &Log) -> StoreStats {
    let with_rows = |file: &&crate::log::JournalFile| file.summary.end_seq > file.summary.first_seq;
    let mut segments = log.segments.iter().map(|sealed| sealed.content.commits.0);
    let seal_note = log.seal_error.as_ref().map(|error| format!("sealing waits: {error}"));
    StoreStats {
        bytes: log.bytes(),
        journal_files: log.files.len() as u64,
        segments: log.segments.len() as u64,
        segment_bytes: log.segment_bytes(),
        sealed_bytes: log.sealed_bytes,
        oldest: segments
            .next()
            .or_else(|| log.files.iter().find(with_rows).map(|file| file.summary.first_commit)),
        newest: log
            .files
            .iter()
            .rfind(with_rows)
            .map(|file| file.summary.last_commit)
            .or_else(|| log.segments.last().map(|sealed| sealed.content.commits.1)),
        oldest_seq: log.oldest_seq(),
        end_seq: log.end_seq,
        records: log.end_seq - 1,
        state: if log.closed { StoreState::Closed } else { log.condition },
        last_error: log.last_error.clone().or_else(|| log.clock_note.clone()).or(seal_note),
        commits: log.commits,
        syncs: log.syncs,
        bytes_written: log.bytes_written,
        failures: log.failures,
        gap_rows: log.gap_rows,
        gaps: crate::gaps::recent(&log.state),
        ..StoreStats::default()
    }
}
