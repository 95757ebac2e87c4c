//! The open log of a running logboom: opening, the handle, and the door for sources.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use logboom_model::{Intake, Resource, StoreId, Submission, SubmitError};
use tokio::sync::watch;

use crate::clock::{Clock, SystemClock};
use crate::format::snapshot::below;
use crate::fs::{Fs, LockOutcome, RealFs};
use crate::gaps;
use crate::limits::{FLUSH_MS_MAX, LOCK_WAIT_MS, MAX_BYTES_LEAST};
use crate::log::{Log, lost_update};
use crate::names::{JOURNAL_DIR, LOCK_NAME};
use crate::queue::Queue;
use crate::recover::{self, RecoverCause, RecoverError, Recovered};
use crate::repair;
use crate::shared::Shared;
use crate::writer::{Pending, Writer, lost_gap};
use crate::{FlushError, OpenError, Reader, Snapshot, StoreOptions, StoreStats};

/// A handle on the open log; clones share it. The last one to go closes it.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    closer: Arc<Closer>,
}

impl Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("dir", &self.shared.dir).field("id", &self.shared.store_id).finish()
    }
}

struct Closer {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Closer {
    fn drop(&mut self) {
        self.close();
    }
}

impl Closer {
    fn close(&self) {
        self.shared.queue().closed = true;
        self.shared.work.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id())
            && thread.join().is_err()
        {
            tracing::error!("the journal's writer panicked");
        }
    }
}

/// A store whose writer runs only when told to, for tests that must not depend on time.
pub struct ManualStore {
    /// The store.
    pub store: Store,
    writer: Option<Writer>,
    lock: Option<Box<dyn Debug + Send + Sync>>,
}

impl ManualStore {
    /// Does what the writer would do now.
    pub fn pump(&mut self) {
        if let Some(writer) = &mut self.writer {
            writer.pump();
        }
    }

    /// Begins a new journal file now.
    pub fn roll(&mut self) -> bool {
        self.writer.as_mut().is_some_and(|writer| writer.begin_file().is_ok())
    }

    /// Evicts the oldest journal file now.
    pub fn evict(&mut self) -> bool {
        self.writer.as_mut().is_some_and(|writer| writer.active.is_some() && writer.evict(1).is_ok())
    }

    /// Stops in good order.
    pub fn close(mut self) {
        if let Some(writer) = self.writer.take() {
            writer.close();
        }
        self.lock = None;
    }
}

impl Store {
    /// Opens or makes the log in `dir`, alone, after recovery.
    pub fn open(dir: &Path, options: StoreOptions) -> Result<Self, OpenError> {
        let fs = RealFs::new(dir);
        fs.create_root().map_err(|source| OpenError::Io {
            action: "make",
            path: dir.to_path_buf(),
            source,
        })?;
        let mut manual = Self::open_manual(dir, Arc::new(fs), Arc::new(SystemClock), options)?;
        let Some(mut writer) = manual.writer.take() else { return Ok(manual.store) };
        let lock = manual.lock.take();
        // The first file is there before anyone is told that the store is open.
        writer.pump();
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || {
                writer.run();
                drop(lock);
            })
            .map_err(|source| OpenError::Io {
                action: "start a thread for",
                path: dir.to_path_buf(),
                source,
            })?;
        *manual.store.closer.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(manual.store)
    }

    /// Opens a log on any disk, with any clock, without a thread. `dir` is only for messages.
    pub fn open_manual(
        dir: &Path,
        fs: Arc<dyn Fs>,
        clock: Arc<dyn Clock>,
        mut options: StoreOptions,
    ) -> Result<ManualStore, OpenError> {
        if options.max_bytes < MAX_BYTES_LEAST {
            return Err(OpenError::BudgetTooSmall { max_bytes: options.max_bytes, least: MAX_BYTES_LEAST });
        }
        let failed = |action, name: &str| {
            let path = dir.join(name);
            move |source| OpenError::Io { action, path, source }
        };
        fs.create_dir(JOURNAL_DIR).map_err(failed("make", JOURNAL_DIR))?;
        let lock = take_lock(&*fs, dir)?;
        let mut recovered = recover::survey(&*fs).map_err(|error| open_error(dir, error))?;
        repair::repair(&*fs, &mut recovered).map_err(|error| open_error(dir, error))?;
        fs.sync_dir("").map_err(failed("sync", ""))?;
        let store_id = match recovered.store_id {
            Some(id) => id,
            None => new_id().map_err(failed("make an id for", ""))?,
        };
        // One commit must fit into a small budget several times over.
        options.queue_bytes = options.queue_bytes.min((options.max_bytes / 8) as usize).max(1);
        let file_number = recovered.file_number;
        let (log, first) = take_recovered(recovered, &options);
        let (durable, _) = watch::channel(log.end_seq);
        let shared = Arc::new(Shared {
            dir: dir.to_path_buf(),
            fs,
            clock,
            store_id,
            queue: Mutex::new(Queue::new(options.queue_bytes)),
            work: Condvar::new(),
            room: Condvar::new(),
            log: Mutex::new(log),
            published: Condvar::new(),
            durable,
            options,
        });
        let writer = Writer::new(shared.clone(), file_number, first);
        let closer = Arc::new(Closer { shared: shared.clone(), thread: Mutex::new(None) });
        Ok(ManualStore { store: Self { shared, closer }, writer: Some(writer), lock: Some(lock) })
    }

    /// The store's id.
    pub fn store_id(&self) -> StoreId {
        self.shared.store_id
    }

    /// First seq not yet durable: one past the last durable record. Seqs start at 1.
    pub fn end_seq(&self) -> u64 {
        self.shared.log().end_seq
    }

    /// [`Store::end_seq`] as it grows.
    pub fn durable(&self) -> watch::Receiver<u64> {
        self.shared.durable.subscribe()
    }

    /// A reader that starts at a seq: 1 or less for the oldest that is kept.
    pub fn reader(&self, from: u64) -> Reader {
        Reader::new(self.shared.clone(), from)
    }

    /// The durable log of this moment.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.shared)
    }

    /// Figures of this moment.
    pub fn stats(&self) -> StoreStats {
        self.shared.stats()
    }

    /// Resources seen within the last day, at most [`logboom_model::limits::RESOURCES_MAX`] or some more between
    /// two journal files.
    pub fn resources(&self) -> Vec<Arc<Resource>> {
        self.shared.log().resources.values().map(|(resource, _)| resource.clone()).collect()
    }

    /// Waits until everything submitted so far is durable, at most half a minute.
    pub fn flush(&self) -> Result<(), FlushError> {
        let deadline = Instant::now() + Duration::from_millis(FLUSH_MS_MAX);
        let mut queue = self.shared.queue();
        let target = queue.submitted();
        queue.flushing += 1;
        self.shared.work.notify_one();
        let result = loop {
            if queue.done() >= target {
                break Ok(());
            }
            if queue.closed && self.shared.log().closed {
                break Err(FlushError::Closed);
            }
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                break Err(FlushError::TimedOut);
            }
            queue = match self.shared.room.wait_timeout(queue, rest) {
                Ok((queue, _)) => queue,
                Err(poisoned) => poisoned.into_inner().0,
            };
        };
        queue.flushing -= 1;
        result
    }

    /// Commits what is queued, stops the writer, releases the directory. Readers go on over what is durable.
    pub fn close(&self) {
        self.closer.close();
    }
}

