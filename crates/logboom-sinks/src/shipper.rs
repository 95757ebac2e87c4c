//! The loop of one sink: read, filter, format, write, and only then move the cursor.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use logboom_model::{
    Batch, CountKind, Flags, Gap, GapReason, Intake, LogReader, Record, Resource, Submission, SubmitError,
    TailEntry,
};

use crate::cursor::{self, CursorError};
use crate::handle::{Finished, Shared, SinkHandle, State};
use crate::limits;
use crate::spec::{DestinationSpec, SinkSpec, StartFrom};
use crate::stdout::{Flushed, Stdout};

/// Turns `from` into the first seq to send.
pub type Resolve = Box<dyn FnOnce(&StartFrom) -> io::Result<u64>>;

/// Says whether a record is wanted.
pub type Accept = Box<dyn FnMut(&Record<'_>) -> bool + Send>;

/// What a sink is connected to. The store and the query language come in here.
pub struct Wiring {
    /// Takes the cursor and gap rows.
    pub intake: Arc<dyn Intake>,
    /// Opens a reader that begins at a seq.
    pub open_reader: Box<dyn FnOnce(u64) -> Box<dyn LogReader> + Send>,
    /// First seq that is not yet durable.
    pub end_seq: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// The first seq to send, for a name that was never seen before.
    pub resolve: Resolve,
    /// Which records are wanted (`where`). Lifecycle rows are left out before it, gap rows are asked for like lines.
    pub accept: Accept,
    /// Whose gap rows are written when records were evicted before they were sent.
    pub resource: Arc<Resource>,
}

/// Why a sink did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The committed cursor cannot be used; nothing was changed.
    #[error("sink {name} cannot go on where it was: {reason}")]
    Cursor {
        /// The sink.
        name: String,
        /// Why not.
        reason: String,
    },
    /// `from` could not be turned into a place in the log.
    #[error("sink {name} cannot find its start")]
    From {
        /// The sink.
        name: String,
        /// Why not.
        source: io::Error,
    },
    /// The log took no first cursor in time.
    #[error("sink {name} could not commit its start: the log takes nothing")]
    NotCommitted {
        /// The sink.
        name: String,
    },
    /// No thread, or no file descriptor.
    #[error("sink {name} could not start")]
    Io {
        /// The sink.
        name: String,
        /// Why not.
        source: io::Error,
    },
}

/// Starts a sink on its destination. Its start is resolved and committed before this returns.
pub fn start(spec: SinkSpec, wiring: Wiring) -> Result<SinkHandle, StartError> {
    match io::stdout().as_fd().try_clone_to_owned() {
        Ok(fd) => start_on(fd, spec, wiring),
        Err(source) => Err(StartError::Io { name: spec.name, source }),
    }
}

/// Starts a sink on a file descriptor in place of standard output.
pub fn start_on(fd: OwnedFd, spec: SinkSpec, wiring: Wiring) -> Result<SinkHandle, StartError> {
    let key = cursor::key(&spec.name);
    let Wiring { intake, open_reader, end_seq, resolve, accept, resource } = wiring;
    let state = intake.state(&key);
    let is_new = state.is_none();
    let cursor = match state {
        Some(value) => committed_cursor(&spec.name, &value, end_seq())?,
        None => first_cursor(&spec, &key, intake.as_ref(), resolve)?,
    };
    let shared = Arc::new(Shared::new(&spec.name, cursor, end_seq));
    let DestinationSpec::Stdout { format } = spec.destination;
    let shipper = Shipper {
        shared: shared.clone(),
        intake,
        reader: open_reader(cursor + 1),
        accept,
        resource,
        filtered: spec.filter.is_some(),
        lifecycle: spec.lifecycle,
        output: Stdout::new(fd, format),
        key,
        read: cursor,
        oldest_held: None,
        committed: cursor,
        committed_at: Instant::now(),
        pause: limits::RETRY_FIRST,
    };
    let finished = Finished(shared.clone());
    let thread = thread::Builder::new().name(format!("sink {}", spec.name)).spawn(move || {
        let _finished = finished;
        shipper.run(is_new);
    });
    match thread {
        Ok(thread) => Ok(SinkHandle::new(shared, thread)),
        Err(source) => Err(StartError::Io { name: spec.name, source }),
    }
}

