//! Which records an entry is about, who asks, and for how long.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::bounds;
use crate::access::Access;
use crate::ast::Query;
use crate::limits::THREADS_MAX;
use crate::search::SearchError;

/// What every entry has in common.
#[derive(Debug, Clone)]
pub(crate) struct Scope<'a> {
    pub(crate) query: &'a Query,
    /// Event times, from those asked for and those in the query.
    pub(crate) times: Range<i64>,
    pub(crate) seqs: Range<u64>,
    pub(crate) access: &'a Access,
    /// At least 1.
    pub(crate) threads: usize,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) cancel: &'a AtomicBool,
}

impl<'a> Scope<'a> {
    /// Event times from `since` to before `until`.
    pub(crate) fn new(
        query: &'a Query,
        since: i64,
        until: Option<i64>,
        access: &'a Access,
        cancel: &'a AtomicBool,
    ) -> Self {
        let (first, last) = query.times();
        // The last nanosecond that can be told has no nanosecond after it: it is given up.
        let times = since.max(first)..until.unwrap_or(i64::MAX).min(last.saturating_add(1));
        let seqs = bounds::of(query).seqs;
        Self { query, times, seqs, access, threads: threads(0), timeout: None, deadline: None, cancel }
    }

    pub(crate) fn with_threads(self, asked: usize) -> Self {
        Self { threads: threads(asked), ..self }
    }

    pub(crate) fn with_timeout(self, timeout: Option<Duration>) -> Self {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Self { timeout, deadline, ..self }
    }

    /// Whether nothing can be in the times and seqs.
    pub(crate) fn is_empty(&self) -> bool {
        self.times.is_empty() || self.seqs.is_empty()
    }

    /// An error once the flag is raised.
    pub(crate) fn check_cancel(&self) -> Result<(), SearchError> {
        if self.cancel.load(Ordering::Relaxed) { Err(SearchError::Cancelled) } else { Ok(()) }
    }

    /// What to say when the time is over.
    pub(crate) fn timed_out(&self) -> Option<String> {
        let timeout = self.timeout?;
        let is_over = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        is_over.then(|| format!("stopped after {} s; narrow the time range", timeout.as_secs_f64()))
    }
}

fn threads(asked: usize) -> usize {
    let available = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let wanted = if asked == 0 { available() } else { asked };
    wanted.clamp(1, THREADS_MAX)
}
