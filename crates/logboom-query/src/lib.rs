//! The query language of logboom, and search over the local log.
//!
//! The tour: [`parse`] reads one line of text ([`Query`]; the grammar is `docs/query-language.md`),
//! [`Query::matcher`] makes it executable, [`Matcher::matches`] tests one record (the live tail, a sink's `where`),
//! [`Matcher::retain`] a batch at a time, [`Pipeline`] makes a [`Table`] of what matched, and [`search`] finds the newest
//! matches, or fills the table, in a snapshot of the store.
//!
//! Architecture invariant: parsing, matching and pipes know nothing of the store but which columns and counts it can
//! give; only the search opens it.
//! Architecture invariant: no text of a query and no bytes of a record make any of it panic, recurse without
//! bound, or take more than linear time in the record.

mod access;
mod ast;
mod attributes;
mod complete;
mod context;
mod engine;
mod error;
mod facets;
mod field;
mod histogram;
mod json;
mod kept;
pub mod limits;
mod matcher;
mod needle;
mod number;
mod parser;
mod pipe;
mod plan;
mod probe_of;
mod record_text;
mod search;
mod selection;
mod term;
mod time_text;
mod whole_value;

pub use access::{Access, AccessRule};
pub use ast::Query;
pub use complete::{CompleteRequest, Suggestion, SuggestionKind, complete};
pub use context::{ContextRequest, ContextScope, context};
pub use error::QueryError;
pub use facets::{Facet, FacetValue, FacetsRequest, facets};
pub use histogram::{Histogram, HistogramInterval, HistogramRequest, HistogramSeries, histogram};
pub use kept::OwnedRecord;
pub use matcher::Matcher;
pub use parser::{parse, parse_filter};
pub use pipe::{PipeLimits, Pipeline, Table, Value};
pub use search::{SearchError, SearchEvent, SearchOutcome, SearchProgress, SearchRequest, collect, search};
pub use selection::Selection;
pub use time_text::{TimeTextError, parse_time};
