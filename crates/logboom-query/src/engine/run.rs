//! The threads of a search and what they share. Architecture invariant: a thread holds one block at a time, so that
//! the memory of a search does not depend on how much it reads.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use logboom_store::{BlockCount, Columns, ReadError, Snapshot};

use super::Scope;
use super::block::{BlockReader, Found};
use super::order::Order;
use super::queue::{BlockTask, Queue, Task};
use crate::search::{SearchError, SearchProgress};

/// What takes the matches, one for each thread.
pub(crate) trait Worker: Send {
    /// Columns it reads of every match, besides those that finding it needs.
    fn needs(&self) -> Columns;

    /// Takes the matches of a block.
    fn accept(&mut self, found: &Found<'_>) -> Result<(), ReadError>;

    /// Whether [`Worker::count`] may be asked.
    fn counts(&self) -> bool {
        false
    }

    /// Takes counts of matches in place of the matches; `false` where it needs the matches themselves.
    fn count(&mut self, _counts: &[BlockCount]) -> bool {
        false
    }

    /// Places of times behind which nothing is of use any more.
    fn floor(&self) -> i64 {
        i64::MIN
    }
}

/// What a run did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counters {
    pub(crate) progress: SearchProgress,
    /// Blocks that were read.
    pub(crate) read: u64,
    /// Why it ended early, in words.
    pub(crate) incomplete: Option<String>,
}

/// A moment of a run, for who waits for it: everything before this place of time is done.
pub(crate) struct Tick<'a> {
    pub(crate) done_to: i64,
    pub(crate) progress: &'a SearchProgress,
}

/// What the threads share.
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: Queue,
    /// What each thread is at.
    busy: Vec<Option<i64>>,
    floor: i64,
    counters: Counters,
    error: Option<SearchError>,
    is_over: bool,
}

/// Runs over everything in scope, one thread for each worker; `tick` is called on this thread, which is one of them.
pub(crate) fn run<W: Worker>(
    snapshot: &Snapshot,
    scope: &Scope<'_>,
    order: Order,
    mut workers: Vec<W>,
    tick: &mut dyn FnMut(Tick<'_>),
) -> Result<(Vec<W>, Counters), SearchError> {
    let mut state = State { floor: i64::MIN, busy: vec![None; workers.len()], ..State::default() };
    if !scope.is_empty() {
        for part in snapshot.parts(scope.times.clone(), scope.seqs.clone()) {
            state.counters.progress.bytes_total += part.bytes();
            let (first, last) = part.times();
            state.queue.push(order.best(first..=last), Task::Open(Arc::new(part)));
        }
    }
    let shared = Shared { state: Mutex::new(state), changed: Condvar::new() };
    let shared_here = &shared;
    std::thread::scope(|threads| {
        let mut all = workers.iter_mut().enumerate();
        let first = all.next();
        for (index, worker) in all {
            let thread = std::thread::Builder::new().name("search".to_owned());
            let work = move || Thread::new(index, shared_here, scope, order).run(worker, None);
            // A machine that has no thread to give is searched on fewer: the others do the work.
            if thread.spawn_scoped(threads, work).is_err() {
                break;
            }
        }
        if let Some((index, worker)) = first {
            Thread::new(index, shared_here, scope, order).run(worker, Some(tick));
        }
    });
    let state = shared.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    match state.error {
        Some(error) => Err(error),
        None => Ok((workers, state.counters)),
    }
}

struct Thread<'a> {
    index: usize,
    shared: &'a Shared,
    scope: &'a Scope<'a>,
    order: Order,
    reader: BlockReader<'a>,
}

/// What doing a task gave.
#[derive(Default)]
struct Done {
    tasks: Vec<(i64, BlockTask)>,
    bytes: u64,
    blocks: u64,
    blocks_done: u64,
    read: u64,
    records: u64,
    body_bytes: u64,
}

impl<'a> Thread<'a> {
    fn new(index: usize, shared: &'a Shared, scope: &'a Scope<'a>, order: Order) -> Self {
        Self { index, shared, scope, order, reader: BlockReader::new(scope) }
    }

