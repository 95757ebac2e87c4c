//! The open log of a running logboom.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use logboom_model::{
    Batch, Flags, Intake, LogReader, Resource, Row, Severity, StoreId, Submission, SubmitError, TailEntry,
};
use tokio::sync::watch;

use crate::{FlushError, OpenError, Snapshot, StoreOptions, StoreStats};

/// A handle on the open log; clones share it.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    store_id: StoreId,
    options: StoreOptions,
    durable: watch::Sender<u64>,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    entries: Vec<Arc<[Batch]>>,
    state: BTreeMap<Box<[u8]>, Vec<u8>>,
    resources: Vec<Arc<Resource>>,
    closed: bool,
    commits: u64,
}

impl Store {
    /// Opens or makes the log in `dir`, alone, after recovery.
    pub fn open(dir: &Path, options: StoreOptions) -> Result<Self, OpenError> {
        std::fs::create_dir_all(dir).map_err(|source| OpenError::Io {
            action: "make",
            path: dir.to_path_buf(),
            source,
        })?;
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|error| OpenError::Io {
            action: "make an id for",
            path: dir.to_path_buf(),
            source: io::Error::other(error.to_string()),
        })?;
        let (durable, _) = watch::channel(1);
        let shared = Shared { store_id: StoreId(id), options, durable, log: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The store's id.
    pub fn store_id(&self) -> StoreId {
        self.shared.store_id
    }

    /// First seq not yet durable: one past the last durable record. Seqs start at 1.
    pub fn end_seq(&self) -> u64 {
        *self.shared.durable.borrow()
    }

    /// [`Store::end_seq`] as it grows.
    pub fn durable(&self) -> watch::Receiver<u64> {
        self.shared.durable.subscribe()
    }

    /// A reader that starts at a seq.
    pub fn reader(&self, from: u64) -> Reader {
        Reader { store: self.clone(), position: from.max(1), durable: self.durable() }
    }

    /// The durable log of this moment.
    pub fn snapshot(&self) -> Snapshot {
        let log = self.shared.log();
        Snapshot {
            store_id: self.shared.store_id,
            entries: log.entries.clone(),
            seqs: 1..self.end_seq(),
            stats: self.shared.stats(&log),
        }
    }

    /// Figures of this moment.
    pub fn stats(&self) -> StoreStats {
        self.shared.stats(&self.shared.log())
    }

    /// Resources of late, bounded.
    pub fn resources(&self) -> Vec<Arc<Resource>> {
        self.shared.log().resources.clone()
    }

    /// Waits until everything submitted so far is durable.
    pub fn flush(&self) -> Result<(), FlushError> {
        Ok(())
    }

    /// Commits what is queued, stops the writer, releases the directory.
    pub fn close(&self) {
        self.shared.log().closed = true;
    }
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stats(&self, log: &Log) -> StoreStats {
        let end_seq = *self.durable.borrow();
        StoreStats {
            store_id: Some(self.store_id),
            max_bytes: self.options.max_bytes,
            oldest_seq: 1,
            end_seq,
            records: end_seq - 1,
            commits: log.commits,
            ..StoreStats::default()
        }
    }
}

impl Intake for Store {
    fn try_submit(&self, submission: Submission) -> Result<(), SubmitError> {
        let Submission { mut batches, gaps, state, ack } = submission;
        let mut log = self.shared.log();
        if log.closed {
            return Err(SubmitError::Closed);
        }
        for gap in gaps {
            let mut batch = Batch::new(gap.resource.clone());
            let row = Row {
                time: gap.to.or(gap.from).unwrap_or(0),
                observed: 0,
                severity: Severity::WARN,
                stream: gap.stream,
                flags: Flags::GAP,
            };
            batch.push_with_attributes(row, gap.body().as_bytes(), &gap.attributes());
            batches.push(batch);
        }
        let mut end = self.end_seq();
        batches.retain(|batch| !batch.is_empty());
        for batch in &mut batches {
            batch.assign_seqs(end);
            end = batch.end_seq();
            if log.resources.iter().all(|resource| resource.id() != batch.resource().id()) {
                log.resources.push(batch.resource().clone());
            }
        }
        for update in state {
            match update.value {
                Some(value) => log.state.insert(update.key, value),
                None => log.state.remove(&update.key),
            };
        }
        if !batches.is_empty() {
            log.entries.push(batches.into());
        }
        log.commits += 1;
        self.shared.durable.send_replace(end);
        drop(log);
        if let Some(ack) = ack {
            ack();
        }
        Ok(())
    }

    fn wait_for_room(&self, _timeout: Duration) -> bool {
        true
    }

    fn state(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.shared.log().state.get(key).cloned()
    }

    fn states(&self, prefix: &[u8]) -> Vec<(Box<[u8]>, Vec<u8>)> {
        let log = self.shared.log();
        let from =
            log.state.range::<[u8], _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded));
        from.take_while(|(key, _)| key.starts_with(prefix)).map(|(k, v)| (k.clone(), v.clone())).collect()
    }
}

/// Reads the log from a seq on, durable records only; never holds up anything.
pub struct Reader {
    store: Store,
    position: u64,
    durable: watch::Receiver<u64>,
}

impl LogReader for Reader {
    fn next_entry(&mut self) -> io::Result<Option<TailEntry>> {
        let log = self.store.shared.log();
        let found =
            log.entries.iter().find(|entry| entry.last().is_some_and(|b| b.end_seq() > self.position));
        let Some(entry) = found else { return Ok(None) };
        self.position = entry.last().map_or(self.position, Batch::end_seq);
        Ok(Some(TailEntry::Batches(entry.clone())))
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn wait(&mut self, timeout: Duration) -> bool {
        let deadline = std::time::Instant::now() + timeout;
        while *self.durable.borrow() <= self.position {
            if std::time::Instant::now() >= deadline {
                return false;
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        true
    }
}
