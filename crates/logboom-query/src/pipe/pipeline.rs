//! The pipes of a query at work.

use logboom_model::Batch;
use logboom_store::Columns;

use crate::ast::Query;
use crate::limits;
use crate::pipe::table::{Table, Value};
use crate::selection::Selection;

/// What the pipes of one query may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PipeLimits {
    /// Rows of a table of records (`fields`, `sort`) where the query has no smaller `limit`.
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
    count: u64,
}

impl Pipeline {
    /// `None` where the query gives records: it has no pipes, or only `limit`.
    pub fn new(query: &Query, _limits: &PipeLimits) -> Option<Self> {
        query.is_table().then_some(Self { count: 0 })
    }

    /// The columns that [`Pipeline::accept`] reads, for rows that were found otherwise.
    pub fn needs(&self) -> Columns {
        Columns::default()
    }

    /// Takes the selected rows of a batch.
    pub fn accept(&mut self, _batch: &Batch, rows: &Selection) {
        self.count += rows.count() as u64;
    }

    /// Event time before which no record can change the table any more; everything can where it is `i64::MIN`.
    pub fn useful_from(&self) -> i64 {
        i64::MIN
    }

    /// Adds what another worker's pipeline of the same query took.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
    }

    /// The table.
    pub fn finish(self) -> Table {
        let count = Value::Integer(i64::try_from(self.count).unwrap_or(i64::MAX));
        Table { columns: vec!["count".to_owned()], rows: vec![vec![count]], notes: Vec::new() }
    }
}
