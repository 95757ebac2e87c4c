//! The records around one.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use logboom_model::Resource;
use logboom_store::{Columns, Snapshot};

use super::Scope;
use super::hits::{Wanted, find as find_hits};
use super::order::Order;
use crate::access::Access;
use crate::ast::Query;
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
    let everything = crate::parse("*").map_err(|error| SearchError::Refused(error.to_string()))?;
    let scope =
        Scope::new(&everything, i64::MIN, None, &request.access, cancel).with_timeout(request.timeout);
    let Some(hit) = record(snapshot, &scope, request.seq)? else { return Ok(Vec::new()) };
    let access = access_to(request, &hit);
    let sides = Sides { snapshot, scope: &scope, access: &access, query: &everything, hit: &hit };
    let mut records = sides.side(Order::Newest, request.before)?;
    records.reverse();
    let after = sides.side(Order::Oldest, request.after)?;
    records.push(hit);
    records.extend(after);
    Ok(records)
}

/// The record of a seq, if it may be seen.
fn record(snapshot: &Snapshot, scope: &Scope<'_>, seq: u64) -> Result<Option<OwnedRecord>, SearchError> {
    let seqs: Range<u64> = seq..seq.saturating_add(1);
    for part in snapshot.parts(i64::MIN..i64::MAX, seqs) {
        let part = part.open()?;
        for index in 0..part.block_count() {
            scope.check_cancel()?;
            let block = part.block(index);
            if seq < block.seqs.0 || seq > block.seqs.1 {
                continue;
            }
            // Seqs come without any column; the columns only where the seq is.
            let mut batches = part.load(index, &Columns::default())?;
            let mut row = place(&batches, seq);
            if row.is_some() && block.resources.is_some() {
                batches = part.load(index, &Columns::all())?;
                row = place(&batches, seq);
            }
            let found = row.and_then(|(batch, row)| Some((batches.get(batch)?, row)));
            if let Some((batch, row)) = found {
                let is_seen = scope.access.allows(batch.resource());
                return Ok(is_seen.then(|| OwnedRecord::new(&batch.record(row), batch.resource())));
            }
        }
    }
    Ok(None)
}

/// The batch and row of a seq.
fn place(batches: &[logboom_model::Batch], seq: u64) -> Option<(usize, usize)> {
    batches.iter().enumerate().find_map(|(index, batch)| {
        if seq < batch.first_seq() || seq >= batch.end_seq() {
            return None;
        }
        (0..batch.len()).find(|&row| batch.seq(row) == seq).map(|row| (index, row))
    })
}

/// What may be seen, and is the same container's where only that is asked for.
fn access_to(request: &ContextRequest, hit: &OwnedRecord) -> Access {
    let (access, of) = (request.access.clone(), hit.resource.clone());
    match request.scope {
        ContextScope::All => access,
        ContextScope::Resource => {
            Access::by(Arc::new(move |resource| is_same_source(&of, resource) && access.allows(resource)))
        }
    }
}

/// A container stays what it is when it is renamed.
fn is_same_source(one: &Resource, two: &Resource) -> bool {
    let container = one.container_id();
    one.id() == two.id() || (!container.is_empty() && container == two.container_id())
}

struct Sides<'a> {
    snapshot: &'a Snapshot,
    scope: &'a Scope<'a>,
    access: &'a Access,
    query: &'a Query,
    hit: &'a OwnedRecord,
}

impl Sides<'_> {
    /// So many records on one side, the nearest first.
    fn side(&self, order: Order, limit: usize) -> Result<Vec<OwnedRecord>, SearchError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let times = match order {
            Order::Newest => i64::MIN..self.hit.time.saturating_add(1),
            Order::Oldest => self.hit.time..i64::MAX,
        };
        let scope = Scope { times, access: self.access, query: self.query, ..self.scope.clone() };
        let behind = Some(order.of(self.hit.time, self.hit.seq));
        let mut records = Vec::new();
        let outcome = find_hits(self.snapshot, &scope, Wanted { order, limit, behind }, &mut |event| {
            if let SearchEvent::Records(more) = event {
                records.extend(more);
            }
        })?;
        match outcome.incomplete {
            Some(reason) => Err(SearchError::TimedOut(reason)),
            None => Ok(records),
        }
    }
}
