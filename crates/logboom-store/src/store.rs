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

use crate::cache::SegmentCache;
use crate::clock::{Clock, SystemClock};
use crate::format::snapshot::below;
use crate::fs::{Fs, LockOutcome, RealFs};
use crate::gaps;
use crate::limits::{FLUSH_MS_MAX, HELD_SHARE_OF_BUDGET, LOCK_WAIT_MS, MAX_BYTES_LEAST};
use crate::log::{Log, lost_update};
use crate::manual::ManualStore;
use crate::names::{JOURNAL_DIR, LOCK_NAME, SEGMENTS_DIR, TEMPORARY_DIR};
use crate::queue::{Lost, Queue};
use crate::recover::{self, RecoverCause, RecoverError, Recovered};
use crate::repair;
use crate::seal::{self, Pacer, SealSignals, Sealer};
use crate::shared::Shared;
use crate::stripes::Stripes;
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
    threads: Mutex<Threads>,
}

/// The sealer ends before the writer that serves it.
#[derive(Default)]
struct Threads {
    sealer: Option<JoinHandle<()>>,
    writer: Option<JoinHandle<()>>,
}

impl Drop for Closer {
    fn drop(&mut self) {
        self.close();
    }
}

impl Closer {
    fn close(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.seal_signals.stop();
        join(threads.sealer, "sealer");
        self.shared.queue().closed = true;
        self.shared.work.notify_all();
        join(threads.writer, "journal's writer");
    }
}

fn join(thread: Option<JoinHandle<()>>, what: &str) {
    // The last handle may go in an acknowledgement, on the writer's own thread.
    if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id())
        && thread.join().is_err()
    {
        tracing::error!("the {what} panicked");
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
        manual.store.closer.threads.lock().unwrap_or_else(PoisonError::into_inner).writer = Some(thread);
        let sealer = seal::start(manual.store.shared.clone()).map_err(|source| OpenError::Io {
            action: "start a thread for",
            path: dir.to_path_buf(),
            source,
        })?;
        manual.store.closer.threads.lock().unwrap_or_else(PoisonError::into_inner).sealer = Some(sealer);
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
        let lock = take_lock(&*fs, dir)?;
        for name in [JOURNAL_DIR, SEGMENTS_DIR, TEMPORARY_DIR] {
            fs.create_dir(name).map_err(failed("make", name))?;
        }
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
            segments: Arc::new(SegmentCache::default()),
            stripes: Stripes::default(),
            seal_signals: SealSignals::default(),
            published: Condvar::new(),
            durable,
            options,
        });
        let writer = Writer::new(shared.clone(), file_number, first);
        shared.log().slack = writer.slack();
        let sealer = Sealer::new(shared.clone(), Pacer::unpaced());
        let closer = Arc::new(Closer { shared: shared.clone(), threads: Mutex::default() });
        Ok(ManualStore { store: Self { shared, closer }, writer: Some(writer), sealer, lock: Some(lock) })
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
        segments: recovered.segments,
        end_seq: recovered.next_seq,
        evicted_to: recovered.evicted_to,
        state: recovered.state,
        last_commit: recovered.last_commit,
        ..Log::default()
    };
    first.updates.extend(recovered.updates);
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
            let lost = Lost { from, to, count: to - from, is_segment: false };
            first.gaps.push(lost_gap(&options.resource, lost));
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

    fn note_held_bytes(&self, bytes: u64) {
        let counted = bytes.min(self.shared.options.max_bytes / HELD_SHARE_OF_BUDGET);
        self.shared.log().source_bytes = counted;
        self.shared.seal_signals.call();
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
