//! The most frequent values of fields among the matches, with their counts.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use logboom_store::Snapshot;
use serde::Serialize;

use crate::access::Access;
use crate::ast::Query;
use crate::engine::{Scope, values};
use crate::search::SearchError;

/// What is counted.
#[derive(Debug, Clone)]
pub struct FacetsRequest {
    /// Which records; pipes of the query do not count.
    pub query: Query,
    /// First event time, nanoseconds since the Unix epoch.
    pub since: i64,
    /// First event time that is too late; without end when absent.
    pub until: Option<i64>,
    /// Fields as in the language, at most [`crate::limits::FACETS_MAX`].
    pub fields: Vec<String>,
    /// How many values of each are told.
    pub limit: usize,
    /// What may be seen.
    pub access: Access,
    /// Threads that read; 0 for what the machine has.
    pub threads: usize,
    /// After this it ends with what it has, and says so.
    pub timeout: Option<Duration>,
}

/// The values of one field.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Facet {
    /// The field as it was asked for.
    pub field: String,
    /// The most frequent first; equals in order of their text.
    pub values: Vec<FacetValue>,
    /// Matches with values that are not told.
    pub other: u64,
    /// Matches without the field.
    pub missing: u64,
    /// How many values there are. From [`crate::limits::FACET_VALUES_MAX`] on, a value that came late may be missing
    /// among the most frequent.
    pub distinct: u64,
    /// Why this is not everything, in words; absent when it is.
    pub incomplete: Option<String>,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FacetValue {
    /// Its text.
    pub value: String,
    /// Matches that have it.
    pub count: u64,
}

/// Counts.
pub fn facets(
    snapshot: &Snapshot,
    request: &FacetsRequest,
    cancel: &AtomicBool,
) -> Result<Vec<Facet>, SearchError> {
    let scope = Scope::new(&request.query, request.since, request.until, &request.access, cancel)
        .with_threads(request.threads)
        .with_timeout(request.timeout);
    values::count(snapshot, &scope, &request.fields, request.limit)
}
