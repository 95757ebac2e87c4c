//! `/api/v1/{histogram,facets,complete,context}`: what the page asks besides a search, each one call.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{StatusCode, Uri};
use logboom_model::format_rfc3339;
use logboom_query::limits::{HISTOGRAM_BARS_MAX, QUERY_BYTES_MAX};
use logboom_query::{
    Access, CompleteRequest, ContextRequest, ContextScope, FacetsRequest, Histogram, HistogramInterval,
    HistogramRequest, complete, context, facets, histogram,
};
use serde_json::json;

use crate::answer::{Problem, json_response};
use crate::ask::{ask, turn};
use crate::limits;
use crate::ndjson::push_record;
use crate::params::Params;
use crate::search::{Range, now, patience, range};
use crate::state::Shared;

/// `GET /api/v1/histogram?query=&since=&until=&interval=|bars=&by=&timeout_seconds=`.
pub(crate) async fn histogram_of(State(state): State<Shared>, uri: Uri) -> Result<Response, Problem> {
    let known = &["query", "since", "until", "interval", "bars", "by", "timeout_seconds"];
    let params = Params::parse(uri.query(), known)?;
    let Range { query, since, until } = range(&params, now())?;
    let request = HistogramRequest {
        query,
        // From the epoch on means from the log's first line on, without half a century of empty bars.
        since: if since <= 0 { i64::MIN } else { since },
        until,
        interval: interval(&params)?,
        by: params.get("by").map(str::to_owned),
        access: Access::all(),
        threads: 0,
        timeout: Some(patience(&params, state.limits.search_timeout)?),
    };
    let permit = turn(&state).await?;
    let (found, _permit) =
        ask(&state, permit, move |snapshot, cancel| histogram(snapshot, &request, cancel)).await?;
    Ok(json_response(&histogram_json(&found)))
}

fn interval(params: &Params) -> Result<HistogramInterval, Problem> {
    match (params.span_nanos("interval")?, params.count("bars", HISTOGRAM_BARS_MAX)?) {
        (Some(_), Some(_)) => Err(Problem::bad_request("give `interval` or `bars`, not both")),
        (Some(nanos), None) => Ok(HistogramInterval::Nanos(nanos)),
        (None, bars) => Ok(HistogramInterval::Bars(bars.unwrap_or(limits::BARS_DEFAULT))),
    }
}

/// Times as in every other answer: RFC 3339, and spans in milliseconds.
fn histogram_json(found: &Histogram) -> serde_json::Value {
    json!({
        "start": format_rfc3339(found.start),
        "interval_ms": found.interval as f64 / 1e6,
        "bars": found.bars,
        "series": found.series,
        "total": found.total,
        "exact": found.exact,
        "from_index": found.from_index,
        "incomplete": found.incomplete,
    })
}

/// `GET /api/v1/facets?fields=a,b&query=&since=&until=&limit=&timeout_seconds=`.
pub(crate) async fn facets_of(State(state): State<Shared>, uri: Uri) -> Result<Response, Problem> {
    let known = &["fields", "query", "since", "until", "limit", "timeout_seconds"];
    let params = Params::parse(uri.query(), known)?;
    let Range { query, since, until } = range(&params, now())?;
    let fields = params.get("fields").unwrap_or_default().split(',').filter(|name| !name.is_empty());
    let (default, most) = limits::FACET_VALUES;
    let request = FacetsRequest {
        query,
        since,
        until,
        fields: fields.map(str::to_owned).collect(),
        limit: params.count("limit", most)?.unwrap_or(default),
        access: Access::all(),
        threads: 0,
        timeout: Some(patience(&params, state.limits.search_timeout)?),
    };
    if request.fields.is_empty() {
        return Err(Problem::bad_request("`fields` is missing").hint("such as fields=severity,container"));
    }
    let permit = turn(&state).await?;
    let (found, _permit) =
        ask(&state, permit, move |snapshot, cancel| facets(snapshot, &request, cancel)).await?;
    Ok(json_response(&json!({ "facets": found })))
}

/// `GET /api/v1/complete?text=&at=&limit=`.
pub(crate) async fn complete_at(State(state): State<Shared>, uri: Uri) -> Result<Response, Problem> {
    let params = Params::parse(uri.query(), &["text", "at", "limit"])?;
    let text = params.get("text").unwrap_or_default().to_owned();
    if text.len() > QUERY_BYTES_MAX {
        return Err(Problem::bad_request(format!("a query has at most {QUERY_BYTES_MAX} bytes")));
    }
    let at = params.number("at")?.unwrap_or(text.len());
    if !text.is_char_boundary(at) {
        let message = format!("`at` must be a place in `text`, in bytes: 0 to {}", text.len());
        return Err(Problem::bad_request(message));
    }
    let (default, most) = limits::SUGGESTIONS;
    let limit = params.count("limit", most)?.unwrap_or(default);
    let request = CompleteRequest { text, at, limit, access: Access::all() };
    let permit = turn(&state).await?;
    let (found, _permit) =
        ask(&state, permit, move |snapshot, cancel| complete(snapshot, &request, cancel)).await?;
    Ok(json_response(&json!({ "suggestions": found })))
}

/// `GET /api/v1/context?seq=&before=&after=&scope=resource|all`.
pub(crate) async fn context_of(State(state): State<Shared>, uri: Uri) -> Result<Response, Problem> {
    let params = Params::parse(uri.query(), &["seq", "before", "after", "scope", "timeout_seconds"])?;
    let Some(seq) = params.number("seq")? else {
        return Err(Problem::bad_request("`seq` is missing").hint("it is the number of a record"));
    };
    let lines = |name| {
        let asked: Option<usize> = params.number(name)?;
        Ok(asked.unwrap_or(limits::CONTEXT_LINES_DEFAULT).min(limits::CONTEXT_LINES_MAX))
    };
    let request = ContextRequest {
        seq,
        before: lines("before")?,
        after: lines("after")?,
        scope: match params.get("scope") {
            None | Some("resource") => ContextScope::Resource,
            Some("all") => ContextScope::All,
            Some(_) => return Err(Problem::bad_request("`scope` must be `resource` or `all`")),
        },
        access: Access::all(),
        timeout: Some(patience(&params, state.limits.search_timeout)?),
    };
    let permit = turn(&state).await?;
    let (found, _permit) =
        ask(&state, permit, move |snapshot, cancel| context(snapshot, &request, cancel)).await?;
    if found.is_empty() {
        let message = format!("there is no record {seq}");
        let problem = Problem::new(StatusCode::NOT_FOUND, message);
        return Err(problem.hint("it may have been evicted; status names the oldest that is left"));
    }
    let mut lines = Vec::new();
    for record in &found {
        push_record(&record.as_record(), &mut lines);
        lines.push(b'\n');
    }
    let kind = [(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))];
    Ok((kind, Bytes::from(lines)).into_response())
}
