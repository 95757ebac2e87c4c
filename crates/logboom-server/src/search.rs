//! `/api/v1/search`: one question over a snapshot of the log, answered as NDJSON, oldest first.
//!
//! The scan runs on a blocking thread and stops when its client goes away. A permit is held from the scan until the
//! client has the last line, so that the hits held in memory are bounded too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, InvalidHeaderValue};
use hyper::{StatusCode, Uri};
use logboom_model::{Cursor, StoreId};
use logboom_query::limits::SEARCH_LIMIT_MAX;
use logboom_query::{OwnedRecord, Query, SearchRequest, parse, parse_time, search as query_search};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::answer::Problem;
use crate::channel::PulledBody;
use crate::limits;
use crate::ndjson::push_record;
use crate::params::Params;
use crate::state::Shared;

/// What a search found, and where its snapshot ended: a tail from `last_seq` on misses and doubles nothing.
pub(crate) struct Found {
    /// Oldest first.
    pub records: Vec<OwnedRecord>,
    /// Rows looked at.
    pub scanned_records: u64,
    /// Bytes looked at.
    pub scanned_bytes: u64,
    /// Whether there are older hits.
    pub more: bool,
    /// The log.
    pub store_id: StoreId,
    /// Last durable seq of the snapshot; 0 when there was none.
    pub last_seq: u64,
}

/// `GET /api/v1/search?query=&since=&until=&limit=`.
pub(crate) async fn search(State(state): State<Shared>, uri: Uri) -> Result<Response, Problem> {
    let params = Params::parse(uri.query(), &["query", "since", "until", "limit"])?;
    let request = request(&params, now())?;
    let permit =
        match timeout(state.limits.search_queue_timeout, state.searches.clone().acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            _ => return Err(busy()),
        };
    let (found, permit) = find(&state, request, permit).await?;
    answer(found, permit).map_err(|error| Problem::internal("write the answer", &error))
}

/// Runs a search; it is cancelled when the returned future is dropped.
pub(crate) async fn find(
    state: &Shared,
    request: SearchRequest,
    permit: OwnedSemaphorePermit,
) -> Result<(Found, OwnedSemaphorePermit), Problem> {
    let cancel = CancelOnDrop::default();
    let (store, flag) = (state.context.store.clone(), cancel.0.clone());
    let scan = tokio::task::spawn_blocking(move || {
        let snapshot = store.snapshot();
        let result = query_search(&snapshot, &request, &flag, &mut |_| {})?;
        let found = Found {
            records: result.records,
            scanned_records: result.scanned_records,
            scanned_bytes: result.scanned_bytes,
            more: result.more,
            store_id: snapshot.store_id(),
            last_seq: snapshot.seqs().end.saturating_sub(1),
        };
        Ok::<_, logboom_query::SearchError>((found, permit))
    });
    match timeout(state.limits.search_timeout, scan).await {
        Ok(Ok(Ok(found))) => Ok(found),
        Ok(Ok(Err(error))) => Err(Problem::internal("search", &error)),
        Ok(Err(error)) => Err(Problem::internal("search", &error)),
        Err(_) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the search took too long")
            .hint("narrow the time range with since and until")),
    }
}

/// Reads the parameters of a search.
pub(crate) fn request(params: &Params, now: i64) -> Result<SearchRequest, Problem> {
    let since = time(params, "since", now)?;
    let since = match since {
        Some(since) => since,
        None => parse_time(limits::SEARCH_SINCE_DEFAULT, now).unwrap_or(i64::MIN),
    };
    let until = time(params, "until", now)?;
    if until.is_some_and(|until| until <= since) {
        return Err(Problem::bad_request("`until` is not after `since`").hint("since defaults to 24h ago"));
    }
    let limit = params.count("limit", SEARCH_LIMIT_MAX)?.unwrap_or(limits::SEARCH_LIMIT_DEFAULT);
    Ok(SearchRequest { query: query(params)?, since, until, limit })
}

/// The `query` parameter; absent matches everything.
pub(crate) fn query(params: &Params) -> Result<Query, Problem> {
    parse(params.get("query").unwrap_or_default()).map_err(|error| {
        let problem = Problem::bad_request(error.message).at(error.at);
        match error.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    })
}

/// A time parameter.
pub(crate) fn time(params: &Params, name: &str, now: i64) -> Result<Option<i64>, Problem> {
    let Some(text) = params.get(name) else { return Ok(None) };
    parse_time(text, now).map(Some).map_err(|error| Problem::bad_request(format!("`{name}`: {error}")))
}

/// Nanoseconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX)
}

fn busy() -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many searches are running").retry_after(1)
}

fn answer(found: Found, permit: OwnedSemaphorePermit) -> Result<Response, InvalidHeaderValue> {
    let Found { records, scanned_records, scanned_bytes, more, store_id, last_seq } = found;
    let mut records = records.into_iter();
    let body = PulledBody(move || {
        let _held = &permit;
        let mut chunk = Vec::new();
        while chunk.len() < limits::CHUNK_BYTES {
            let Some(record) = records.next() else { break };
            push_record(&record.as_record(), &mut chunk);
            chunk.push(b'\n');
        }
        (!chunk.is_empty()).then(|| Bytes::from(chunk))
    });
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert("logboom-scanned-records", scanned_records.into());
    headers.insert("logboom-scanned-bytes", scanned_bytes.into());
    headers.insert("logboom-more", HeaderValue::from_static(if more { "true" } else { "false" }));
    headers.insert("logboom-cursor", Cursor { store_id, seq: last_seq }.to_string().try_into()?);
    Ok(response)
}

/// Tells the scan that nobody waits for it any more.
#[derive(Default)]
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
