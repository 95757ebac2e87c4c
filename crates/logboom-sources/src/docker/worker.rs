//! The reader's thread: wait for something to happen, find out what, read a round, hand it over.
//!
//! Rounds are short (a submission of 1 MiB at most), and inotify is served between them and while the journal has no
//! room, so that a file is opened soon after it was created, whatever else goes on.

use std::collections::{HashMap, VecDeque};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use logboom_model::{Intake, Stages};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::DockerOptions;
use super::board::Board;
use super::chain::Desk;
use super::container::{Backlog, Container, Context, wall_clock};
use super::outbox::{Outbox, key};
use super::story::{Engine, Ghost};
use super::wake::Wake;
use super::watch::Watcher;
use crate::limits::{
    COALESCE, COALESCE_FAST, DELETED_OPEN_CHECK, HELD_TEXT_AGE_MAX_NS, HELD_TEXT_CHECK, POLL_INTERVAL,
    ROOM_WAIT, ROTATION_IS_FAST, SCAN_INTERVAL,
};

/// The reader.
pub struct Worker {
    pub(super) options: DockerOptions,
    pub(super) context: Context,
    pub(super) watcher: Watcher,
    pub(super) wake: Arc<Wake>,
    stop: Arc<AtomicBool>,
    pub(super) folder: PathBuf,
    pub(super) root_watch: Option<i32>,
    /// Slots are reused; a container's number is its slot.
    pub(super) slots: Vec<Option<Container>>,
    pub(super) free: Vec<usize>,
    pub(super) by_id: HashMap<Arc<str>, usize>,
    pub(super) by_watch: HashMap<i32, usize>,
    /// Containers with something to read.
    ready: VecDeque<usize>,
    /// Containers with history to read.
    pub(super) history: VecDeque<usize>,
    /// Containers whose files or metadata must be looked at.
    pub(super) changed: Vec<usize>,
    /// Containers whose count of created files is not known yet (see `rotation::Ledger`).
    pub(super) unsettled: Vec<usize>,
    /// Containers whose files could not be looked at (too many open files) and are looked at again soon.
    pub(super) retry: Vec<usize>,
    pub(super) ghosts: HashMap<Arc<str>, Ghost>,
    pub(super) engine: Engine,
    /// Something must be polled.
    pub(super) polling: bool,
    /// When something falls due.
    pub(super) next_due: Option<Instant>,
    next_scan: Instant,
    next_held_check: Instant,
    next_deleted_check: Instant,
    last_round: Instant,
    pub(super) fast_until: Instant,
}

impl Worker {
    /// A reader that has not begun.
    pub fn new(
        options: DockerOptions,
        intake: Arc<dyn Intake>,
        stages: Arc<dyn Stages>,
        board: Arc<Board>,
        wake: Arc<Wake>,
        stop: Arc<AtomicBool>,
    ) -> Self {
        let now = Instant::now();
        let kernel_name = || rustix::system::uname().nodename().to_string_lossy().into_owned();
        let host = if options.host_name.is_empty() { kernel_name() } else { options.host_name.clone() };
        let context = Context {
            outbox: Outbox::new(intake),
            desk: Desk::new(stages),
            board,
            host,
            own_container: options.own_container.clone(),
            now,
        };
        Self {
            folder: options.root.join("containers"),
            context,
            watcher: Watcher::new(options.watch),
            wake,
            stop,
            root_watch: None,
            slots: Vec::new(),
            free: Vec::new(),
            by_id: HashMap::new(),
            by_watch: HashMap::new(),
            ready: VecDeque::new(),
            history: VecDeque::new(),
            changed: Vec::new(),
            retry: Vec::new(),
            unsettled: Vec::new(),
            ghosts: HashMap::new(),
            engine: Engine::default(),
            polling: false,
            next_due: None,
            next_scan: now,
            next_held_check: now,
            next_deleted_check: now,
            last_round: now,
            fast_until: now,
            options,
        }
    }

    /// Reads until it is told to stop; `begun` is called once everything is watched.
    pub fn run(mut self, begun: impl FnOnce()) {
        self.tick();
        self.begin();
        begun();
        while !self.stopping() && !self.context.outbox.is_closed() {
            self.tick();
            self.take_events();
            self.look_at_changed();
            self.scan_if_due();
            if !self.unsettled.is_empty() {
                // Before anything is read: see `rotation::Ledger`.
                self.take_events();
                self.look_at_changed();
            }
            self.limit_deleted_files_if_due();
            if self.context.outbox.is_blocked() {
                self.context.outbox.intake().wait_for_room(ROOM_WAIT);
                continue;
            }
            self.take_engine_messages();
            self.settle_due();
            self.flush_held_text_if_due();
            let more = self.read_round();
            self.context.outbox.submit();
            if !more && self.changed.is_empty() && self.unsettled.is_empty() {
                self.context.desk.shrink();
                self.sleep();
            }
        }
        self.context.board.edit(|words| words.stopped = true);
    }

