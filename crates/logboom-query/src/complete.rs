//! What could stand at a place of a query: names of fields, their values, operators and pipes.

use std::sync::atomic::AtomicBool;

use logboom_store::Snapshot;
use serde::Serialize;

use crate::access::Access;
use crate::engine::suggest;
use crate::limits;
use crate::search::SearchError;

/// Which place.
#[derive(Debug, Clone)]
pub struct CompleteRequest {
    /// The query so far.
    pub text: String,
    /// Where the cursor stands, in bytes.
    pub at: usize,
    /// How many suggestions.
    pub limit: usize,
    /// What may be seen.
    pub access: Access,
}

/// What a suggestion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SuggestionKind {
    /// The name of a field, with what follows it.
    Field,
    /// A value of the field before it.
    Value,
    /// `AND`, `OR`, `NOT`.
    Keyword,
    /// What may stand behind `|`.
    Pipe,
}

/// Something that could stand there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What replaces the text from `from` to the cursor.
    pub insert: String,
    /// Where the replaced text begins, in bytes.
    pub from: usize,
    /// What a person reads.
    pub label: String,
    /// What it is.
    pub kind: SuggestionKind,
    /// How many records have it, where that is known.
    pub count: Option<u64>,
}

/// Suggests, the likeliest first. A place inside of a phrase or an expression has no suggestions.
pub fn complete(
    snapshot: &Snapshot,
    request: &CompleteRequest,
    cancel: &AtomicBool,
) -> Result<Vec<Suggestion>, SearchError> {
    let mut suggestions = suggest::suggest(snapshot, request, cancel)?;
    suggestions.truncate(request.limit.min(limits::SUGGESTIONS_MAX));
    Ok(suggestions)
}
