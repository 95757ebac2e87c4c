//! The sealer's thread: it works when it is called, looks around now and then, and ends at once when it is told to.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::remote::Remote;
use super::{Pacer, SealError, Sealer};
use crate::limits::{RETRY_MS_MAX, SEALER_TICK_MS};
use crate::shared::Shared;

/// Less urgent than what reads and commits, but not starved on a busy host: the writer may have to wait for it.
const NICE: i32 = 5;

/// How the sealer is called and told to end.
#[derive(Debug, Default)]
pub struct SealSignals {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_called: bool,
    is_stopped: bool,
}

impl SealSignals {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There may be something to do.
    pub fn call(&self) {
        self.state().is_called = true;
        self.changed.notify_all();
    }

    /// The thread is to end.
    pub fn stop(&self) {
        self.state().is_stopped = true;
        self.changed.notify_all();
    }

    /// Whether it is.
    pub fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    /// Waits for the time, or the end.
    pub fn wait_stop(&self, time: Duration) {
        self.wait(time, |state| state.is_stopped);
    }

    fn wait_call(&self, time: Duration) {
        self.wait(time, |state| state.is_stopped || state.is_called);
        self.state().is_called = false;
    }

    fn wait(&self, time: Duration, is_over: impl Fn(&State) -> bool) {
        let deadline = Instant::now() + time;
        let mut state = self.state();
        while !is_over(&state) {
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return;
            }
            state = self.changed.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Starts the thread.
pub fn start(shared: Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("sealer".to_owned()).spawn(move || run(&shared))
}

fn run(shared: &Arc<Shared>) {
    // Of this thread alone, as Linux has it; where it is not allowed the share of the CPU is bounded all the same.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE);
    let mut sealer = Sealer::new(shared.clone(), Pacer::of(shared.clone()));
    let mut remote = Remote::new(shared.clone());
    shared.log().sealer_runs = true;
    while !shared.seal_signals.is_stopped() {
        let step = sealer.step(&mut remote);
        {
            let mut log = shared.log();
            log.sealer_runs = matches!(step, Ok(_) | Err(SealError::GivenUp));
            if log.sealer_runs {
                log.seal_error = None;
            }
            log.sealer_steps += u64::from(matches!(step, Ok(true)));
        }
        match step {
            Ok(true) => {}
            Ok(false) => {
                shared.seal_signals.wait_call(Duration::from_millis(SEALER_TICK_MS));
            }
            Err(SealError::GivenUp) => shared.seal_signals.wait_call(Duration::from_millis(SEALER_TICK_MS)),
            Err(error) => {
                let text = describe(&error);
                tracing::warn!(error = text, "a journal file could not be sealed; it will be tried again");
                shared.log().seal_error = Some(text);
                shared.seal_signals.wait_stop(Duration::from_millis(RETRY_MS_MAX));
            }
        }
    }
    shared.log().sealer_runs = false;
}

fn describe(error: &SealError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
