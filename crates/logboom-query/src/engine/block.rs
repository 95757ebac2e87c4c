//! One block: counted by its index, or loaded and matched row by row.

use logboom_model::Batch;
use logboom_store::{BlockCount, BlockSet, BlockView, Columns, OpenPart, ReadError};

use super::Scope;
use super::needs::{Needs, unite};
use super::open::Pruner;
use super::queue::BlockTask;
use super::run::Worker;
use super::verdict::{Cell, Judge};
use crate::kept::OwnedRecord;
use crate::matcher::Matcher;
use crate::selection::Selection;

/// Reads blocks on one thread.
pub(crate) struct BlockReader<'a> {
    scope: &'a Scope<'a>,
    pruner: Pruner<'a>,
    needs: Needs,
    judge: Judge,
    matcher: Matcher,
}

/// What became of a block.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BlockRead {
    /// Whether rows were loaded.
    pub(crate) was_read: bool,
    pub(crate) records: u64,
    pub(crate) body_bytes: u64,
}

/// The matches of a block.
pub(crate) struct Found<'a> {
    /// Batches with at least one match each, and which rows these are.
    pub(crate) batches: &'a [(Batch, Selection)],
    task: &'a BlockTask,
    /// Which columns of the batches are there.
    columns: Columns,
}

/// What the counts of a block say.
enum Counted {
    /// Nothing matches.
    Nothing,
    /// These are the matches.
    Matches(Vec<BlockCount>),
    /// The rows must be asked.
    Unknown,
}

impl<'a> BlockReader<'a> {
    /// Prepares it.
    pub(crate) fn new(scope: &'a Scope<'a>) -> Self {
        Self {
            scope,
            pruner: Pruner::new(scope),
            needs: Needs::of(scope.query),
            judge: Judge::new(scope.query),
            matcher: scope.query.matcher(),
        }
    }

    /// The blocks of a part that may hold a match.
    pub(crate) fn prune(&mut self, part: &OpenPart) -> Result<BlockSet, ReadError> {
        self.pruner.blocks(part, &mut self.judge)
    }

    /// Counts or reads a block for a worker.
    pub(crate) fn read<W: Worker>(
        &mut self,
        task: &BlockTask,
        worker: &mut W,
    ) -> Result<BlockRead, ReadError> {
        let view = task.part.block(task.index);
        if worker.counts() || self.needs.columns.severity {
            match self.counted(task, &view) {
                Counted::Nothing => return Ok(BlockRead::default()),
                Counted::Matches(counts) if worker.counts() && worker.count(&counts) => {
                    return Ok(BlockRead::default());
                }
                Counted::Matches(_) | Counted::Unknown => {}
            }
        }
        let columns = self.columns(&view, &worker.needs());
        let mut read = BlockRead { was_read: true, ..BlockRead::default() };
        let mut found = Vec::new();
        for batch in task.part.load(task.index, &columns)? {
            if !self.scope.access.allows(batch.resource()) {
                continue;
            }
            read.records += batch.len() as u64;
            read.body_bytes += batch.columns().body.len() as u64;
            let rows = self.matches(&batch, &view);
            if !rows.is_empty() {
                found.push((batch, rows));
            }
        }
        if !found.is_empty() {
            worker.accept(&Found { batches: &found, task, columns })?;
        }
        Ok(read)
    }

    fn matches(&mut self, batch: &Batch, view: &BlockView<'_>) -> Selection {
        let mut rows = Selection::default();
        rows.reset(batch.len(), true);
        if !self.is_inside(view) {
            let times = &self.scope.times;
            rows.retain(|row| times.contains(&batch.columns().times[row]));
        }
        if !rows.is_empty() {
            self.matcher.retain(batch, &mut rows);
        }
        rows
    }

    /// Whether the times asked for leave all of the block.
    fn is_inside(&self, view: &BlockView<'_>) -> bool {
        self.scope.times.start <= view.times.0 && view.times.1 < self.scope.times.end
    }

