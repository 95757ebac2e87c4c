//! Visits the batches of a snapshot, newest commit first, with the rows that match.

use std::ops::ControlFlow;

use logboom_model::Batch;
use logboom_store::Snapshot;

use super::Scope;
use crate::search::{SearchError, SearchProgress};
use crate::selection::Selection;

/// What takes the matches.
pub(crate) trait Worker {
    /// Takes the matching rows of a batch.
    fn accept(&mut self, batch: &Batch, rows: &Selection);

    /// Records older than this are of no use any more.
    fn useful_from(&self) -> i64;

    /// Everything with an event at or after this time has been accepted.
    fn is_done_back_to(&mut self, at: &SearchProgress);
}

/// What a run did.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) progress: SearchProgress,
    pub(crate) incomplete: Option<String>,
}

/// Runs over everything in scope.
pub(crate) fn run(
    snapshot: &Snapshot,
    scope: &Scope<'_>,
    worker: &mut dyn Worker,
) -> Result<Counters, SearchError> {
    let mut counters = Counters::default();
    if scope.is_empty() {
        return Ok(counters);
    }
    let mut matcher = scope.query.matcher();
    let mut rows = Selection::default();
    let mut failed = Ok(());
    snapshot.scan(scope.times.clone(), &mut |batches, at| {
        for batch in batches.iter().filter(|batch| scope.access.allows(batch.resource())) {
            failed = scope.check_cancel();
            counters.incomplete = scope.timed_out();
            if failed.is_err() || counters.incomplete.is_some() {
                return ControlFlow::Break(());
            }
            counters.progress.scanned_records += batch.len() as u64;
            counters.progress.scanned_bytes += batch.columns().body.len() as u64;
            let times = scope.times.start.max(worker.useful_from())..scope.times.end;
            rows.reset(batch.len(), true);
            rows.retain(|row| times.contains(&batch.columns().times[row]));
            if !rows.is_empty() {
                matcher.retain(batch, &mut rows);
                worker.accept(batch, &rows);
            }
        }
        let progress = &mut counters.progress;
        (progress.blocks_done, progress.blocks_total) = (at.entries_done, at.entries_total);
        (progress.bytes_done, progress.bytes_total) = (at.bytes_done, at.bytes_total);
        worker.is_done_back_to(progress);
        ControlFlow::Continue(worker.useful_from())
    })?;
    failed.map(|()| counters)
}