    pub(super) fn stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    fn tick(&mut self) {
        self.context.now = Instant::now();
        self.context.desk.observed = wall_clock();
    }

    /// Puts a container into the queue of those that may have something to read.
    pub(super) fn enqueue(&mut self, slot: usize) {
        if let Some(Some(container)) = self.slots.get_mut(slot)
            && !container.queued
        {
            container.queued = true;
            self.ready.push_back(slot);
        }
    }

    /// Something falls due then.
    pub(super) fn due_at(&mut self, time: Instant) {
        self.next_due = Some(self.next_due.map_or(time, |next| next.min(time)));
    }

    fn scan_if_due(&mut self) {
        if self.context.now >= self.next_scan {
            self.scan();
            let interval = if self.polling { POLL_INTERVAL } else { SCAN_INTERVAL };
            self.next_scan = self.context.now + interval;
        }
    }

    fn limit_deleted_files_if_due(&mut self) {
        if self.context.now >= self.next_deleted_check {
            self.next_deleted_check = self.context.now + DELETED_OPEN_CHECK;
            self.limit_deleted_files();
        }
    }

    /// Gives out text that was held for too long.
    fn flush_held_text_if_due(&mut self) {
        if self.context.now < self.next_held_check {
            return;
        }
        self.next_held_check = self.context.now + HELD_TEXT_CHECK;
        let before = self.context.desk.observed - HELD_TEXT_AGE_MAX_NS;
        for container in self.slots.iter_mut().flatten() {
            container.flush_old(before, &mut self.context);
        }
    }

    /// A turn for each container that has something to read, until there is enough for a submission.
    fn read_round(&mut self) -> bool {
        self.last_round = self.context.now;
        for _ in 0..self.ready.len() {
            if self.context.outbox.is_full() {
                return true;
            }
            let Some(slot) = self.ready.pop_front() else { break };
            let Some(Some(container)) = self.slots.get_mut(slot) else { continue };
            container.queued = false;
            if container.turn(&mut self.context) {
                self.enqueue(slot);
            } else if container.gone {
                self.finish(slot);
            }
        }
        if self.ready.is_empty() {
            self.read_history();
        }
        !self.ready.is_empty() || !self.history.is_empty()
    }

    /// A turn of history, when nobody has anything new.
    fn read_history(&mut self) {
        while let Some(slot) = self.history.pop_front() {
            let Some(Some(container)) = self.slots.get_mut(slot) else { continue };
            if container.backlog_turn(&mut self.context) {
                // Front: one container's history is read to its end before the next one's files are opened.
                self.history.push_front(slot);
                return;
            }
            if container.gone {
                self.finish(slot);
            }
            if self.context.outbox.is_full() {
                return;
            }
        }
    }

    /// Waits until something happens or falls due, but not for less than it takes to be worth waking up.
    fn sleep(&mut self) {
        let now = Instant::now();
        let mut until = self.next_scan.min(self.next_held_check);
        until = self.next_due.map_or(until, |due| until.min(due));
        self.wait(until.saturating_duration_since(now), true);
        let coalesce = if self.fast_until > now { COALESCE_FAST } else { COALESCE };
        let rest = (self.last_round + coalesce).saturating_duration_since(Instant::now());
        if !rest.is_zero() {
            self.wait(rest, false);
        }
    }

    pub(super) fn wait(&self, timeout: Duration, for_events: bool) {
        let timeout =
            Timespec { tv_sec: timeout.as_secs() as i64, tv_nsec: i64::from(timeout.subsec_nanos()) };
        let mut descriptors = vec![PollFd::new(&*self.wake, PollFlags::IN)];
        if let (Some(inotify), true) = (self.watcher.descriptor(), for_events) {
            descriptors.push(PollFd::from_borrowed_fd(inotify.as_fd(), PollFlags::IN));
        }
        // An interrupted wait is a short one.
        let _ = poll(&mut descriptors, Some(&timeout));
        if !descriptors[0].revents().is_empty() {
            self.wake.clear();
        }
    }

    /// A container rotates fast: hurry for a while.
    pub(super) fn hurry(&mut self) {
        self.fast_until = self.context.now + 2 * ROTATION_IS_FAST;
    }

    /// Forgets a container whose folder is gone and whose files were read to their end.
    pub(super) fn finish(&mut self, slot: usize) {
        let Some(Some(container)) = self.slots.get(slot) else { return };
        if !container.gone || container.queued || !matches!(container.backlog, Backlog::None) {
            return;
        }
        let Some(container) = self.slots[slot].take() else { return };
        self.free.push(slot);
        self.by_id.remove(&container.id);
        if let Some(watch) = container.watch {
            self.by_watch.remove(&watch);
            self.watcher.remove(watch);
        }
        container.card.lag_bytes.store(0, Ordering::Relaxed);
        container.mourn(&mut self.context);
        self.context.outbox.state(key::POSITION, &container.id, None);
        if container.is_wanted() {
            self.become_ghost(container);
        } else {
            self.context.outbox.state(key::CONTAINER, &container.id, None);
        }
    }
}
