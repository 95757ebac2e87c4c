//! A log in memory: what a sink reads, and where it commits.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use logboom_model::{
    Batch, Flags, Gap, Intake, LogReader, Resource, Row, Severity, Stream, Submission, SubmitError, TailEntry,
};

#[derive(Default)]
pub struct Log {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    entries: VecDeque<Result<TailEntry, io::ErrorKind>>,
    next_seq: u64,
    state: BTreeMap<Box<[u8]>, Vec<u8>>,
    gaps: Vec<Gap>,
    commits: u64,
    full: bool,
}

impl Log {
    pub fn new() -> Arc<Self> {
        let log = Self::default();
        log.inner.lock().unwrap().next_seq = 1;
        Arc::new(log)
    }

    /// Appends lines as one durable entry; a line that starts with `#gap` or `#life` is such a row.
    pub fn append(&self, lines: &[&str]) {
        let mut inner = self.inner.lock().unwrap();
        let mut batch = Batch::new(Arc::new(Resource::builder().with("container.name", "web").build()));
        for line in lines {
            let flags = match line {
                line if line.starts_with("#gap") => Flags::GAP,
                line if line.starts_with("#life") => Flags::LIFECYCLE,
                _ => Flags::empty(),
            };
            let row = Row { time: 0, observed: 0, severity: Severity::UNSET, stream: Stream::Stdout, flags };
            batch.push(row, line.as_bytes());
        }
        batch.assign_seqs(inner.next_seq);
        inner.next_seq = batch.end_seq();
        inner.entries.push_back(Ok(TailEntry::Batches(Arc::new([batch]))));
        self.changed.notify_all();
    }

    /// So many seqs were evicted before anybody read them.
    pub fn evict(&self, count: u64) {
        let mut inner = self.inner.lock().unwrap();
        let (from, to) = (inner.next_seq, inner.next_seq + count);
        inner.next_seq = to;
        inner.entries.push_back(Ok(TailEntry::Evicted { from, to }));
        self.changed.notify_all();
    }

    /// Of the seqs to come so many are gone, here and there.
    pub fn thin(&self, seqs: u64, count: u64) {
        let mut inner = self.inner.lock().unwrap();
        let (from, to) = (inner.next_seq, inner.next_seq + seqs);
        inner.entries.push_back(Ok(TailEntry::Thinned { from, to, count }));
    }

    /// The next read fails.
    pub fn fail_read(&self) {
        self.inner.lock().unwrap().entries.push_back(Err(io::ErrorKind::Other));
        self.changed.notify_all();
    }

    pub fn end_seq(&self) -> u64 {
        self.inner.lock().unwrap().next_seq
    }

    pub fn set_state(&self, key: &str, value: &str) {
        self.inner.lock().unwrap().state.insert(key.as_bytes().into(), value.into());
    }

    pub fn state_text(&self, key: &str) -> Option<String> {
        self.state(key.as_bytes()).map(|value| String::from_utf8(value).unwrap())
    }

    pub fn gaps(&self) -> Vec<Gap> {
        self.inner.lock().unwrap().gaps.clone()
    }

    pub fn commits(&self) -> u64 {
        self.inner.lock().unwrap().commits
    }

    /// Whether the queue before the journal takes nothing.
    pub fn set_full(&self, full: bool) {
        self.inner.lock().unwrap().full = full;
        self.changed.notify_all();
    }

    /// A reader that begins at a seq, or where the log begins when it is asked for the first of all.
    pub fn reader(self: &Arc<Self>, from: u64) -> Box<dyn LogReader> {
        let mut position = from;
        if from <= 1 {
            let inner = self.inner.lock().unwrap();
            position = match inner.entries.front() {
                Some(Ok(TailEntry::Evicted { to, .. })) => *to,
                _ => 1,
            };
        }
        Box::new(Reader { log: self.clone(), entry: 0, position })
    }
}

impl Intake for Log {
    fn try_submit(&self, submission: Submission) -> Result<(), SubmitError> {
        let mut inner = self.inner.lock().unwrap();
        if inner.full {
            return Err(SubmitError::Full(Box::new(submission)));
        }
        for update in submission.state {
            match update.value {
                Some(value) => inner.state.insert(update.key, value),
                None => inner.state.remove(&update.key),
            };
        }
        inner.gaps.extend(submission.gaps);
        inner.commits += 1;
        Ok(())
    }

    fn wait_for_room(&self, timeout: Duration) -> bool {
        let inner = self.inner.lock().unwrap();
        let (inner, _) = self.changed.wait_timeout_while(inner, timeout, |inner| inner.full).unwrap();
        !inner.full
    }

    fn state(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.inner.lock().unwrap().state.get(key).cloned()
    }

    fn states(&self, prefix: &[u8]) -> Vec<(Box<[u8]>, Vec<u8>)> {
        let inner = self.inner.lock().unwrap();
        let below = inner.state.iter().filter(|(key, _)| key.starts_with(prefix));
        below.map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

struct Reader {
    log: Arc<Log>,
    entry: usize,
    position: u64,
}

impl LogReader for Reader {
    fn next_entry(&mut self) -> io::Result<Option<TailEntry>> {
        let inner = self.log.inner.lock().unwrap();
        while let Some(entry) = inner.entries.get(self.entry) {
            self.entry += 1;
            let end = match entry {
                Ok(TailEntry::Batches(batches)) => batches.last().map_or(0, Batch::end_seq),
                Ok(TailEntry::Evicted { to, .. }) => *to,
                Ok(TailEntry::Thinned { .. }) => return entry.clone().map(Some).map_err(io::Error::from),
                Err(kind) => return Err((*kind).into()),
            };
            // Like the store, it gives the whole entry in which the position lies.
            if end > self.position {
                self.position = end;
                return entry.clone().map(Some).map_err(io::Error::from);
            }
        }
        Ok(None)
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn wait(&mut self, timeout: Duration) -> bool {
        let inner = self.log.inner.lock().unwrap();
        let known = self.entry;
        let (inner, _) = self
            .log
            .changed
            .wait_timeout_while(inner, timeout, |inner| inner.entries.len() <= known)
            .unwrap();
        inner.entries.len() > known
    }
}
