//! The reading half of one tail: from the log to a chunk of events, in steps that may block on files.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use logboom_model::{Batch, LogReader, TailEntry};
use logboom_query::Matcher;
use logboom_store::{Reader, Store};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::events::{Events, MissedReason};
use crate::limits;

/// Reads from one seq on, for ever.
///
/// Between two steps it keeps its place in a file and the rest of an entry only while it holds one of a few permits;
/// a tail without one finds its place again. So the memory of all tails together is bounded, however many lag.
pub(crate) struct TailReader {
    store: Store,
    events: Events,
    matcher: Matcher,
    /// The first seq not yet looked at.
    next: u64,
    reader: Option<Reader>,
    held: Option<Held>,
    holds: Arc<Semaphore>,
    hold: Option<OwnedSemaphorePermit>,
    has_read: bool,
    /// Rows missing here and there before this seq have been told.
    thinned_to: u64,
}

/// An entry that did not fit into one chunk.
struct Held {
    batches: Arc<[Batch]>,
    batch: usize,
    row: usize,
}

/// What one step brought.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// Events to send.
    pub chunk: Vec<u8>,
    /// The seq of the last event with an id in `chunk`.
    pub last_id: Option<u64>,
    /// Whether the end of the log was reached.
    pub caught_up: bool,
    /// Whether the reader had to let go of its place for want of a permit.
    pub wants_hold: bool,
}

impl TailReader {
    /// A reader of what matches, from a seq on; `holds` are the permits to keep something between steps.
    pub fn new(store: Store, matcher: Matcher, next: u64, holds: Arc<Semaphore>) -> Self {
        let events = Events { store_id: store.store_id() };
        let (reader, held, hold) = (None, None, None);
        Self { store, events, matcher, next, reader, held, holds, hold, has_read: false, thinned_to: 0 }
    }

    /// The last seq looked at.
    pub fn position(&self) -> u64 {
        self.next.saturating_sub(1)
    }

    /// Takes a permit to keep something between steps.
    pub fn grant(&mut self, hold: OwnedSemaphorePermit) {
        self.hold = Some(hold);
    }

    /// Gives back what it holds; the next step opens it again, or finds that it is gone and says so.
    pub fn park(&mut self) {
        self.reader = None;
        self.held = None;
        self.hold = None;
    }

    /// Reads until a chunk is full, the end is reached, or its time is over.
    pub fn step(&mut self) -> io::Result<Step> {
        let started = Instant::now();
        let mut step = Step::default();
        while step.chunk.len() < limits::CHUNK_BYTES && started.elapsed() < limits::TAIL_STEP {
            if let Some(held) = self.held.take() {
                self.take_rows(held, started, &mut step);
                continue;
            }
            let reader = self.reader.get_or_insert_with(|| self.store.reader(self.next));
            match reader.next_entry()? {
                Some(TailEntry::Batches(batches)) => self.held = Some(Held { batches, batch: 0, row: 0 }),
                // A reader of the oldest rows begins behind what went before it was made.
                Some(TailEntry::Evicted { from, to }) => {
                    self.missed(from.min(self.next.max(self.thinned_to)), to, &mut step);
                }
                Some(TailEntry::Thinned { from, to, count }) => self.thinned(from, to, count, &mut step),
                None => {
                    step.caught_up = true;
                    break;
                }
            }
        }
        if self.hold.is_none() {
            self.hold = self.holds.clone().try_acquire_owned().ok();
        }
        step.wants_hold = !step.caught_up && self.hold.is_none();
        // At the end of the log what comes next is in memory anyway.
        if step.caught_up || self.hold.is_none() {
            self.park();
        }
        Ok(step)
    }

    fn missed(&mut self, from: u64, to: u64, step: &mut Step) {
        let from = from.max(self.next);
        if from >= to {
            return;
        }
        let reason = if self.has_read { MissedReason::Lagged } else { MissedReason::Evicted };
        self.events.gap(from, to, reason, &mut step.chunk);
        step.last_id = Some(to - 1);
        self.next = to;
        self.has_read = true;
    }

    /// Some rows of a range are missing, and the others follow.
    fn thinned(&mut self, from: u64, to: u64, count: u64, step: &mut Step) {
        let from = from.max(self.next);
        if to > self.thinned_to.max(from) {
            self.events.thinned(from, to, count, &mut step.chunk);
            self.thinned_to = to;
        }
    }

    /// Takes rows of an entry until the chunk is full; puts the rest back.
    fn take_rows(&mut self, mut held: Held, started: Instant, step: &mut Step) {
        while let Some(batch) = held.batches.get(held.batch) {
            // An entry may begin before the seq this tail begins at.
            let behind = usize::try_from(self.next.saturating_sub(batch.first_seq())).unwrap_or(usize::MAX);
            held.row = held.row.max(behind);
            let missing_from = self.next.max(self.thinned_to);
            if batch.first_seq() > missing_from {
                self.missed(missing_from, batch.first_seq(), step);
            }
            while held.row < batch.len() {
                if step.chunk.len() >= limits::CHUNK_BYTES {
                    self.held = Some(held);
                    return;
                }
                let record = batch.record(held.row);
                if self.matcher.matches(&record) {
                    self.events.record(&record, &mut step.chunk);
                    step.last_id = Some(record.seq);
                }
                held.row += 1;
                self.next = record.seq + 1;
                self.has_read = true;
            }
            held.batch += 1;
            held.row = 0;
            if started.elapsed() >= limits::TAIL_STEP && held.batch < held.batches.len() {
                self.held = Some(held);
                return;
            }
        }
    }
}