    /// The columns to load: those of the tests that this block's resources leave open, and the worker's.
    fn columns(&self, view: &BlockView<'_>, of_worker: &Columns) -> Columns {
        // What says nothing of its resources before it is loaded is the journal, which gives every column.
        let Some(resources) = view.resources else { return Columns::all() };
        let mut columns = self.needs.columns.clone();
        columns.time |= !self.is_inside(view);
        unite(&mut columns, of_worker);
        for field in &self.needs.fields {
            if resources.iter().any(|resource| field.value_in(resource).is_none()) {
                unite(&mut columns, &super::needs::of_attribute(field));
            }
        }
        columns
    }

    fn counted(&mut self, task: &BlockTask, view: &BlockView<'_>) -> Counted {
        let Some(mut counts) = task.part.counts(task.index) else { return Counted::Unknown };
        let mut is_known = true;
        counts.retain(|count| match self.judge(count, view) {
            Some(matches) => matches,
            None => {
                is_known = false;
                true
            }
        });
        match (counts.is_empty(), is_known) {
            (true, _) => Counted::Nothing,
            (false, true) => Counted::Matches(counts),
            (false, false) => Counted::Unknown,
        }
    }

    fn judge(&mut self, count: &BlockCount, view: &BlockView<'_>) -> Option<bool> {
        if !self.scope.access.allows(&count.resource) {
            return Some(false);
        }
        let first = count.minute.saturating_mul(NANOS_PER_MINUTE);
        let last = first.saturating_add(NANOS_PER_MINUTE - 1);
        let times = (first.max(view.times.0), last.min(view.times.1));
        let cell = Cell { resource: &count.resource, severity: Some(count.severity), times, seqs: view.seqs };
        let in_time = {
            let asked = &self.scope.times;
            if times.1 < asked.start || times.0 >= asked.end {
                Some(false)
            } else {
                (asked.start <= times.0 && times.1 < asked.end).then_some(true)
            }
        };
        match (in_time, self.judge.of(&cell)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }
}

const NANOS_PER_MINUTE: i64 = 60_000_000_000;

impl Found<'_> {
    /// Whole records of some rows: (batch, row). Columns that finding them did not need are loaded now.
    pub(crate) fn records(&self, picks: &[(usize, usize)]) -> Result<Vec<OwnedRecord>, ReadError> {
        let missing = self.missing();
        let is_whole = missing == Columns::default();
        let rest = if is_whole { Vec::new() } else { self.task.part.load(self.task.index, &missing)? };
        let records = picks.iter().filter_map(|&(batch, row)| {
            let (batch, _) = self.batches.get(batch)?;
            if is_whole {
                return Some(OwnedRecord::new(&batch.record(row), batch.resource()));
            }
            // Absent when it was evicted between the two reads.
            let rest = rest.iter().find(|rest| {
                rest.first_seq() == batch.first_seq()
                    && rest.len() == batch.len()
                    && rest.resource().id() == batch.resource().id()
            })?;
            Some(self.merge(batch, rest, row))
        });
        Ok(records.collect())
    }

    fn missing(&self) -> Columns {
        let (all, there) = (Columns::all(), &self.columns);
        Columns {
            body: all.body && !there.body,
            time: all.time && !there.time,
            observed: all.observed && !there.observed,
            severity: all.severity && !there.severity,
            stream: all.stream && !there.stream,
            flags: all.flags && !there.flags,
            attributes: all.attributes && !there.attributes,
            views: all.views,
        }
    }

    fn merge(&self, batch: &Batch, rest: &Batch, row: usize) -> OwnedRecord {
        let (here, there) = (&self.columns, rest.record(row));
        let mut record = batch.record(row);
        record.time = if here.time { record.time } else { there.time };
        record.observed = if here.observed { record.observed } else { there.observed };
        record.severity = if here.severity { record.severity } else { there.severity };
        record.stream = if here.stream { record.stream } else { there.stream };
        record.flags = if here.flags { record.flags } else { there.flags };
        record.body = if here.body { record.body } else { rest.body(row) };
        record.attributes = if here.attributes { record.attributes } else { rest.attributes(row) };
        OwnedRecord::new(&record, batch.resource())
    }
}