fn committed_cursor(name: &str, value: &[u8], end_seq: u64) -> Result<u64, StartError> {
    match cursor::decode(value) {
        // A log that was put back from an older copy ends before the cursor.
        Ok(seq) => Ok(seq.min(end_seq.saturating_sub(1))),
        Err(error @ (CursorError::Newer(_) | CursorError::Damaged)) => {
            Err(StartError::Cursor { name: name.to_owned(), reason: error.to_string() })
        }
    }
}

/// Resolves the start of a new name and commits it, so that it is never resolved again.
fn first_cursor(
    spec: &SinkSpec,
    key: &[u8],
    intake: &dyn Intake,
    resolve: Resolve,
) -> Result<u64, StartError> {
    let first = resolve(&spec.from).map_err(|source| StartError::From { name: spec.name.clone(), source })?;
    let cursor = first.saturating_sub(1);
    let submission = Submission { state: vec![cursor::update(key, cursor)], ..Submission::default() };
    let deadline = Instant::now() + limits::FIRST_COMMIT_WAIT;
    submit(intake, submission, || Instant::now() >= deadline)
        .then_some(cursor)
        .ok_or_else(|| StartError::NotCommitted { name: spec.name.clone() })
}

/// Submits, waiting for room until `give_up`; says whether it was taken.
fn submit(intake: &dyn Intake, mut submission: Submission, give_up: impl Fn() -> bool) -> bool {
    loop {
        match intake.try_submit(submission) {
            Ok(()) => return true,
            Err(SubmitError::Closed) => return false,
            Err(SubmitError::Full(back)) => submission = *back,
        }
        if give_up() {
            return false;
        }
        intake.wait_for_room(limits::WAIT);
    }
}

/// One cursor on its way.
struct Shipper {
    shared: Arc<Shared>,
    intake: Arc<dyn Intake>,
    reader: Box<dyn LogReader>,
    accept: Accept,
    resource: Arc<Resource>,
    filtered: bool,
    lifecycle: bool,
    output: Stdout,
    key: Box<[u8]>,
    /// Last seq that was read, sent or not wanted; finished once the output is flushed.
    read: u64,
    /// When the first record behind the cursor was read by logboom.
    oldest_held: Option<i64>,
    committed: u64,
    committed_at: Instant,
    /// Pause before the next attempt after an error.
    pause: Duration,
}

impl Shipper {
    fn run(mut self, is_new: bool) {
        let first = self.reader.position();
        if is_new {
            // What was gone before the name appeared was never promised to it.
            self.read = self.read.max(first.saturating_sub(1));
        } else {
            self.evicted(self.read + 1, first);
        }
        while !self.shared.stopping() {
            match self.reader.next_entry() {
                Ok(Some(TailEntry::Batches(batches))) => self.ship(&batches),
                Ok(Some(TailEntry::Evicted { from, to })) => self.evicted(from, to),
                Ok(Some(TailEntry::Thinned { from, to, count })) => self.thinned(from, to, count),
                Ok(None) => {
                    self.recovered();
                    self.commit_cursor(limits::CURSOR_INTERVAL);
                    self.reader.wait(limits::WAIT);
                }
                Err(error) => self.retry(&format!("the log cannot be read: {error}")),
            }
        }
        self.commit_cursor(Duration::ZERO);
    }

    fn ship(&mut self, batches: &[Batch]) {
        for record in batches.iter().flat_map(Batch::records) {
            if record.seq <= self.read {
                continue;
            }
            let hidden = record.flags.contains(Flags::LIFECYCLE) && !self.lifecycle;
            if !hidden && (self.accept)(&record) {
                self.output.push(&record);
            }
            self.read = record.seq;
            self.oldest_held.get_or_insert(record.observed);
            if self.output.is_full() && !self.deliver() {
                return;
            }
        }
        self.deliver();
    }

