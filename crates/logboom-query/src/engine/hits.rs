//! The newest matches, as records.

use logboom_model::Batch;
use logboom_store::Snapshot;

use super::Scope;
use super::run::{Worker, run};
use crate::kept::Kept;
use crate::limits;
use crate::search::{SearchError, SearchEvent, SearchOutcome, SearchProgress};
use crate::selection::Selection;

struct Hits<'a> {
    kept: Kept,
    events: &'a mut dyn FnMut(SearchEvent<'_>),
}

impl Worker for Hits<'_> {
    fn accept(&mut self, batch: &Batch, rows: &Selection) {
        for row in rows.iter() {
            self.kept.offer(&batch.record(row), batch.resource());
        }
    }

    fn useful_from(&self) -> i64 {
        self.kept.useful_from()
    }

    fn is_done_back_to(&mut self, at: &SearchProgress) {
        (self.events)(SearchEvent::Progress(&SearchProgress { matches: self.kept.len(), ..*at }));
    }
}

/// Finds them.
pub(crate) fn search(
    snapshot: &Snapshot,
    scope: &Scope<'_>,
    limit: usize,
    events: &mut dyn FnMut(SearchEvent<'_>),
) -> Result<SearchOutcome, SearchError> {
    let mut hits = Hits { kept: Kept::new(limit, limits::SEARCH_KEPT_BYTES_MAX), events };
    let counters = run(snapshot, scope, &mut hits)?;
    let (mut records, more) = hits.kept.finish();
    records.reverse();
    if !records.is_empty() {
        events(SearchEvent::Records(records));
    }
    Ok(SearchOutcome {
        scanned_records: counters.progress.scanned_records,
        scanned_bytes: counters.progress.scanned_bytes,
        blocks: counters.progress.blocks_total,
        more,
        incomplete: counters.incomplete,
        ..SearchOutcome::default()
    })
}
