//! The one writer: takes what is queued, commits it, and keeps at it when the disk does not let it.
//!
//! One entry, one write, one sync, then readers see it and acks go out. After a failed or short write or sync the
//! file is poisoned: never written or synced again, and what was not durable goes into a new file.

mod serving;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use logboom_model::{Ack, Batch, CountKind, Gap, GapReason, Resource, StateUpdate};

use crate::active::{Active, WriteError};
use crate::clock_guard::ClockGuard;
use crate::encode::{EncodeError, Encoder, Stamp};
use crate::gaps::{self, GapMerger, GapRows};
use crate::limits::{RETRY_MS_FIRST, RETRY_MS_MAX, TICK_MS};
use crate::log::lost_update;
use crate::queue::Lost;
use crate::shared::Shared;
use crate::stats::StoreState;

/// Nanoseconds of a millisecond.
const NANOS_PER_MS: u64 = 1_000_000;

/// What one entry is to hold.
#[derive(Default)]
pub struct Pending {
    /// Rows.
    pub batches: Vec<Batch>,
    /// Gaps to become rows or sums.
    pub gaps: Vec<Gap>,
    /// Small state.
    pub updates: Vec<StateUpdate>,
}

/// What was taken from the queue and is not durable yet.
struct Group {
    submissions: usize,
    pending: Pending,
    acks: Vec<Ack>,
}

/// Which space an entry may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Leaves the reserve of the active file alone.
    Ordinary,
    /// Eviction marks: the reserve is theirs.
    Reserve,
}

/// See the top of the file.
pub struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) encoder: Encoder,
    pub(crate) active: Option<Active>,
    pub(crate) file_number: u32,
    /// Bytes of the opening snapshot written last: what the next file will begin with, about.
    pub(crate) snapshot_bytes: u64,
    pub(crate) merger: GapMerger,
    pub(crate) clock_guard: ClockGuard,
    group: Option<Group>,
    closing: bool,
    /// On the steady clock; 0 while commits succeed.
    retry_at: i64,
    retry_ms: u64,
    /// Until when rolling is not tried again.
    pub(crate) roll_after: i64,
    /// Until when the sealer is not waited for, since it was in vain.
    pub(crate) waits_after: Instant,
}

impl Writer {
    /// A writer without a file yet. `first` is written with the first commit.
    pub fn new(shared: Arc<Shared>, file_number: u32, first: Pending) -> Self {
        let clock_guard = ClockGuard::new(&*shared.clock);
        let has_first = !first.gaps.is_empty() || !first.updates.is_empty();
        Self {
            shared,
            encoder: Encoder::default(),
            active: None,
            file_number,
            snapshot_bytes: 4096,
            merger: GapMerger::default(),
            clock_guard,
            group: has_first.then(|| Group { submissions: 0, pending: first, acks: Vec::new() }),
            closing: false,
            retry_at: 0,
            retry_ms: RETRY_MS_FIRST,
            roll_after: 0,
            waits_after: Instant::now(),
        }
    }

    /// Runs until the store is closed.
    pub fn run(mut self) {
        self.pump();
        let mut last = Instant::now();
        loop {
            let closed = self.wait(last);
            self.pump();
            if closed {
                break;
            }
            last = Instant::now();
        }
        self.close();
    }

