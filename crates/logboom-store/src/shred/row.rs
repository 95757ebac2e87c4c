//! Takes rows apart.

use logboom_model::attributes::{Name, Value, Walker, unescape, unescape_inside};
use logboom_model::{ColumnValues, Flags, TextValues};

use super::columns::Column;
use super::names::{Found, Names};
use super::plan::{ColumnKind, ColumnPlan};
use super::residual::Residual;

/// The attributes of the rows of one block.
#[derive(Debug, Clone, PartialEq)]
pub struct ShreddedBlock {
    /// One for each column of the plan.
    pub columns: Vec<ColumnValues>,
    /// What is in no column: JSON objects.
    pub residual: TextValues,
    /// The text of every string that is written with escapes, each behind a line feed: what the filters must hold
    /// besides the bodies.
    pub unescaped: Vec<u8>,
}

/// Takes the attributes of rows apart, block by block.
#[derive(Debug)]
pub struct Shredder {
    walker: Walker,
    names: Names,
    state: State,
}

#[derive(Debug)]
struct State {
    columns: Vec<Column>,
    residual: Residual,
    unescaped: Vec<u8>,
    /// Rows of this block so far.
    rows: usize,
    /// By folded name: the number of the row, of all, that had it last.
    seen: Vec<u64>,
    /// Rows of all blocks, so far and with this one.
    row_number: u64,
}

impl Shredder {
    /// A shredder into these columns.
    pub fn new(plan: &ColumnPlan) -> Self {
        let names = Names::new(plan);
        let state = State {
            columns: plan.columns.iter().map(|column| Column::new(column.kind)).collect(),
            residual: Residual::default(),
            unescaped: Vec::new(),
            rows: 0,
            seen: vec![0; names.groups()],
            row_number: 0,
        };
        Self { walker: Walker::default(), names, state }
    }

    /// Takes the next row: its marks, its body and its source attributes (a JSON object, or empty).
    pub fn row(&mut self, flags: Flags, body: &[u8], source: &[u8]) {
        let Self { walker, names, state } = self;
        if flags.intersects(Flags::JSON.union(Flags::LOGFMT)) || !source.is_empty() {
            state.row_number += 1;
            names.begin_row();
            walker.visit(flags, body, source, &mut |name, value| {
                state.attribute(names, name, value);
                true
            });
            state.residual.end(state.rows);
        }
        state.rows += 1;
    }

    /// The rows since the last call.
    pub fn take(&mut self) -> ShreddedBlock {
        let state = &mut self.state;
        let rows = std::mem::take(&mut state.rows);
        let unescaped = Vec::with_capacity(state.unescaped.len());
        ShreddedBlock {
            columns: state.columns.iter_mut().map(|column| column.take(rows)).collect(),
            residual: state.residual.texts.take(rows),
            unescaped: std::mem::replace(&mut state.unescaped, unescaped),
        }
    }
}

impl State {
    fn attribute(&mut self, names: &mut Names, name: Name<'_>, value: Value<'_>) {
        self.collect_unescaped(value);
        let is_first = |seen: &mut Vec<u64>, group: u32| {
            std::mem::replace(&mut seen[group as usize], self.row_number) != self.row_number
        };
        let is_kept = match names.find(name.dotted()) {
            Found::Nothing => false,
            Found::Group(group) => {
                is_first(&mut self.seen, group);
                false
            }
            Found::Entry(index) => {
                let entry = names.entry(index);
                let first = is_first(&mut self.seen, entry.group);
                let column = ColumnKind::of(value).and_then(|kind| entry.column(kind)).filter(|_| first);
                column.is_some_and(|column| self.columns[column].put(self.rows, value))
            }
        };
        if !is_kept {
            self.residual.add(name, value);
        }
    }

    fn collect_unescaped(&mut self, value: Value<'_>) {
        match value {
            Value::String { raw, escaped: true } => {
                self.unescaped.push(b'\n');
                unescape(raw, &mut self.unescaped);
            }
            Value::Array(raw) | Value::Object(raw) => unescape_inside(raw, &mut self.unescaped),
            _ => {}
        }
    }
}
