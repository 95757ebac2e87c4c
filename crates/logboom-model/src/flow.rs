//! The seams between floors: what a source hands over, what the fixed stages offer it, what a reader gets back.
//!
//! Sources, sinks and store never know each other; they meet in these types. The binary wires them:
//! `logboom-process` implements [`Stages`] and [`Lane`], `logboom-store` implements [`Intake`] and [`LogReader`].

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::{Batch, Gap, Resource, Stream};

/// One change of small state (a position, a cursor, a pause): the last one of a key wins; `None` removes it.
///
/// Keys are namespaced by a prefix and a slash, e.g. `docker/position/<container id>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateUpdate {
    /// Namespaced key.
    pub key: Box<[u8]>,
    /// New value, opaque to the store.
    pub value: Option<Vec<u8>>,
}

/// Called once the submission is durable. Never called for a submission that was not.
pub type Ack = Box<dyn FnOnce() + Send>;

/// What one commit takes together: rows, the gaps found with them, and the positions they reach.
#[derive(Default)]
pub struct Submission {
    /// Rows in order; seqs are assigned at commit.
    pub batches: Vec<Batch>,
    /// Losses found on the way; the store turns them into gap rows and merges them by minute.
    pub gaps: Vec<Gap>,
    /// Positions and other small state, durable together with the rows or not at all.
    pub state: Vec<StateUpdate>,
    /// Told when everything above is durable.
    pub ack: Option<Ack>,
}

impl Submission {
    /// Bytes it holds in memory, for the bound of the queue before the journal.
    pub fn memory_bytes(&self) -> usize {
        let state: usize =
            self.state.iter().map(|u| u.key.len() + u.value.as_ref().map_or(0, Vec::len) + 64).sum();
        self.batches.iter().map(Batch::memory_bytes).sum::<usize>() + state + self.gaps.len() * 256
    }

    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.batches.iter().all(Batch::is_empty) && self.gaps.is_empty() && self.state.is_empty()
    }
}

/// Why a submission was not taken.
pub enum SubmitError {
    /// The queue before the journal is full: keep the submission and try again.
    Full(Box<Submission>),
    /// logboom is stopping; what was not taken will be read again after the next start.
    Closed,
}

/// Where sources put what they have read: the door of the local log.
pub trait Intake: Send + Sync {
    /// Queues a submission for the next commit without waiting.
    fn try_submit(&self, submission: Submission) -> Result<(), SubmitError>;

    /// Waits until the queue has room or the time is over; says whether there is room.
    fn wait_for_room(&self, timeout: Duration) -> bool;

    /// The committed (or queued) value of one key.
    fn state(&self, key: &[u8]) -> Option<Vec<u8>>;

    /// Every key below a prefix, in order.
    fn states(&self, prefix: &[u8]) -> Vec<(Box<[u8]>, Vec<u8>)>;

    /// How many bytes of deleted files a source holds open: they count against the budget of the store.
    fn note_held_bytes(&self, _bytes: u64) {}
}

/// Rows as a source decoded them, before the fixed stages: [`crate::Flags::PARTIAL`] marks fragments that do not
/// end their line. The fragments of one line have one time, as Docker writes them: a fragment of another time begins
/// another line, and tells that the one before never got its end (no newline at the exit of a run). Rows without a
/// stream are joined whatever their time.
#[derive(Debug)]
pub struct Rows {
    /// Fragments and lines, in source order.
    pub batch: Batch,
    /// Where each row starts in the source, in the source's own ordinals (bytes, for files): one per row.
    pub starts: Vec<u64>,
}

/// The fixed stages of one stream of input (one container, one connection), with whatever text they hold back.
pub trait Lane: Send {
    /// Runs every stage over the rows and returns those that are complete.
    fn run(&mut self, rows: Rows) -> Batch;

    /// Where the first fragment held for this stream starts: the position must not pass it.
    fn held_from(&self, stream: Stream) -> Option<u64>;

    /// Observed time of the oldest held fragment, nanoseconds since the Unix epoch.
    fn held_since(&self) -> Option<i64>;

    /// Gives up held text, marked [`crate::Flags::PARTIAL`]: all of it (the container ended), or only what was
    /// observed before a time. `None` when nothing was held.
    fn flush(&mut self, observed_before: Option<i64>) -> Option<Batch>;
}

/// Makes a [`Lane`] for each stream of input.
pub trait Stages: Send + Sync {
    /// A lane whose effective settings are those of this resource.
    fn lane(&self, resource: &Arc<Resource>) -> Box<dyn Lane>;
}

/// What a reader of the log gets.
#[derive(Debug, Clone)]
pub enum TailEntry {
    /// Durable batches in order of seq.
    Batches(Arc<[Batch]>),
    /// Seqs `from..to` are gone: evicted before this reader came by, or lost to corruption.
    Evicted {
        /// First missing seq.
        from: u64,
        /// One past the last missing seq.
        to: u64,
    },
    /// Of the seqs `from..to` so many are gone, here and there: the records of others made room. Those that are left
    /// follow, in batches with holes between them; the position stays.
    Thinned {
        /// First seq concerned.
        from: u64,
        /// One past the last seq concerned.
        to: u64,
        /// Records that are gone.
        count: u64,
    },
}

/// A reader with a position of its own; it never holds up anything.
pub trait LogReader: Send {
    /// The next durable entry, or `None` when the reader has caught up.
    fn next_entry(&mut self) -> io::Result<Option<TailEntry>>;

    /// The seq this reader will see next.
    fn position(&self) -> u64;

    /// Waits for something new; says whether there is.
    fn wait(&mut self, timeout: Duration) -> bool;
}
