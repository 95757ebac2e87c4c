//! Pipes over a table that another pipe gave.

use crate::pipe::PipeLimits;
use crate::pipe::grouping::{self, Grouping};
use crate::pipe::source::TableRow;
use crate::pipe::syntax::{Operand, Pipe};
use crate::pipe::table::{Table, Value};

/// Turns one table into the next.
pub(crate) fn apply(pipe: &Pipe, table: Table, limits: &PipeLimits) -> Table {
    let Table { columns, mut rows, mut notes } = table;
    let indices =
        |operands: &[Operand]| operands.iter().map(|operand| index(operand, &columns)).collect::<Vec<_>>();
    match pipe {
        Pipe::Limit(limit) => rows.truncate(*limit),
        Pipe::Sort(keys) => {
            let keys: Vec<_> =
                keys.iter().map(|key| (index(&key.operand, &columns), key.descending)).collect();
            rows.sort_by(|one, two| {
                let order = keys.iter().map(|&(column, descending)| {
                    cell(one, column).order_towards(cell(two, column), descending)
                });
                order.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
            });
        }
        Pipe::Fields(of) => {
            let kept = indices(of);
            rows = rows
                .iter()
                .map(|row| kept.iter().map(|&column| cell(row, column).to_value()).collect())
                .collect();
        }
        grouping => {
            let time = Operand::Column { index: index_of("time", &columns), name: "time".into() };
            let operands = grouping::operands(grouping, &time).unwrap_or_default();
            let operands = indices(&operands);
            if let Some(mut grouping) = Grouping::new(grouping, limits) {
                for values in &rows {
                    grouping.add(&mut TableRow { operands: &operands, values });
                }
                let (grouped, more_notes) = grouping.finish();
                rows = grouped;
                notes.extend(more_notes);
            }
        }
    }
    let columns = pipe.columns(Some(&columns)).unwrap_or_default();
    Table { columns, rows, notes }
}

fn cell(row: &[Value], column: usize) -> crate::pipe::cell::Cell<'_> {
    row.get(column).map_or(crate::pipe::cell::Cell::Null, Value::as_cell)
}

/// The column of an operand; a field of records that became rows has its own name.
fn index(operand: &Operand, columns: &[String]) -> usize {
    match operand {
        Operand::Column { index, .. } => *index,
        Operand::Field(field) => index_of(&field.to_string(), columns),
    }
}

/// Beyond the last column where there is none.
fn index_of(name: &str, columns: &[String]) -> usize {
    columns.iter().position(|column| column == name).unwrap_or(columns.len())
}
