//! `/api/v1/search`: one question over a snapshot of the log, answered all at once or as the answer is found.
//!
//! ```text
//! order=oldest, NDJSON   collected: oldest first, like a log; figures in headers
//! order=newest, NDJSON   streamed: each record as soon as nothing newer can come
//! text/event-stream      streamed: record, table, progress, done, error
//! ```
//!
//! The search runs on a blocking thread and stops when its client goes away. A permit is held from the start until the
//! client has the last line, so that what is held in memory is bounded too.

mod collected;
mod encode;
mod outlet;
mod pieces;
mod request;
mod streamed;

use axum::extract::State;
use axum::response::Response;
use hyper::Uri;
use hyper::header::{ACCEPT, HeaderMap};

use crate::answer::Problem;
use crate::ask;
use crate::params::Params;
use crate::state::Shared;
use encode::Form;

pub(crate) use collected::find;
pub(crate) use request::{Range, filter, now, patience, range, request};
pub(crate) use streamed::ACCEL_BUFFERING;

const PARAMETERS: &[&str] = &["query", "since", "until", "limit", "order", "timeout_seconds"];

/// Which records come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Oldest,
    Newest,
}

/// `GET /api/v1/search?query=&since=&until=&limit=&order=&timeout_seconds=`.
pub(crate) async fn search(
    State(state): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let params = Params::parse(uri.query(), PARAMETERS)?;
    let request = request(&params, now(), state.limits.search_timeout)?;
    let form = if wants_events(&headers) { Form::Events } else { Form::Lines };
    let order = order(&params, form)?;
    let permit = ask::turn(&state).await?;
    state.searches_counted.begin();
    if form == Form::Lines && order == Order::Oldest {
        return collected::answer(&state, request, permit).await;
    }
    streamed::answer(&state, request, order, form, permit).await
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
    })
}

fn order(params: &Params, form: Form) -> Result<Order, Problem> {
    match (params.get("order"), form) {
        (Some("oldest"), _) | (None, Form::Lines) => Ok(Order::Oldest),
        (Some("newest"), _) | (None, Form::Events) => Ok(Order::Newest),
        (Some(_), _) => Err(Problem::bad_request("`order` must be `oldest` or `newest`")),
    }
}