    /// Brings what is held to the destination and moves the cursor; `false` when the sink stops before that.
    fn deliver(&mut self) -> bool {
        let oldest = self.oldest_held;
        self.shared.set(|progress| progress.oldest_unsent = oldest.or(progress.oldest_unsent));
        let started = Instant::now();
        loop {
            match self.output.flush(limits::WAIT) {
                Flushed::Done => break,
                Flushed::Waiting if started.elapsed() >= limits::BLOCKED_AFTER => {
                    self.show(
                        State::Blocked,
                        "standard output takes nothing: its reader has stopped reading",
                    );
                }
                Flushed::Waiting => {}
                Flushed::Failed(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    self.pause_for_good(
                        "standard output was closed by its reader; the sink goes on after a restart",
                    );
                }
                Flushed::Failed(error) => self.retry(&format!("standard output cannot be written: {error}")),
            }
            if self.shared.stopping() {
                return false;
            }
        }
        self.oldest_held = None;
        let read = self.read;
        self.shared.set(|progress| progress.cursor = read);
        self.recovered();
        self.commit_cursor(limits::CURSOR_INTERVAL);
        true
    }

    fn show(&self, state: State, reason: &str) {
        self.shared.set(|progress| {
            progress.state = state;
            progress.last_error = Some(reason.to_owned());
        });
    }

    /// What was wrong is over.
    fn recovered(&mut self) {
        self.pause = limits::RETRY_FIRST;
        self.shared.set(|progress| {
            if progress.state != State::Running {
                progress.state = State::Running;
                progress.last_error = None;
            }
        });
    }

    /// Nothing will help but a restart: waits for the end.
    fn pause_for_good(&mut self, reason: &str) {
        tracing::warn!(sink = self.shared.name, "{reason}");
        self.commit_cursor(Duration::ZERO);
        self.show(State::Paused, reason);
        self.shared.wait_for_stop(None);
    }

    /// Shows the error and waits before the next attempt, longer each time.
    fn retry(&mut self, reason: &str) {
        tracing::warn!(sink = self.shared.name, "{reason}");
        self.show(State::Retrying, reason);
        self.shared.wait_for_stop(Some(self.pause));
        self.pause = (self.pause * 2).min(limits::RETRY_LAST);
    }

    /// Some records of a range were evicted before this sink came to them, and others follow. After a restart in the
    /// middle of the range the rest of it is told once more.
    fn thinned(&mut self, from: u64, to: u64, count: u64) {
        let from = from.max(self.read + 1);
        if to <= from {
            return;
        }
        let gap = self.gap(from, to, count);
        let reason = gap.detail.to_string();
        let shared = self.shared.clone();
        let submission = Submission { gaps: vec![gap], ..Submission::default() };
        if submit(self.intake.as_ref(), submission, || shared.stopping()) {
            self.shared.set(|progress| progress.last_error = Some(reason));
        }
    }

    fn gap(&self, from: u64, to: u64, count: u64) -> Gap {
        let reason =
            format!("{count} records of the log were evicted before sink {} had read them", self.shared.name);
        tracing::warn!(sink = self.shared.name, from, to, "{reason}");
        let source = format!("{}{}", Gap::SINK_PREFIX, self.shared.name);
        let mut gap = Gap::unknown(self.resource.clone(), &source, GapReason::Evicted, &reason);
        gap.seqs = Some((from, to));
        if !self.filtered {
            gap.count = count;
            gap.count_kind = CountKind::Exact;
        }
        gap
    }

    /// Records were evicted before this sink came to them: the gap row and the cursor behind it are one commit.
    fn evicted(&mut self, from: u64, to: u64) {
        let from = from.max(self.read + 1);
        if to <= from {
            return;
        }
        let gap = self.gap(from, to, to - from);
        let reason = gap.detail.to_string();
        let state = vec![cursor::update(&self.key, to - 1)];
        let submission = Submission { gaps: vec![gap], state, ..Submission::default() };
        let shared = self.shared.clone();
        if submit(self.intake.as_ref(), submission, || shared.stopping()) {
            self.read = to - 1;
            self.committed = self.read;
            self.committed_at = Instant::now();
            self.shared.set(|progress| {
                progress.cursor = to - 1;
                progress.last_error = Some(reason);
            });
        }
    }

    /// Commits the cursor when it has moved and the last commit is so long ago. When the queue is full it is tried
    /// again later: at least once covers it.
    fn commit_cursor(&mut self, interval: Duration) {
        let cursor = self.shared.cursor();
        if cursor == self.committed || self.committed_at.elapsed() < interval {
            return;
        }
        let submission =
            Submission { state: vec![cursor::update(&self.key, cursor)], ..Submission::default() };
        if self.intake.try_submit(submission).is_ok() {
            self.committed = cursor;
            self.committed_at = Instant::now();
        }
    }
}
