//! The newest matches in a snapshot of the local log.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use logboom_model::Batch;
use logboom_store::{ReadError, Snapshot};

use crate::ast::Query;
use crate::kept::{Kept, OwnedRecord};
use crate::limits;
use crate::matcher::Matcher;
use crate::selection::Selection;

/// What is looked for.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// Which records.
    pub query: Query,
    /// First event time, nanoseconds since the Unix epoch.
    pub since: i64,
    /// First event time that is too late; without end when absent.
    pub until: Option<i64>,
    /// How many of the newest matches, at most [`limits::SEARCH_LIMIT_MAX`].
    pub limit: usize,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct SearchResult {
    /// The newest matches, oldest first, ordered by (time, seq).
    pub records: Vec<OwnedRecord>,
    /// Records looked at.
    pub scanned_records: u64,
    /// Bytes of their bodies.
    pub scanned_bytes: u64,
    /// Whether there are older matches: beyond the limit, or beyond [`limits::SEARCH_KEPT_BYTES_MAX`].
    pub more: bool,
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SearchProgress {
    /// Commits looked at or skipped.
    pub entries_done: u64,
    /// Commits of the snapshot.
    pub entries_total: u64,
    /// Bytes on disk of the commits done.
    pub bytes_done: u64,
    /// Bytes on disk of the snapshot.
    pub bytes_total: u64,
    /// Records looked at so far.
    pub scanned_records: u64,
    /// Matches kept so far.
    pub matches: usize,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// More records were asked for than a search may hold.
    #[error("a search returns at most {max} records; {limit} were asked for", max = limits::SEARCH_LIMIT_MAX)]
    LimitTooLarge {
        /// What was asked for.
        limit: usize,
    },
    /// The cancel flag was raised.
    #[error("the search was cancelled")]
    Cancelled,
    /// The log could not be read.
    #[error("failed to read the log")]
    Read(#[from] ReadError),
}

/// Finds the newest matches, newest commits first, and stops where no older commit can hold a newer match. The
/// cancel flag is looked at for each batch, `progress` called for each commit.
pub fn search(
    snapshot: &Snapshot,
    request: &SearchRequest,
    cancel: &AtomicBool,
    progress: &mut dyn FnMut(&SearchProgress),
) -> Result<SearchResult, SearchError> {
    if request.limit > limits::SEARCH_LIMIT_MAX {
        return Err(SearchError::LimitTooLarge { limit: request.limit });
    }
    let mut scan = Scan::new(request);
    if scan.since >= scan.until {
        return Ok(scan.finish());
    }
    let mut cancelled = false;
    snapshot.scan(scan.since..scan.until, &mut |batches, at| {
        for batch in batches {
            if cancel.load(Ordering::Relaxed) {
                cancelled = true;
                return ControlFlow::Break(());
            }
            scan.batch(batch);
        }
        progress(&SearchProgress {
            entries_done: at.entries_done,
            entries_total: at.entries_total,
            bytes_done: at.bytes_done,
            bytes_total: at.bytes_total,
            scanned_records: scan.records,
            matches: scan.kept.len(),
        });
        ControlFlow::Continue(scan.kept.useful_from())
    })?;
    if cancelled { Err(SearchError::Cancelled) } else { Ok(scan.finish()) }
}

/// A search between two batches.
struct Scan {
    matcher: Matcher,
    since: i64,
    until: i64,
    kept: Kept,
    rows: Selection,
    records: u64,
    bytes: u64,
}

impl Scan {
    fn new(request: &SearchRequest) -> Self {
        let (first, last) = request.query.times();
        Self {
            matcher: request.query.matcher(),
            since: request.since.max(first),
            until: request.until.unwrap_or(i64::MAX).min(last.saturating_add(1)),
            kept: Kept::new(request.limit, limits::SEARCH_KEPT_BYTES_MAX),
            rows: Selection::default(),
            records: 0,
            bytes: 0,
        }
    }

    fn batch(&mut self, batch: &Batch) {
        self.records += batch.len() as u64;
        self.bytes += batch.columns().body.len() as u64;
        let times = self.since.max(self.kept.useful_from())..self.until;
        self.rows.reset(batch.len(), true);
        self.rows.retain(|row| times.contains(&batch.columns().times[row]));
        if self.rows.is_empty() {
            return;
        }
        self.matcher.retain(batch, &mut self.rows);
        for row in self.rows.iter() {
            self.kept.offer(&batch.record(row), batch.resource());
        }
    }

    fn finish(self) -> SearchResult {
        let (records, more) = self.kept.finish();
        SearchResult { records, scanned_records: self.records, scanned_bytes: self.bytes, more }
    }
}
