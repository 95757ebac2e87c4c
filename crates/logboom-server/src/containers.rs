//! `/api/v1/status` and `/api/v1/containers`: what the daemon knows about itself, as JSON.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::answer::{Problem, json_response};
use crate::state::Shared;

/// `GET /api/v1/status`: `logboom_model::status::Status`.
pub(crate) async fn status(State(state): State<Shared>) -> Response {
    let status = state.context.status.clone();
    answer(move || status()).await
}

/// `GET /api/v1/containers`: a list of `logboom_model::status::ContainerStatus`.
pub(crate) async fn containers(State(state): State<Shared>) -> Response {
    let containers = state.context.containers.clone();
    answer(move || containers()).await
}

/// Asks on a blocking thread: these take locks of the collection's own threads.
async fn answer<T: serde::Serialize + Send + 'static>(ask: impl FnOnce() -> T + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(ask).await {
        Ok(value) => json_response(&value),
        Err(error) => Problem::internal("ask for the status", &error).into_response(),
    }
}