    /// Does what is to be done until nothing is left.
    fn run<W: Worker>(&mut self, worker: &mut W, mut tick: Option<&mut dyn FnMut(Tick<'_>)>) {
        // Ends the others too if this thread panics, since they would wait for it.
        let _end = EndOnDrop(self.shared, self.index);
        while let Some(task) = self.next(&mut tick) {
            let done = self.perform(worker, task);
            let mut state = self.shared.lock();
            state.busy[self.index] = None;
            state.floor = state.floor.max(worker.floor());
            match done {
                Ok(done) => state.add(done),
                Err(error) => state.fail(error),
            }
            drop(state);
            self.shared.changed.notify_all();
        }
    }

    /// The next task; `None` when nothing is left that could still give one.
    fn next(&self, tick: &mut Option<&mut dyn FnMut(Tick<'_>)>) -> Option<Task> {
        let mut is_told = false;
        let mut state = self.shared.lock();
        loop {
            state.look_around(self.scope);
            if let Some(tick) = tick
                && !std::mem::replace(&mut is_told, true)
            {
                let (done_to, progress) = (state.best(), state.progress(self.order));
                drop(state);
                tick(Tick { done_to, progress: &progress });
                state = self.shared.lock();
                continue;
            }
            if let Some((rank, task)) = state.queue.pop() {
                state.busy[self.index] = Some(rank);
                return Some(task);
            }
            if state.busy.iter().all(Option::is_none) {
                return None;
            }
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            is_told = false;
        }
    }

    fn perform<W: Worker>(&mut self, worker: &mut W, task: Task) -> Result<Done, SearchError> {
        match task {
            Task::Open(part) => self.open(&part),
            Task::Read(block) => {
                let read = self.reader.read(&block, worker)?;
                Ok(Done {
                    bytes: block.disk_bytes,
                    blocks_done: 1,
                    read: u64::from(read.was_read),
                    records: read.records,
                    body_bytes: read.body_bytes,
                    ..Done::default()
                })
            }
        }
    }

    fn open(&mut self, part: &logboom_store::Part) -> Result<Done, SearchError> {
        let opened = Arc::new(part.open()?);
        let blocks = self.reader.prune(&opened)?;
        let mut done = Done { blocks: opened.block_count() as u64, ..Done::default() };
        for index in blocks.iter() {
            let block = opened.block(index);
            let (first, last) = block.times;
            let task = BlockTask { part: opened.clone(), index, disk_bytes: block.disk_bytes };
            done.tasks.push((self.order.best(first..=last), task));
        }
        let left: u64 = done.tasks.iter().map(|(_, task)| task.disk_bytes).sum();
        done.bytes = part.bytes().saturating_sub(left);
        done.blocks_done = done.blocks - done.tasks.len() as u64;
        Ok(done)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, done: Done) {
        let progress = &mut self.counters.progress;
        progress.blocks_total += done.blocks;
        progress.blocks_done += done.blocks_done;
        progress.bytes_done += done.bytes;
        progress.scanned_records += done.records;
        progress.scanned_bytes += done.body_bytes;
        self.counters.read += done.read;
        if !self.is_over {
            for (rank, task) in done.tasks {
                self.queue.push(rank, Task::Read(task));
            }
        }
    }

    fn fail(&mut self, error: SearchError) {
        self.error.get_or_insert(error);
        self.end();
    }

    fn end(&mut self) {
        self.is_over = true;
        self.queue.clear();
    }

    /// Ends the run when it was cancelled, its time is over, or nothing left can be of use.
    fn look_around(&mut self, scope: &Scope<'_>) {
        if self.is_over {
            return;
        }
        if let Err(error) = scope.check_cancel() {
            return self.fail(error);
        }
        if self.queue.best().is_some_and(|best| best < self.floor) {
            // Tasks that are under way may still add better ones.
            self.queue.clear();
        }
        if self.queue.best().is_some()
            && let Some(incomplete) = scope.timed_out()
        {
            self.counters.incomplete = Some(incomplete);
            self.end();
        }
    }

    /// The best place that what is not done can still give.
    fn best(&self) -> i64 {
        let busy = self.busy.iter().flatten().copied().max();
        self.queue.best().max(busy).unwrap_or(i64::MIN)
    }

    fn progress(&self, order: Order) -> SearchProgress {
        let best = self.best();
        let back_to = match order {
            Order::Newest => best,
            Order::Oldest => !best,
        };
        let progress = self.counters.progress;
        // A segment that was rewritten since the snapshot may have more bytes than its part was told to have.
        SearchProgress { back_to, bytes_done: progress.bytes_done.min(progress.bytes_total), ..progress }
    }
}

struct EndOnDrop<'a>(&'a Shared, usize);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if std::thread::panicking() {
            state.busy[self.1] = None;
            state.end();
        }
        drop(state);
        self.0.changed.notify_all();
    }
}
