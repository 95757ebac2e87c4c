//! `/api/v1/tail`: the log as Server-Sent Events, from where the client was, and then as it grows.
//!
//! The end of the stream is always resumable: every event but those of history carries (store_id, seq), and rows that
//! a client can no longer get are announced as `gap` events. See `events.rs` for the bytes.

mod events;
mod pump;
mod reader;
mod start;

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{StatusCode, Uri};
use logboom_query::SearchRequest;
use logboom_query::limits::SEARCH_LIMIT_MAX;
use tokio::sync::mpsc;

use crate::answer::Problem;
use crate::channel::ChannelBody;
use crate::limits;
use crate::params::Params;
use crate::search::{self, ACCEL_BUFFERING};
use crate::state::Shared;
use pump::Pump;
use start::Wish;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// `GET /api/v1/tail?query=&from=&lines=&since=`.
pub(crate) async fn tail(
    State(state): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let params = Params::parse(uri.query(), &["query", "from", "lines", "since"])?;
    let last_event_id = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or("not text"));
    let wish = Wish::read(last_event_id, params.get("from"))?;
    let query = search::filter(&params)?;
    let history = history(&params, state.limits.search_timeout)?;
    let Ok(permit) = state.tails.clone().try_acquire_owned() else {
        let message = format!("{} live tails are open, which is the most", state.limits.tails);
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, message).retry_after(5));
    };
    let (sender, receiver) = mpsc::channel(limits::TAIL_QUEUE_CHUNKS);
    let pump = Pump::new(state, sender);
    tokio::spawn(async move {
        pump.run(wish, history, query).await;
        drop(permit);
    });
    let mut response = Response::new(Body::new(ChannelBody(receiver)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

/// The search that finds the last `lines`, within `since` (as a search, 24 hours unless told).
fn history(params: &Params, longest: Duration) -> Result<Option<SearchRequest>, Problem> {
    let lines = params.count("lines", SEARCH_LIMIT_MAX)?;
    let request = search::request(params, search::now(), longest)?;
    Ok(lines.map(|limit| SearchRequest { limit, ..request }))
}