fn take_lock(fs: &dyn Fs, dir: &Path) -> Result<Box<dyn Debug + Send + Sync>, OpenError> {
    let deadline = Instant::now() + Duration::from_millis(LOCK_WAIT_MS);
    loop {
        match fs.lock(LOCK_NAME) {
            Ok(LockOutcome::Taken(lock)) => return Ok(lock),
            Err(source) => return Err(OpenError::Io { action: "lock", path: dir.join(LOCK_NAME), source }),
            Ok(LockOutcome::Held(pid)) if Instant::now() >= deadline => {
                return Err(OpenError::Locked { path: dir.to_path_buf(), pid });
            }
            // A reader may only be looking whether somebody writes.
            Ok(LockOutcome::Held(_)) => std::thread::park_timeout(Duration::from_millis(LOCK_WAIT_MS / 10)),
        }
    }
}

/// A recovery error with its whole path.
pub fn open_error(dir: &Path, error: RecoverError) -> OpenError {
    let path: PathBuf = dir.join(&error.name);
    match error.cause {
        RecoverCause::Io(source) => OpenError::Io { action: error.action, path, source },
        RecoverCause::Newer(version) => OpenError::Newer { path, version },
    }
}

fn new_id() -> io::Result<StoreId> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(StoreId(id))
}

/// The log as recovered, and what the first commit must say about it.
fn take_recovered(recovered: Recovered, options: &StoreOptions) -> (Log, Pending) {
    let mut first = Pending::default();
    let mut log = Log {
        files: recovered.files,
        end_seq: recovered.next_seq,
        evicted_to: recovered.evicted_to,
        state: recovered.state,
        last_commit: recovered.last_commit,
        ..Log::default()
    };
    log.resources =
        recovered.resources.into_iter().map(|(resource, used)| (resource.id(), (resource, used))).collect();
    for (key, value) in &log.state.clone() {
        if let Some((from, to)) = crate::log::lost_range(key, Some(value)) {
            log.note_lost(from, to);
        } else if key.starts_with(gaps::STATE_PREFIX) {
            let mut rows = gaps::GapRows::default();
            gaps::recover(key, value, &mut rows);
            first.gaps.extend(rows.gaps);
            first.updates.extend(rows.updates);
        }
    }
    for (from, to) in recovered.lost {
        if log.note_lost(from, to) {
            tracing::error!(from, to, "records are missing from the journal");
            first.gaps.push(lost_gap(&options.resource, from, to));
            first.updates.push(lost_update(from, to));
        }
    }
    (log, first)
}

impl Intake for Store {
    fn try_submit(&self, submission: Submission) -> Result<(), SubmitError> {
        let mut queue = self.shared.queue();
        let before = queue.bytes();
        queue.push(submission)?;
        let after = queue.bytes();
        drop(queue);
        // The writer is woken when there is something at last, and when there is enough.
        let enough = self.shared.options.commit_bytes;
        if before == 0 || (before < enough && after >= enough) {
            self.shared.work.notify_one();
        }
        Ok(())
    }

    fn wait_for_room(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let mut queue = self.shared.queue();
        loop {
            if queue.has_room() || queue.closed {
                return !queue.closed;
            }
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return false;
            }
            queue = match self.shared.room.wait_timeout(queue, rest) {
                Ok((queue, _)) => queue,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    fn state(&self, key: &[u8]) -> Option<Vec<u8>> {
        if let Some(queued) = self.shared.queue().state(key) {
            return queued.cloned();
        }
        self.shared.log().state.get(key).cloned()
    }

    fn states(&self, prefix: &[u8]) -> Vec<(Box<[u8]>, Vec<u8>)> {
        let queue = self.shared.queue();
        let log = self.shared.log();
        let committed = below(&log.state, prefix).map(|(key, value)| (key, Some(value)));
        let mut merged: BTreeMap<_, _> = committed.collect();
        merged.extend(queue.states(prefix));
        merged.into_iter().filter_map(|(key, value)| Some((key.clone(), value?.clone()))).collect()
    }
}
