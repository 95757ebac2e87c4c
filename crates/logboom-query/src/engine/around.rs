//! The records around one.

use std::sync::atomic::AtomicBool;

use logboom_store::Snapshot;

use super::{Scope, hits};
use crate::context::{ContextRequest, ContextScope};
use crate::kept::OwnedRecord;
use crate::limits;
use crate::search::{SearchError, SearchEvent};

/// Finds them.
pub(crate) fn find(
    snapshot: &Snapshot,
    request: &ContextRequest,
    cancel: &AtomicBool,
) -> Result<Vec<OwnedRecord>, SearchError> {
    let wanted = request.before.saturating_add(request.after);
    if wanted > limits::SEARCH_LIMIT_MAX {
        return Err(SearchError::LimitTooLarge { limit: wanted });
    }
    let query = crate::parse("*").map_err(|error| SearchError::Refused(error.to_string()))?;
    let scope = Scope::new(&query, i64::MIN, None, &request.access, cancel).with_timeout(request.timeout);
    let mut all = Vec::new();
    hits::search(snapshot, &scope, usize::MAX, &mut |event| {
        if let SearchEvent::Records(records) = event {
            all.extend(records);
        }
    })?;
    all.reverse();
    let Some(hit) = all.iter().find(|record| record.seq == request.seq).cloned() else {
        return Ok(Vec::new());
    };
    all.retain(|record| request.scope == ContextScope::All || record.resource == hit.resource);
    let Some(at) = all.iter().position(|record| record.seq == hit.seq) else { return Ok(Vec::new()) };
    let range = at.saturating_sub(request.before)..(at + 1 + request.after).min(all.len());
    Ok(all.drain(range).collect())
}
