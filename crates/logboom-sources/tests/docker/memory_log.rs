//! A local log in memory: takes submissions whole, as the journal does; can be full, and can be killed, after which it
//! takes nothing and only what it had taken before counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use logboom_model::{Flags, Gap, Intake, Stream, Submission, SubmitError};
use logboom_process::FixedStages;
use logboom_sources::docker::{self, Backlog, DockerOptions, DockerSource};

/// Every wait of these tests ends here at the latest, and then fails.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// One stored row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub container: String,
    pub name: String,
    pub service: String,
    pub host: String,
    pub stream: Stream,
    pub flags: Flags,
    pub time: i64,
    pub body: String,
    pub attributes: String,
}

#[derive(Default)]
struct Inner {
    rows: Vec<Stored>,
    gaps: Vec<Gap>,
    state: BTreeMap<Vec<u8>, Vec<u8>>,
    submissions: usize,
    full: bool,
    closed: bool,
    /// Killed by the submission after so many.
    kill_after: Option<usize>,
}

#[derive(Default)]
pub struct MemoryLog {
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl MemoryLog {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// The log that is found after a kill: everything taken, ready for a new start.
    pub fn reopened(&self) -> Arc<Self> {
        let inner = self.lock();
        let copy = Inner {
            rows: inner.rows.clone(),
            gaps: inner.gaps.clone(),
            state: inner.state.clone(),
            ..Inner::default()
        };
        Arc::new(Self { inner: Mutex::new(copy), changed: Condvar::new() })
    }

    pub fn set_full(&self, full: bool) {
        self.lock().full = full;
        self.changed.notify_all();
    }

    pub fn kill_after(&self, submissions: usize) {
        let mut inner = self.lock();
        inner.kill_after = Some(inner.submissions + submissions);
    }

    pub fn is_killed(&self) -> bool {
        self.lock().closed
    }

    pub fn set_state(&self, key: &str, value: &[u8]) {
        self.lock().state.insert(key.as_bytes().to_vec(), value.to_vec());
    }

    pub fn keys(&self) -> Vec<String> {
        self.lock().state.keys().map(|key| String::from_utf8_lossy(key).into_owned()).collect()
    }

    pub fn rows(&self) -> Vec<Stored> {
        self.lock().rows.clone()
    }

    /// Host names of all rows.
    pub fn hosts(&self) -> Vec<String> {
        self.rows().into_iter().map(|row| row.host).collect()
    }

    pub fn gaps(&self) -> Vec<Gap> {
        self.lock().gaps.clone()
    }

    /// Bodies of ordinary rows of one container, in order.
    pub fn lines(&self, container: &str) -> Vec<String> {
        let special = Flags::LIFECYCLE;
        self.lock()
            .rows
            .iter()
            .filter(|row| row.container == container && !row.flags.intersects(special))
            .map(|row| row.body.clone())
            .collect()
    }

    /// Bodies of lifecycle rows of one container.
    pub fn story(&self, container: &str) -> Vec<String> {
        let rows = self.rows();
        let of = |row: &&Stored| row.container == container && row.flags.contains(Flags::LIFECYCLE);
        rows.iter().filter(of).map(|row| row.body.clone()).collect()
    }

    /// Waits until it holds of the log.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let until = Instant::now() + DEADLINE;
        while !holds(self) {
            assert!(
                Instant::now() < until,
                "waited in vain: {what}; rows: {:#?}; gaps: {:#?}",
                self.tail(),
                self.gaps()
            );
            let inner = self.lock();
            drop(self.changed.wait_timeout(inner, Duration::from_millis(20)).unwrap());
        }
    }

    /// Waits until a container has exactly these lines, and says so when it has others.
    #[track_caller]
    pub fn expect_lines(&self, container: &str, expected: &[impl AsRef<str>]) {
        let expected: Vec<&str> = expected.iter().map(AsRef::as_ref).collect();
        self.wait_until(&format!("lines {:?}", &expected[..expected.len().min(20)]), |log| {
            log.lines(container).len() >= expected.len()
        });
        assert_eq!(self.lines(container), expected);
    }

    fn tail(&self) -> Vec<Stored> {
        let rows = self.rows();
        rows[rows.len().saturating_sub(20)..].to_vec()
    }
}

impl Intake for MemoryLog {
    fn try_submit(&self, submission: Submission) -> Result<(), SubmitError> {
        let mut inner = self.lock();
        if inner.closed {
            return Err(SubmitError::Closed);
        }
        if inner.full {
            return Err(SubmitError::Full(Box::new(submission)));
        }
        if inner.kill_after == Some(inner.submissions) {
            inner.closed = true;
            self.changed.notify_all();
            return Err(SubmitError::Closed);
        }
        inner.submissions += 1;
        for batch in &submission.batches {
            for record in batch.records() {
                inner.rows.push(Stored {
                    container: record.resource.container_id().to_owned(),
                    name: record.resource.container_name().to_owned(),
                    service: record.resource.service_name().to_owned(),
                    host: record.resource.get("host.name").unwrap_or_default().to_owned(),
                    stream: record.stream,
                    flags: record.flags,
                    time: record.time,
                    body: String::from_utf8_lossy(record.body).into_owned(),
                    attributes: String::from_utf8_lossy(record.attributes).into_owned(),
                });
            }
        }
        inner.gaps.extend(submission.gaps);
        for update in submission.state {
            match update.value {
                Some(value) => inner.state.insert(update.key.into_vec(), value),
                None => inner.state.remove(&*update.key),
            };
        }
        self.changed.notify_all();
        Ok(())
    }

    fn wait_for_room(&self, timeout: Duration) -> bool {
        let inner = self.lock();
        if !inner.full {
            return true;
        }
        !self.changed.wait_timeout(inner, timeout).unwrap().0.full
    }

    fn state(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.lock().state.get(key).cloned()
    }

    fn states(&self, prefix: &[u8]) -> Vec<(Box<[u8]>, Vec<u8>)> {
        let inner = self.lock();
        let below = inner.state.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
        below.map(|(key, value)| (key.clone().into_boxed_slice(), value.clone())).collect()
    }
}

/// Options for a fake Docker without an engine.
pub fn options(root: &std::path::Path) -> DockerOptions {
    DockerOptions {
        root: root.to_owned(),
        engine: None,
        backlog: Backlog::All,
        host_name: "test-host".to_owned(),
        ..DockerOptions::default()
    }
}

/// Starts the source, waits until it has looked around.
pub fn start(root: &std::path::Path, log: &Arc<MemoryLog>) -> DockerSource {
    start_with(options(root), log)
}

/// The same with other options.
pub fn start_with(options: DockerOptions, log: &Arc<MemoryLog>) -> DockerSource {
    let source = docker::start(options, log.clone(), Arc::new(FixedStages::new())).unwrap();
    log.wait_until("the first submission", |log| {
        log.keys().iter().any(|key| key == "docker/started") || log.is_killed()
    });
    source
}
