//! The parameters that all questions to the log have: which records, and of which time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use logboom_query::limits::SEARCH_LIMIT_MAX;
use logboom_query::{Access, Query, QueryError, SearchRequest, parse, parse_filter, parse_time};

use crate::answer::Problem;
use crate::limits;
use crate::params::Params;

/// Which records, as asked for.
pub(crate) struct Range {
    /// What they are.
    pub query: Query,
    /// First event time, nanoseconds since the Unix epoch.
    pub since: i64,
    /// First event time that is too late.
    pub until: Option<i64>,
}

/// Reads `query`, `since` and `until`. Without `since` it is a day, or everything where the query names one record by
/// its `seq`: a link to a line outlives the day.
pub(crate) fn range(params: &Params, now: i64) -> Result<Range, Problem> {
    let query = query(params)?;
    let since = match time(params, "since", now)? {
        Some(since) => since,
        None if names_one(&query) => i64::MIN,
        None => parse_time(limits::SEARCH_SINCE_DEFAULT, now).unwrap_or(i64::MIN),
    };
    let until = time(params, "until", now)?;
    if until.is_some_and(|until| until <= since) {
        return Err(Problem::bad_request("`until` is not after `since`").hint("since defaults to 24h ago"));
    }
    Ok(Range { query, since, until })
}

fn names_one(query: &Query) -> bool {
    let seqs = query.seqs();
    seqs.end.saturating_sub(seqs.start) == 1
}

/// Reads the parameters of a search.
pub(crate) fn request(params: &Params, now: i64, longest: Duration) -> Result<SearchRequest, Problem> {
    let Range { query, since, until } = range(params, now)?;
    let limit = params.count("limit", SEARCH_LIMIT_MAX)?.unwrap_or(limits::SEARCH_LIMIT_DEFAULT);
    let timeout = Some(patience(params, longest)?);
    Ok(SearchRequest { query, since, until, limit, access: Access::all(), threads: 0, timeout })
}

/// Reads `timeout_seconds`: how long the client wants to wait, and never longer than the server's own limit.
pub(crate) fn patience(params: &Params, longest: Duration) -> Result<Duration, Problem> {
    let most = usize::try_from(longest.as_secs()).unwrap_or(usize::MAX).max(1);
    let asked = params.count("timeout_seconds", most)?;
    Ok(asked.map_or(longest, |seconds| Duration::from_secs(seconds as u64)))
}

/// The `query` parameter of what takes records one by one: without pipes. Absent matches everything.
pub(crate) fn filter(params: &Params) -> Result<Query, Problem> {
    parse_filter(params.get("query").unwrap_or_default()).map_err(mistake)
}

/// The `query` parameter; absent matches everything.
fn query(params: &Params) -> Result<Query, Problem> {
    parse(params.get("query").unwrap_or_default()).map_err(mistake)
}

fn mistake(error: QueryError) -> Problem {
    let problem = Problem::bad_request(error.message).at(error.at);
    match error.hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// A time parameter.
fn time(params: &Params, name: &str, now: i64) -> Result<Option<i64>, Problem> {
    let Some(text) = params.get(name) else { return Ok(None) };
    parse_time(text, now).map(Some).map_err(|error| Problem::bad_request(format!("`{name}`: {error}")))
}

/// Nanoseconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX)
}
