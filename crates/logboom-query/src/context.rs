//! What stands around a record: the lines before and after it, of its container or of all.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use logboom_store::Snapshot;

use crate::access::Access;
use crate::engine::around;
use crate::kept::OwnedRecord;
use crate::search::SearchError;

/// Around which record.
#[derive(Debug, Clone)]
pub struct ContextRequest {
    /// Its number in the log.
    pub seq: u64,
    /// How many records before it.
    pub before: usize,
    /// How many after it.
    pub after: usize,
    /// Whose.
    pub scope: ContextScope,
    /// What may be seen.
    pub access: Access,
    /// After this it ends with [`SearchError::TimedOut`].
    pub timeout: Option<Duration>,
}

/// Whose records are the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContextScope {
    /// Those of what produced the record: the same container, or the same resource where there is none.
    Resource,
    /// Everybody's.
    All,
}

/// The record with its context, oldest first by (event time, seq); empty when there is no such record, or it may not
/// be seen.
pub fn context(
    snapshot: &Snapshot,
    request: &ContextRequest,
    cancel: &AtomicBool,
) -> Result<Vec<OwnedRecord>, SearchError> {
    around::find(snapshot, request, cancel)
}
