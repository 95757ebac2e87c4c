//! `/healthz` and `/readyz`.
//!
//! Health is liveness: restart logboom when it fails. It asks for the store's figures on a blocking thread, which
//! takes the locks of the journal; only a deadlock lets that take as long as the limit. A full disk, a dead sink or
//! a slow source never fail it. One probe runs at a time, so that a deadlock cannot use up threads.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use logboom_store::StoreState;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use crate::answer::Problem;
use crate::state::Shared;

/// The probe that runs now, if any.
pub(crate) struct Health {
    timeout: Duration,
    running: Mutex<Option<Running>>,
}

#[derive(Clone)]
struct Running {
    started: Instant,
    done: watch::Receiver<bool>,
}

impl Health {
    /// A probe that takes longer than `timeout` is a deadlock.
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, running: Mutex::default() }
    }

    /// Runs `probe`, or waits for the one that runs; says whether it ended in time.
    pub async fn check(&self, probe: Arc<dyn Fn() + Send + Sync>) -> bool {
        let mut running = self.join_or_start(probe);
        let ended = timeout_at(running.started + self.timeout, running.done.wait_for(|done| *done)).await;
        matches!(ended, Ok(Ok(_)))
    }

    fn join_or_start(&self, probe: Arc<dyn Fn() + Send + Sync>) -> Running {
        let mut slot = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) =
            slot.as_ref().filter(|running| !*running.done.borrow() && running.done.has_changed().is_ok())
        {
            return running.clone();
        }
        let (tell, done) = watch::channel(false);
        tokio::task::spawn_blocking(move || {
            probe();
            tell.send_replace(true);
        });
        let running = Running { started: Instant::now(), done };
        *slot = Some(running.clone());
        running
    }
}

/// `GET /healthz`: 200, or 503 when the process is deadlocked.
pub(crate) async fn healthz(State(state): State<Shared>) -> Response {
    match is_alive(&state).await {
        Ok(()) => "ok\n".into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn is_alive(state: &Shared) -> Result<(), Problem> {
    let store = state.context.store.clone();
    let probe = move || {
        store.stats();
    };
    if state.health.check(Arc::new(probe)).await {
        return Ok(());
    }
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the local log does not answer"))
}

/// `GET /readyz`: 200 while the store is open and the server is not stopping.
pub(crate) async fn readyz(State(state): State<Shared>) -> Response {
    if *state.stopping.borrow() {
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "logboom is stopping").into_response();
    }
    if let Err(problem) = is_alive(&state).await {
        return problem.into_response();
    }
    let store = state.context.store.clone();
    let is_open = tokio::task::spawn_blocking(move || store.stats().state != StoreState::Closed);
    match timeout(state.limits.health_timeout, is_open).await {
        Ok(Ok(true)) => "ok\n".into_response(),
        _ => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the local log is not open").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_deadlock_fails_and_uses_one_thread_and_its_end_heals() {
        let health = Health::new(Duration::from_millis(20));
        let (release, gate) = mpsc::channel::<()>();
        let (gate, probes) = (Mutex::new(gate), Arc::new(AtomicUsize::new(0)));
        let counted = probes.clone();
        let probe: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = gate.lock().unwrap().recv();
        });
        for _ in 0..5 {
            assert!(!health.check(probe.clone()).await);
        }
        assert_eq!(probes.load(Ordering::SeqCst), 1);
        let mut running = health.running.lock().unwrap().clone().unwrap();
        drop(release);
        running.done.wait_for(|done| *done).await.unwrap();
        assert!(health.check(probe).await);
    }
}
