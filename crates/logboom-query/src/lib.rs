//! The query language of logboom, and search over the local log.
//!
//! The tour: [`parse`] reads one line of text ([`Query`]; the grammar is `docs/query-language.md`),
//! [`Query::matcher`] makes it executable, [`Matcher::matches`] tests one record (the live tail, a sink's `where`),
//! [`Matcher::retain`] a batch at a time, and [`search`] finds the newest matches in a snapshot of the store.
//!
//! Architecture invariant: parsing and matching know nothing of the store; only `search` does.
//! Architecture invariant: no text of a query and no bytes of a record make any of it panic, recurse without
//! bound, or take more than linear time in the record.

mod ast;
mod attributes;
mod error;
mod field;
mod json;
mod kept;
pub mod limits;
mod logfmt;
mod matcher;
mod needle;
mod number;
mod parser;
mod plan;
mod record_text;
mod search;
mod selection;
mod term;
mod time_text;
mod whole_value;

pub use ast::Query;
pub use error::QueryError;
pub use kept::OwnedRecord;
pub use matcher::Matcher;
pub use parser::parse;
pub use search::{SearchError, SearchProgress, SearchRequest, SearchResult, search};
pub use selection::Selection;
pub use time_text::{TimeTextError, parse_time};
