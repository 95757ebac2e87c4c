//! Questions to the log: each waits for its turn, runs on a blocking thread, and ends when nobody waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::StatusCode;
use logboom_query::SearchError;
use logboom_store::Snapshot;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::answer::Problem;
use crate::limits;
use crate::state::Shared;

/// What helps when time was too short.
const NARROW: &str = "narrow the time range with since and until";

/// A turn, or 429 when too many others have theirs.
pub(crate) async fn turn(state: &Shared) -> Result<OwnedSemaphorePermit, Problem> {
    match timeout(state.limits.search_queue_timeout, state.searches.clone().acquire_owned()).await {
        Ok(Ok(permit)) => Ok(permit),
        _ => Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many searches are running").retry_after(1)),
    }
}

/// Asks a snapshot of this moment on a blocking thread; cancelled when the returned future is dropped. Questions
/// keep to their time by themselves; one that does not is given up a little later. The permit is held until the thread is done.
pub(crate) async fn ask<T: Send + 'static>(
    state: &Shared,
    permit: OwnedSemaphorePermit,
    question: impl FnOnce(&Snapshot, &AtomicBool) -> Result<T, SearchError> + Send + 'static,
) -> Result<(T, OwnedSemaphorePermit), Problem> {
    let cancel = CancelOnDrop::default();
    let (store, flag) = (state.context.store.clone(), cancel.0.clone());
    let thread = tokio::task::spawn_blocking(move || {
        let answer = question(&store.snapshot(), &flag);
        answer.map(|answer| (answer, permit))
    });
    match timeout(state.limits.search_timeout + limits::SEARCH_TIMEOUT_GRACE, thread).await {
        Ok(Ok(Ok(answered))) => Ok(answered),
        Ok(Ok(Err(error))) => Err(problem_of(error)),
        Ok(Err(error)) => Err(Problem::internal("search", &error)),
        Err(_) => Err(took_too_long()),
    }
}

/// What a client is told of a search's error.
pub(crate) fn problem_of(error: SearchError) -> Problem {
    match error {
        SearchError::Refused(why) => Problem::bad_request(why),
        SearchError::TimedOut(why) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, why).hint(NARROW),
        error @ SearchError::LimitTooLarge { .. } => Problem::bad_request(error.to_string()),
        error => Problem::internal("search", &error),
    }
}

/// 503, with what would help.
fn took_too_long() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the search took too long").hint(NARROW)
}

/// Tells a search that nobody waits for it any more.
#[derive(Default)]
pub(crate) struct CancelOnDrop(pub Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