    /// Waits for work; says whether the store was closed.
    fn wait(&mut self, last: Instant) -> bool {
        let shared = self.shared.clone();
        let options = &shared.options;
        let tick = Duration::from_millis(TICK_MS);
        let began = Instant::now();
        let mut queue = shared.queue();
        loop {
            if queue.closed {
                return true;
            }
            if !queue.requests.is_empty() {
                return false;
            }
            let waited = began.elapsed();
            let limit = if self.retry_at != 0 {
                let rest = self.retry_at.saturating_sub(shared.clock.steady());
                waited + Duration::from_nanos(u64::try_from(rest).unwrap_or(0))
            } else if !queue.is_empty() {
                // A queue that was empty for longer than the interval commits at once.
                let due = options.commit_interval.saturating_sub(last.elapsed());
                if due.is_zero() || queue.bytes() >= options.commit_bytes || queue.flushing > 0 {
                    return false;
                }
                waited + due
            } else if queue.lost.is_empty() {
                tick
            } else {
                return false;
            };
            let Some(rest) = limit.checked_sub(waited).filter(|rest| !rest.is_zero()) else { return false };
            queue = match shared.work.wait_timeout(queue, rest) {
                Ok((queue, _)) => queue,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    /// Does everything there is to do now: commits, retries that are due, what time brings.
    pub fn pump(&mut self) {
        self.serve();
        if self.retry_at != 0 && self.shared.clock.steady() < self.retry_at && !self.closing {
            return;
        }
        loop {
            if self.group.is_none() && !self.take() {
                break;
            }
            if let Err(error) = self.commit_group() {
                self.degrade(&error);
                return;
            }
        }
        match self.maintain() {
            Ok(()) => self.recovered(),
            Err(error) => self.degrade(&error),
        }
    }

    fn take(&mut self) -> bool {
        let (submissions, lost) = {
            let mut queue = self.shared.queue();
            let bytes = self.shared.options.queue_bytes / 2;
            (queue.take(bytes), std::mem::take(&mut queue.lost))
        };
        if submissions.is_empty() && lost.is_empty() {
            return false;
        }
        let mut group =
            Group { submissions: submissions.len(), pending: Pending::default(), acks: Vec::new() };
        let pending = &mut group.pending;
        for submission in submissions {
            pending.batches.extend(submission.batches.into_iter().filter(|batch| !batch.is_empty()));
            pending.gaps.extend(submission.gaps);
            pending.updates.extend(submission.state);
            group.acks.extend(submission.ack);
        }
        for lost in lost {
            pending.gaps.push(lost_gap(&self.shared.options.resource, lost));
            pending.updates.push(lost_update(lost.from, lost.to));
        }
        self.group = Some(group);
        true
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing
    }

    /// Commits the group at hand. It stays at hand when that fails.
    fn commit_group(&mut self) -> Result<(), WriteError> {
        let Some(mut group) = self.group.take() else { return Ok(()) };
        if let Err(error) = self.commit_with_new_file(&mut group.pending) {
            if let WriteError::TooLarge(bytes) = error {
                group.acks.clear();
                group.pending = self.give_up(&group.pending, bytes);
            }
            self.group = Some(group);
            return Err(error);
        }
        self.shared.queue().finish(group.submissions);
        self.shared.room.notify_all();
        for ack in group.acks {
            if catch_unwind(AssertUnwindSafe(ack)).is_err() {
                tracing::error!("an acknowledgement panicked; the records are durable");
            }
        }
        Ok(())
    }

    /// What is left of a commit that no entry can hold: a gap that says so.
    fn give_up(&self, pending: &Pending, bytes: usize) -> Pending {
        let count = pending.batches.iter().map(|batch| batch.len() as u64).sum();
        let detail = format!("{bytes} bytes were too many for one journal entry");
        let mut gap =
            Gap::unknown(self.shared.options.resource.clone(), "store", GapReason::Dropped, &detail);
        (gap.count, gap.count_kind) = (count, CountKind::Exact);
        tracing::error!(bytes, count, "records are too many for one journal entry and are dropped");
        Pending { gaps: vec![gap], ..Pending::default() }
    }

    fn commit_with_new_file(&mut self, pending: &mut Pending) -> Result<(), WriteError> {
        if self.active.is_none() {
            self.begin_file()?;
        }
        self.roll_if_due();
        match self.commit(pending, Room::Ordinary) {
            Err(error) if self.active.is_none() => {
                tracing::warn!(%error, "a journal file failed; going on in a new one");
                self.begin_file()?;
                self.commit(pending, Room::Ordinary)
            }
            result => result,
        }
    }

    /// Writes and syncs one entry, and shows it. Nothing of `pending` is taken unless that succeeds.
    pub(crate) fn commit(&mut self, pending: &mut Pending, room: Room) -> Result<(), WriteError> {
        loop {
            let now = self.now();
            let mut merger = self.merger.clone();
            let mut rows = GapRows::default();
            if self.closing || merger.is_due(now) {
                merger.settle(now, self.closing, &mut rows);
            }
            for gap in &pending.gaps {
                merger.admit(gap.clone(), now, &mut rows);
            }
            let mut gap_batches: Vec<Batch> = rows.gaps.iter().map(|gap| gaps::row(gap, now)).collect();
            let first_seq = self.shared.log().end_seq;
            let mut next_seq = first_seq;
            for batch in pending.batches.iter_mut().chain(&mut gap_batches) {
                batch.assign_seqs(next_seq);
                next_seq = batch.end_seq();
            }
            if let Some(first) = gap_batches.first() {
                let recent = gaps::remember(&rows.gaps, first.first_seq(), now, &self.shared.log().state);
                rows.updates.extend(recent);
            }
            let updates: Vec<_> = pending.updates.iter().chain(&rows.updates).collect();
            let batches: Vec<_> = pending.batches.iter().chain(&gap_batches).collect();
            if updates.is_empty() && batches.is_empty() {
                self.merger = merger;
                return Ok(());
            }
            let Some(active) = &mut self.active else { return Err(WriteError::NoFile) };
            let stamp = Stamp { file_id: active.id(), offset: active.end(), first_seq, commit_time: now };
            let defined = active.definitions.count();
            let encoded = self.encoder.commit(stamp, &updates, &batches, &mut active.definitions);
            let (header, bytes) = match encoded {
                Ok(encoded) => encoded,
                Err(error) => {
                    active.definitions.truncate(defined);
                    return Err(error.into());
                }
            };
            let reserve = if room == Room::Ordinary { self.shared.reserve() } else { 0 };
            let needed = header.end() + reserve;
            if needed > active.allocated() {
                active.definitions.truncate(defined);
                self.grow(needed, room)?;
                continue;
            }
            if let Err(error) = active.append(bytes) {
                return Err(self.poison(error));
            }
            let body_bytes: usize = batches.iter().map(|batch| batch.columns().body.len()).sum();
            active.note(&header, body_bytes as u64);
            self.shared.log().gap_rows += gap_batches.len() as u64;
            let owned = rows.updates;
            pending.updates.extend(owned);
            let entry: Vec<Batch> =
                std::mem::take(&mut pending.batches).into_iter().chain(gap_batches).collect();
            self.merger = merger;
            self.publish(entry, &pending.updates, now);
            *pending = Pending::default();
            return Ok(());
        }
    }

    fn publish(&self, entry: Vec<Batch>, updates: &[StateUpdate], now: i64) {
        let end_seq = {
            let mut log = self.shared.log();
            if let (Some(active), Some(file)) = (&self.active, log.files.last_mut()) {
                active.describe(file);
            }
            log.publish(entry, updates, now, self.shared.options.ring_bytes);
            log.syncs += 1;
            if let Some(active) = &self.active {
                log.bytes_written += active.last_bytes();
            }
            log.end_seq
        };
        self.shared.published.notify_all();
        self.shared.durable.send_if_modified(|end| std::mem::replace(end, end_seq) != end_seq);
    }

    /// What time brings: ages, minutes of gaps, memory given back.
    fn maintain(&mut self) -> Result<(), WriteError> {
        if self.active.is_none() {
            self.begin_file()?;
        }
        self.roll_if_due();
        self.evict_by_age()?;
        if self.merger.is_due(self.now()) {
            self.commit_with_new_file(&mut Pending::default())?;
        }
        if self.shared.queue().is_empty() {
            self.encoder.shrink();
        }
        Ok(())
    }

    /// The commit clock: the wall clock, but it never goes back.
    pub(crate) fn now(&self) -> i64 {
        self.shared.clock.wall().max(self.shared.log().last_commit)
    }

    fn degrade(&mut self, error: &WriteError) {
        let text = error.describe(&self.shared.dir);
        tracing::error!(
            error = text,
            retry_ms = self.retry_ms,
            "the journal cannot commit; it will be tried again"
        );
        let mut log = self.shared.log();
        log.condition = StoreState::Degraded;
        log.last_error = Some(text);
        drop(log);
        self.retry_ms =
            if self.retry_at == 0 { RETRY_MS_FIRST } else { (self.retry_ms * 2).min(RETRY_MS_MAX) };
        self.retry_at =
            self.shared.clock.steady().saturating_add((self.retry_ms * NANOS_PER_MS) as i64).max(1);
    }

    fn recovered(&mut self) {
        if self.retry_at != 0 {
            self.retry_at = 0;
            let mut log = self.shared.log();
            log.condition = StoreState::Running;
            log.last_error = None;
            tracing::info!("the journal commits again");
        }
    }

    /// Commits what is queued if the disk lets it, writes the sums of gaps, gives back preallocated space.
    pub fn close(mut self) {
        self.closing = true;
        self.pump();
        if self.group.is_none()
            && let Err(error) = self.commit_with_new_file(&mut Pending::default())
        {
            tracing::warn!(%error, "sums of gaps stay in small state until the next start");
        }
        if let Some(active) = self.active.take() {
            active.release();
        }
        self.shared.queue().closed = true;
        let mut log = self.shared.log();
        log.closed = true;
        drop(log);
        self.shared.published.notify_all();
        self.shared.room.notify_all();
    }
}

/// The gap of seqs that are gone without having been evicted.
pub fn lost_gap(resource: &Arc<Resource>, lost: Lost) -> Gap {
    let Lost { from, to, count, is_segment } = lost;
    let (reason, place) = match is_segment {
        true => (GapReason::SegmentCorrupt, "their segment"),
        false => (GapReason::JournalCorrupt, "the journal"),
    };
    let detail = format!("seqs {from} to {} could not be read from {place}", to - 1);
    let mut gap = Gap::unknown(resource.clone(), "store", reason, &detail);
    (gap.count, gap.count_kind, gap.seqs) = (count, CountKind::Exact, Some((from, to)));
    gap
}

impl From<EncodeError> for WriteError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::TooLarge(bytes) => Self::TooLarge(bytes),
            EncodeError::Compress(source) => Self::Io { action: "compress", name: String::new(), source },
        }
    }
}
