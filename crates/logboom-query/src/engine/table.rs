//! The table of a query with pipes.

use logboom_store::{BlockCount, Columns, ReadError, Snapshot};

use super::Scope;
use super::block::Found;
use super::order::Order;
use super::run::{Worker, run};
use crate::pipe::Pipeline;
use crate::search::{SearchError, SearchEvent, SearchOutcome};

impl Worker for Pipeline {
    fn needs(&self) -> Columns {
        Self::needs(self)
    }

    fn accept(&mut self, found: &Found<'_>) -> Result<(), ReadError> {
        for (batch, rows) in found.batches {
            Self::accept(self, batch, rows);
        }
        Ok(())
    }

    fn counts(&self) -> bool {
        Self::counts(self)
    }

    fn count(&mut self, counts: &[BlockCount]) -> bool {
        Self::count(self, counts)
    }

    fn floor(&self) -> i64 {
        self.useful_from()
    }
}

/// Fills it.
pub(crate) fn fill(
    snapshot: &Snapshot,
    scope: &Scope<'_>,
    pipeline: &dyn Fn() -> Option<Pipeline>,
    events: &mut dyn FnMut(SearchEvent<'_>),
) -> Result<SearchOutcome, SearchError> {
    let workers = (0..scope.threads).filter_map(|_| pipeline()).collect();
    let (workers, counters) = run(snapshot, scope, Order::Newest, workers, &mut |tick| {
        events(SearchEvent::Progress(tick.progress));
    })?;
    let merged = workers.into_iter().reduce(|mut one, other| {
        one.merge(other);
        one
    });
    let mut table = merged.map(Pipeline::finish);
    if let Some((table, reason)) = table.as_mut().zip(counters.incomplete.as_ref()) {
        table.notes.push(format!("incomplete: {reason}"));
    }
    Ok(SearchOutcome { table, ..SearchOutcome::of(counters) })
}
