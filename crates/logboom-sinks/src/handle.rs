//! What the outside sees of a running sink: its status, and the way to stop it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use logboom_model::status::SinkStatus;

use crate::limits::{CATCHING_UP_AFTER_SECONDS, STOP_WAIT};

/// How a sink fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Running,
    Retrying,
    Blocked,
    Paused,
}

/// What thread and handle share.
pub(crate) struct Shared {
    pub(crate) name: String,
    end_seq: Arc<dyn Fn() -> u64 + Send + Sync>,
    progress: Mutex<Progress>,
    changed: Condvar,
}

/// Where the sink is.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    pub(crate) state: State,
    /// Last finished seq.
    pub(crate) cursor: u64,
    /// When the oldest record not yet sent was read by logboom, as far as known.
    pub(crate) oldest_unsent: Option<i64>,
    pub(crate) last_error: Option<String>,
    stopping: bool,
    finished: bool,
}

impl Shared {
    pub(crate) fn new(name: &str, cursor: u64, end_seq: Arc<dyn Fn() -> u64 + Send + Sync>) -> Self {
        let progress = Progress {
            state: State::Running,
            cursor,
            oldest_unsent: None,
            last_error: None,
            stopping: false,
            finished: false,
        };
        Self { name: name.to_owned(), end_seq, progress: Mutex::new(progress), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what others see.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    pub(crate) fn cursor(&self) -> u64 {
        self.lock().cursor
    }

    pub(crate) fn stopping(&self) -> bool {
        self.lock().stopping
    }

    /// Waits until the sink is to stop or the time is over; says whether it is to stop.
    pub(crate) fn wait_for_stop(&self, timeout: Option<Duration>) -> bool {
        self.wait(timeout, |progress| progress.stopping)
    }

    fn wait(&self, timeout: Option<Duration>, fits: impl Fn(&Progress) -> bool) -> bool {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        let mut progress = self.lock();
        while !fits(&progress) {
            let Some(deadline) = deadline else {
                progress = self.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            progress = self.changed.wait_timeout(progress, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn status(&self, progress: &Progress) -> SinkStatus {
        let lag_records = (self.end_seq)().saturating_sub(1).saturating_sub(progress.cursor);
        let lag_seconds = match progress.oldest_unsent {
            Some(observed) if lag_records > 0 => (now().saturating_sub(observed).max(0)) as f64 / 1e9,
            _ => 0.0,
        };
        let state = match progress.state {
            State::Running if lag_seconds > CATCHING_UP_AFTER_SECONDS => "catching_up",
            State::Running => "running",
            State::Retrying => "retrying",
            State::Blocked => "blocked",
            State::Paused => "paused",
        };
        SinkStatus {
            name: self.name.clone(),
            state: state.to_owned(),
            class: "at_least_once".to_owned(),
            cursor: progress.cursor,
            lag_records,
            lag_seconds,
            last_error: progress.last_error.clone(),
        }
    }
}

/// Says that the thread has ended, however it ended.
pub(crate) struct Finished(pub(crate) Arc<Shared>);

impl Drop for Finished {
    fn drop(&mut self) {
        self.0.set(|progress| progress.finished = true);
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// A running sink. Dropping it asks the thread to stop without waiting.
pub struct SinkHandle {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl SinkHandle {
    pub(crate) fn new(shared: Arc<Shared>, thread: JoinHandle<()>) -> Self {
        Self { shared, thread: Mutex::new(Some(thread)) }
    }

    /// How the sink fares.
    pub fn status(&self) -> SinkStatus {
        let progress = self.shared.lock().clone();
        self.shared.status(&progress)
    }

    /// Waits until the status fits or the time is over; says whether it fits. Looks whenever the sink has got on.
    pub fn wait_until(&self, timeout: Duration, fits: impl Fn(&SinkStatus) -> bool) -> bool {
        self.shared.wait(Some(timeout), |progress| fits(&self.shared.status(progress)))
    }

    /// Stops the sink: what was written is committed. Takes less than a second; says whether the thread has ended (a
    /// destination that blocks inside the kernel keeps it, and loses nothing by it).
    pub fn stop(&self) -> bool {
        self.shared.set(|progress| progress.stopping = true);
        let finished = self.shared.wait(Some(STOP_WAIT), |progress| progress.finished);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (true, Some(thread)) = (finished, thread) {
            // The thread has no result, and a panic in it was reported by the panic hook.
            let _ = thread.join();
        }
        finished
    }
}

impl Drop for SinkHandle {
    fn drop(&mut self) {
        self.shared.set(|progress| progress.stopping = true);
    }
}
