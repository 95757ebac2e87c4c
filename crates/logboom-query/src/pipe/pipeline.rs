//! The pipes of a query at work.

use logboom_model::Batch;
use logboom_store::Columns;

use crate::ast::Query;
use crate::field::Field;
use crate::limits;
use crate::pipe::grouping::Grouping;
use crate::pipe::head::{Head, How};
use crate::pipe::later;
use crate::pipe::newest::{More, Newest};
use crate::pipe::source::Readers;
use crate::pipe::syntax::Pipe;
use crate::pipe::table::Table;
use crate::selection::Selection;

/// What the pipes of one query may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PipeLimits {
    /// Rows of a table of records (`fields`, `sort`) where the query has no `limit` of its own.
    pub rows: usize,
    /// Groups; what belongs to others is counted together.
    pub groups: usize,
    /// Bytes of groups and rows in memory, of each pipeline: one for each worker.
    pub bytes: usize,
}

impl Default for PipeLimits {
    fn default() -> Self {
        Self { rows: 1000, groups: limits::PIPE_GROUPS_MAX, bytes: limits::PIPE_BYTES_MAX }
    }
}

/// The pipes of a query, being filled.
#[derive(Debug)]
pub struct Pipeline {
    /// What is read of each record.
    pub(super) fields: Vec<Field>,
    readers: Readers,
    pub(super) step: Step,
    /// Columns of the table that the first step gives.
    columns: Vec<String>,
    rest: Vec<Pipe>,
    limits: PipeLimits,
}

/// What takes the records.
#[derive(Debug)]
pub(super) enum Step {
    Group(Box<Grouping>),
    Rows {
        newest: Newest,
        /// How many operands there are, those to sort by among them.
        operands: usize,
        /// The number of rows that the caller allows, where the query sets none.
        allowed: Option<usize>,
        is_sorted: bool,
    },
}

impl Pipeline {
    /// `None` where the query gives records: it has no pipes, or only `limit`.
    pub fn new(query: &Query, limits: &PipeLimits) -> Option<Self> {
        if !query.is_table() {
            return None;
        }
        let Head { how, fields, rest } = Head::of(query.pipes());
        let (step, columns) = match how {
            How::Grouped(pipe) => {
                (Step::Group(Box::new(Grouping::new(&pipe, limits)?)), pipe.columns(None).unwrap_or_default())
            }
            How::Rows { descending, limit } => {
                let columns = fields[descending.len()..].iter().map(ToString::to_string).collect();
                let (operands, is_sorted) = (fields.len(), !descending.is_empty());
                let allowed = if limit.is_none() { Some(limits.rows) } else { None };
                let newest = Newest::new(descending, limit.unwrap_or(limits.rows), limits.bytes);
                (Step::Rows { newest, operands, allowed, is_sorted }, columns)
            }
        };
        let readers = Readers::new(&fields);
        Some(Self { fields, readers, step, columns, rest: rest.to_vec(), limits: *limits })
    }

    /// The columns that [`Pipeline::accept`] reads; what the filter reads is [`Query::needs`].
    pub fn needs(&self) -> Columns {
        let mut columns = Columns::default();
        self.readers.needs(&mut columns);
        columns.time |= matches!(self.step, Step::Rows { .. });
        columns
    }

    /// Takes the selected rows of a batch.
    pub fn accept(&mut self, batch: &Batch, rows: &Selection) {
        let mut row = self.readers.bind(batch);
        match &mut self.step {
            Step::Group(grouping) => grouping.add_batch(batch, &mut row, rows),
            Step::Rows { newest, operands, .. } => newest.add_batch(batch, &mut row, rows, *operands),
        }
    }

    /// Event time before which no record can change the table any more; everything can where it is `i64::MIN`.
    pub fn useful_from(&self) -> i64 {
        match &self.step {
            Step::Group(_) => i64::MIN,
            Step::Rows { newest, .. } => newest.useful_from(),
        }
    }

    /// Adds what another worker's pipeline of the same query took.
    pub fn merge(&mut self, other: Self) {
        match (&mut self.step, other.step) {
            (Step::Group(one), Step::Group(two)) => one.merge(*two),
            (Step::Rows { newest: one, .. }, Step::Rows { newest: two, .. }) => one.merge(two),
            _ => {}
        }
    }

    /// The table.
    pub fn finish(self) -> Table {
        let (rows, notes) = match self.step {
            Step::Group(grouping) => grouping.finish(),
            Step::Rows { newest, allowed, is_sorted, .. } => {
                let (rows, more) = newest.finish();
                let notes = note_of(rows.len(), more, allowed.is_some(), is_sorted);
                (rows, notes.into_iter().collect())
            }
        };
        let table = Table { columns: self.columns, rows, notes };
        self.rest.iter().fold(table, |table, pipe| later::apply(pipe, table, &self.limits))
    }
}

fn note_of(rows: usize, more: More, is_cut: bool, is_sorted: bool) -> Option<String> {
    let which = if is_sorted { "first" } else { "newest" };
    match more {
        More::NoMemory => Some(format!("there was memory for the {which} {rows} records only")),
        More::Yes if is_cut => {
            Some(format!("these are the {which} {rows} records; there are more: ask for them with limit"))
        }
        More::Yes | More::No => None,
    }
}
