//! The first matches in the order of a search, as records.

use std::sync::{Mutex, MutexGuard, PoisonError};

use logboom_store::{Columns, ReadError, Snapshot};

use super::Scope;
use super::block::Found;
use super::order::{Order, Rank};
use super::run::{Tick, Worker, run};
use crate::kept::{Kept, OwnedRecord};
use crate::limits;
use crate::search::{SearchError, SearchEvent, SearchOutcome, SearchProgress};

/// What is looked for besides the scope.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) order: Order,
    pub(crate) limit: usize,
    /// Only what comes behind this place.
    pub(crate) behind: Option<Rank>,
}

struct Hits<'a> {
    wanted: Wanted,
    kept: &'a Mutex<Kept>,
    picks: Vec<Pick>,
}

/// A match that may be kept.
#[derive(Debug, Clone, Copy)]
struct Pick {
    rank: Rank,
    batch: usize,
    row: usize,
}

impl Hits<'_> {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The places of the matches that may be kept.
    fn pick(&mut self, found: &Found<'_>) {
        self.picks.clear();
        let order = self.wanted.order;
        let floor = self.kept().floor();
        let most = PICKS_MAX.max(2 * self.wanted.limit);
        for (batch, (rows_of, rows)) in found.batches.iter().enumerate() {
            for row in rows.iter() {
                let rank = order.of(rows_of.columns().times[row], rows_of.seq(row));
                if rank.0 < floor || self.wanted.behind.is_some_and(|behind| rank >= behind) {
                    continue;
                }
                self.picks.push(Pick { rank, batch, row });
                if self.picks.len() >= most {
                    self.cut();
                }
            }
        }
        self.cut();
        self.picks.sort_unstable_by_key(|pick| std::cmp::Reverse(pick.rank));
    }

    /// Gives up picks beyond the limit.
    fn cut(&mut self) {
        let limit = self.wanted.limit;
        if self.picks.len() <= limit {
            return;
        }
        let (_, first_beyond, _) =
            self.picks.select_nth_unstable_by_key(limit, |pick| std::cmp::Reverse(pick.rank));
        let rank = first_beyond.rank;
        self.picks.truncate(limit);
        self.kept().give_up(rank);
    }
}

/// Picks of a block that are held before those beyond the limit are given up.
const PICKS_MAX: usize = 16 << 10;

impl Worker for Hits<'_> {
    fn needs(&self) -> Columns {
        Columns { time: true, ..Columns::default() }
    }

    fn accept(&mut self, found: &Found<'_>) -> Result<(), ReadError> {
        self.pick(found);
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = self.picks.iter().position(|pick| !kept.wants(pick.rank)) {
                kept.give_up(self.picks[at].rank);
                self.picks.truncate(at);
            }
        }
        if self.picks.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = self.picks.iter().map(|pick| (pick.batch, pick.row)).collect();
        let records = found.records(&rows)?;
        let mut kept = self.kept();
        records.into_iter().for_each(|record| kept.offer(record));
        Ok(())
    }

    fn floor(&self) -> i64 {
        self.kept().floor()
    }
}

/// Finds the newest.
pub(crate) fn search(
    snapshot: &Snapshot,
    scope: &Scope<'_>,
    limit: usize,
    events: &mut dyn FnMut(SearchEvent<'_>),
) -> Result<SearchOutcome, SearchError> {
    find(snapshot, scope, Wanted { order: Order::Newest, limit, behind: None }, events)
}

/// Finds the first in an order.
pub(crate) fn find(
    snapshot: &Snapshot,
    scope: &Scope<'_>,
    wanted: Wanted,
    events: &mut dyn FnMut(SearchEvent<'_>),
) -> Result<SearchOutcome, SearchError> {
    let kept = Mutex::new(Kept::new(wanted.order, wanted.limit, limits::SEARCH_KEPT_BYTES_MAX));
    let worker = || Hits { wanted, kept: &kept, picks: Vec::new() };
    let workers = (0..scope.threads).map(|_| worker()).collect();
    let (_, counters) = run(snapshot, scope, wanted.order, workers, &mut |tick: Tick<'_>| {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (records, matches) = (kept.take_before(tick.done_to), kept.len());
        drop(kept);
        tell(records, events);
        events(SearchEvent::Progress(&SearchProgress { matches, ..*tick.progress }));
    })?;
    let mut kept = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    tell(kept.take_rest(), events);
    Ok(SearchOutcome { more: kept.more(), ..SearchOutcome::of(counters) })
}

fn tell(records: Vec<OwnedRecord>, events: &mut dyn FnMut(SearchEvent<'_>)) {
    if !records.is_empty() {
        events(SearchEvent::Records(records));
    }
}
