//! A search answered all at once: NDJSON, oldest first, with its figures in headers. What is not everything is an
//! error here: nobody reads a header to learn that.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, InvalidHeaderValue};
use hyper::{HeaderMap, StatusCode};
use logboom_model::Cursor;
use logboom_query::{OwnedRecord, SearchOutcome, SearchRequest, collect};
use logboom_store::Snapshot;
use tokio::sync::OwnedSemaphorePermit;

use crate::answer::Problem;
use crate::ask::ask;
use crate::channel::PulledBody;
use crate::limits;
use crate::ndjson::{push_record, push_row};
use crate::state::Shared;

/// What a search found, and where its snapshot ended: a tail from there on misses and doubles nothing.
pub(crate) struct Found {
    /// Oldest first; none for a table.
    pub records: Vec<OwnedRecord>,
    /// Everything else.
    pub outcome: SearchOutcome,
    /// Last durable record of the snapshot; seq 0 when there was none.
    pub cursor: Cursor,
}

/// Where a snapshot ends.
pub(super) fn cursor_of(snapshot: &Snapshot) -> Cursor {
    Cursor { store_id: snapshot.store_id(), seq: snapshot.seqs().end.saturating_sub(1) }
}

/// Runs a search; it is cancelled when the returned future is dropped.
pub(crate) async fn find(
    state: &Shared,
    request: SearchRequest,
    permit: OwnedSemaphorePermit,
) -> Result<(Found, OwnedSemaphorePermit), Problem> {
    let found = ask(state, permit, move |snapshot, cancel| {
        let (records, outcome) = collect(snapshot, &request, cancel, &mut |_| {})?;
        Ok(Found { records, outcome, cursor: cursor_of(snapshot) })
    });
    let (found, permit) = found.await?;
    state.searches_counted.end(&found.outcome);
    match &found.outcome.incomplete {
        None => Ok((found, permit)),
        Some(why) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("no whole answer: {why}"))
            .hint("narrow the time range with since and until, or ask with Accept: text/event-stream for what there is")),
    }
}

/// The whole answer.
pub(super) async fn answer(
    state: &Shared,
    request: SearchRequest,
    permit: OwnedSemaphorePermit,
) -> Result<Response, Problem> {
    let (found, permit) = find(state, request, permit).await?;
    respond(found, permit).map_err(|error| Problem::internal("write the answer", &error))
}

fn respond(found: Found, permit: OwnedSemaphorePermit) -> Result<Response, InvalidHeaderValue> {
    let Found { records, outcome, cursor } = found;
    let figures = figures(&outcome, cursor)?;
    let mut response = match outcome.table {
        None => {
            let mut records = records.into_iter();
            lines(permit, move |chunk| records.next().map(|record| push_record(&record.as_record(), chunk)))
        }
        Some(table) => {
            let mut rows = table.rows.into_iter();
            lines(permit, move |chunk| rows.next().map(|row| push_row(&table.columns, &row, chunk)))
        }
    };
    response.headers_mut().extend(figures);
    Ok(response)
}

/// A body whose lines are written when the client takes them.
fn lines(
    permit: OwnedSemaphorePermit,
    mut next: impl FnMut(&mut Vec<u8>) -> Option<()> + Send + Unpin + 'static,
) -> Response {
    let body = PulledBody(move || {
        let _held = &permit;
        let mut chunk = Vec::new();
        while chunk.len() < limits::CHUNK_BYTES && next(&mut chunk).is_some() {
            chunk.push(b'\n');
        }
        (!chunk.is_empty()).then(|| Bytes::from(chunk))
    });
    Response::new(Body::new(body))
}

fn figures(outcome: &SearchOutcome, cursor: Cursor) -> Result<HeaderMap, InvalidHeaderValue> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert("logboom-scanned-records", outcome.scanned_records.into());
    headers.insert("logboom-scanned-bytes", outcome.scanned_bytes.into());
    headers.insert("logboom-more", HeaderValue::from_static(if outcome.more { "true" } else { "false" }));
    headers.insert("logboom-cursor", cursor.to_string().try_into()?);
    Ok(headers)
}
