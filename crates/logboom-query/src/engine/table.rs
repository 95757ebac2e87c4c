//! The table of a query with pipes.

use logboom_model::Batch;
use logboom_store::Snapshot;

use super::Scope;
use super::run::{Worker, run};
use crate::pipe::Pipeline;
use crate::search::{SearchError, SearchEvent, SearchOutcome, SearchProgress};
use crate::selection::Selection;

struct Filling<'a> {
    pipeline: Pipeline,
    events: &'a mut dyn FnMut(SearchEvent<'_>),
}

impl Worker for Filling<'_> {
    fn accept(&mut self, batch: &Batch, rows: &Selection) {
        self.pipeline.accept(batch, rows);
    }

    fn useful_from(&self) -> i64 {
        self.pipeline.useful_from()
    }

    fn is_done_back_to(&mut self, at: &SearchProgress) {
        (self.events)(SearchEvent::Progress(at));
    }
}

/// Fills it.
pub(crate) fn fill(
    snapshot: &Snapshot,
    scope: &Scope<'_>,
    pipeline: Pipeline,
    events: &mut dyn FnMut(SearchEvent<'_>),
) -> Result<SearchOutcome, SearchError> {
    let mut filling = Filling { pipeline, events };
    let counters = run(snapshot, scope, &mut filling)?;
    Ok(SearchOutcome {
        table: Some(filling.pipeline.finish()),
        scanned_records: counters.progress.scanned_records,
        scanned_bytes: counters.progress.scanned_bytes,
        blocks: counters.progress.blocks_total,
        incomplete: counters.incomplete,
        ..SearchOutcome::default()
    })
}
