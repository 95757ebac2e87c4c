//! How many matches there are in each interval of time, for each value of a field: the bars above the lines.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use logboom_store::Snapshot;
use serde::Serialize;

use crate::access::Access;
use crate::ast::Query;
use crate::engine::{Scope, bars};
use crate::search::SearchError;

/// What is counted.
#[derive(Debug, Clone)]
pub struct HistogramRequest {
    /// Which records; pipes of the query do not count.
    pub query: Query,
    /// First event time, nanoseconds since the Unix epoch; `i64::MIN` for the log's first.
    pub since: i64,
    /// First event time that is too late; the log's last when absent.
    pub until: Option<i64>,
    /// How wide a bar is.
    pub interval: HistogramInterval,
    /// A field, as in the language; its values are the series. One series of all when absent.
    pub by: Option<String>,
    /// What may be seen.
    pub access: Access,
    /// Threads that read; 0 for what the machine has.
    pub threads: usize,
    /// After this it ends with what it has, and says so.
    pub timeout: Option<Duration>,
}

/// How wide a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistogramInterval {
    /// So many nanoseconds.
    Nanos(i64),
    /// A round interval that gives at most so many bars.
    Bars(usize),
}

/// Counts for each interval.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Histogram {
    /// Where the first bar begins, nanoseconds since the Unix epoch, a multiple of the interval.
    pub start: i64,
    /// Width of a bar in nanoseconds.
    pub interval: i64,
    /// How many bars there are; every series has so many counts.
    pub bars: usize,
    /// Severities from trace to fatal; other values by their totals, the largest first.
    pub series: Vec<HistogramSeries>,
    /// Matches in all bars.
    pub total: u64,
    /// Whether the counts are those of every record in the range, which they are unless it is `incomplete`.
    pub exact: bool,
    /// Whether no record had to be read.
    pub from_index: bool,
    /// Why this is not everything, in words; absent when it is.
    pub incomplete: Option<String>,
}

/// The bars of one value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct HistogramSeries {
    /// The value; absent for records without the field.
    pub name: Option<String>,
    /// Matches in each bar.
    pub counts: Vec<u64>,
    /// All of them.
    pub total: u64,
    /// Whether these are the values beyond [`crate::limits::HISTOGRAM_SERIES_MAX`] together.
    pub is_rest: bool,
}

/// Counts. Errors are a field or an interval that makes no sense, or more than
/// [`crate::limits::HISTOGRAM_BARS_MAX`] bars.
pub fn histogram(
    snapshot: &Snapshot,
    request: &HistogramRequest,
    cancel: &AtomicBool,
) -> Result<Histogram, SearchError> {
    let scope = Scope::new(&request.query, request.since, request.until, &request.access, cancel)
        .with_threads(request.threads)
        .with_timeout(request.timeout);
    bars::count(snapshot, &scope, request)
}
