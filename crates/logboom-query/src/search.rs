//! The newest matches in a snapshot of the local log, as they become final; or the table of a query with pipes.

use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use logboom_store::{ReadError, Snapshot};

use crate::access::Access;
use crate::ast::Query;
use crate::engine::run::Counters;
use crate::engine::{self, Scope};
use crate::kept::OwnedRecord;
use crate::limits;
use crate::pipe::{PipeLimits, Pipeline, Table};

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
    /// What may be seen.
    pub access: Access,
    /// Threads that read; 0 for what the machine has, and never more than [`limits::THREADS_MAX`].
    pub threads: usize,
    /// After this the search ends with what it has, and says so.
    pub timeout: Option<Duration>,
}

impl SearchRequest {
    /// A search through everything, for as long as it takes.
    pub fn new(query: Query, limit: usize) -> Self {
        Self { query, since: i64::MIN, until: None, limit, access: Access::all(), threads: 0, timeout: None }
    }
}

/// What a search tells while it runs.
#[derive(Debug)]
pub enum SearchEvent<'a> {
    /// Matches that are final: everything newer has been told before. Newest first.
    Records(Vec<OwnedRecord>),
    /// How far it is.
    Progress(&'a SearchProgress),
}

/// What a search did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchOutcome {
    /// What the query's pipes give; absent where it gives records.
    pub table: Option<Table>,
    /// Records looked at.
    pub scanned_records: u64,
    /// Bytes of the bodies looked at.
    pub scanned_bytes: u64,
    /// Blocks of the log in the asked times and seqs.
    pub blocks: u64,
    /// Blocks of these that were not read, since nothing in them could match or count.
    pub skipped_blocks: u64,
    /// Whether there are older matches: beyond the limit, or beyond [`limits::SEARCH_KEPT_BYTES_MAX`].
    pub more: bool,
    /// Why this is not everything, in words; absent when it is.
    pub incomplete: Option<String>,
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SearchProgress {
    /// Blocks read or skipped.
    pub blocks_done: u64,
    /// Blocks known of; grows as parts of the log are opened.
    pub blocks_total: u64,
    /// Bytes on disk of what is done.
    pub bytes_done: u64,
    /// Bytes on disk of all that the times leave.
    pub bytes_total: u64,
    /// Records looked at so far.
    pub scanned_records: u64,
    /// Bytes of the bodies looked at so far.
    pub scanned_bytes: u64,
    /// Matches so far, at most the limit; 0 for a table.
    pub matches: usize,
    /// Everything with an event at or after this time is done, nanoseconds since the Unix epoch.
    pub back_to: i64,
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
    /// The request makes no sense; the text says why.
    #[error("{0}")]
    Refused(String),
    /// The time was over before there was anything to show.
    #[error("{0}")]
    TimedOut(String),
    /// The cancel flag was raised.
    #[error("the search was cancelled")]
    Cancelled,
    /// The log could not be read.
    #[error("failed to read the log")]
    Read(#[from] ReadError),
}

/// Searches, telling what is final as soon as it is. The order is (event time, seq), newest first. The cancel flag is
/// looked at for each block.
pub fn search(
    snapshot: &Snapshot,
    request: &SearchRequest,
    cancel: &AtomicBool,
    events: &mut dyn FnMut(SearchEvent<'_>),
) -> Result<SearchOutcome, SearchError> {
    if request.limit > limits::SEARCH_LIMIT_MAX {
        return Err(SearchError::LimitTooLarge { limit: request.limit });
    }
    let scope = request.scope(cancel);
    let limit = request.limit.min(request.query.record_limit().unwrap_or(usize::MAX));
    if !request.query.is_table() {
        return engine::hits::search(snapshot, &scope, limit, events);
    }
    let bytes = limits::PIPE_BYTES_MAX.min(limits::TABLE_BYTES_MAX / scope.threads);
    let limits = PipeLimits { rows: limit, bytes, ..PipeLimits::default() };
    engine::table::fill(snapshot, &scope, &|| Pipeline::new(&request.query, &limits), events)
}

/// Searches and gives back all at once, oldest first.
pub fn collect(
    snapshot: &Snapshot,
    request: &SearchRequest,
    cancel: &AtomicBool,
    progress: &mut dyn FnMut(&SearchProgress),
) -> Result<(Vec<OwnedRecord>, SearchOutcome), SearchError> {
    let mut records = Vec::new();
    let outcome = search(snapshot, request, cancel, &mut |event| match event {
        SearchEvent::Records(more) => records.extend(more),
        SearchEvent::Progress(at) => progress(at),
    })?;
    records.reverse();
    Ok((records, outcome))
}

impl SearchOutcome {
    pub(crate) fn of(counters: Counters) -> Self {
        let progress = counters.progress;
        Self {
            scanned_records: progress.scanned_records,
            scanned_bytes: progress.scanned_bytes,
            blocks: progress.blocks_total,
            skipped_blocks: progress.blocks_total - counters.read.min(progress.blocks_total),
            incomplete: counters.incomplete,
            ..Self::default()
        }
    }
}

impl SearchRequest {
    fn scope<'a>(&'a self, cancel: &'a AtomicBool) -> Scope<'a> {
        Scope::new(&self.query, self.since, self.until, &self.access, cancel)
            .with_threads(self.threads)
            .with_timeout(self.timeout)
    }
}

/// Seqs outside of which nothing can match.
impl Query {
    /// Seqs outside of which nothing can match, for readers that can skip; `seq:1234` leaves one.
    pub fn seqs(&self) -> Range<u64> {
        engine::bounds::of(self).seqs
    }
}
