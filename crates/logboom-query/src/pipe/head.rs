//! What the first pipes of a query make of records, decided before any is read.

use crate::field::{Field, resolve};
use crate::pipe::grouping;
use crate::pipe::syntax::{Operand, Pipe};

/// The first steps, and what is left to do on the table they give.
#[derive(Debug)]
pub(crate) struct Head<'q> {
    pub(crate) how: How,
    /// What is read of each record: for rows, what they are sorted by and then their columns.
    pub(crate) fields: Vec<Field>,
    /// Pipes over the table.
    pub(crate) rest: &'q [Pipe],
}

/// How records become a table.
#[derive(Debug, PartialEq)]
pub(crate) enum How {
    /// By the pipe, which groups them.
    Grouped(Pipe),
    /// One row each.
    Rows {
        /// For each field to sort by, whether the greatest comes first.
        descending: Vec<bool>,
        /// How many, where the query says so.
        limit: Option<usize>,
    },
}

/// Columns of records that were sorted and nothing else; what they are sorted by stands before the last.
const DEFAULT_COLUMNS: [&str; 4] = ["time", "severity", "service_name", "body"];

impl<'q> Head<'q> {
    /// Reads the pipes as far as they take records.
    pub(crate) fn of(pipes: &'q [Pipe]) -> Self {
        let mut columns: Option<Vec<Field>> = None;
        let mut sort: Vec<(Field, bool)> = Vec::new();
        let mut limit: Option<usize> = None;
        let mut rest = pipes;
        while let Some((pipe, behind)) = rest.split_first() {
            match pipe {
                Pipe::Fields(of) => columns = Some(fields(of, columns.as_deref())),
                Pipe::Limit(rows) => limit = Some(limit.map_or(*rows, |limit| limit.min(*rows))),
                // Rows that are equal stay in the order they were in.
                Pipe::Sort(keys) if limit.is_none() => {
                    let keys =
                        keys.iter().map(|key| (field(&key.operand, columns.as_deref()), key.descending));
                    sort = keys.chain(std::mem::take(&mut sort)).collect();
                }
                _ => break,
            }
            rest = behind;
        }
        let groups = rest.first().and_then(|pipe| Some((pipe, grouping::operands(pipe, &time())?)));
        match groups {
            // All records are counted, in whatever order.
            Some((pipe, operands)) if limit.is_none() => Head {
                how: How::Grouped(pipe.clone()),
                fields: fields(&operands, columns.as_deref()),
                rest: &rest[1..],
            },
            _ => {
                let columns = columns.unwrap_or_else(|| columns_for(rest, &sort));
                let (keys, descending): (Vec<Field>, Vec<bool>) = sort.into_iter().unzip();
                let fields = keys.into_iter().chain(columns).collect();
                Head { how: How::Rows { descending, limit }, fields, rest }
            }
        }
    }
}

fn time() -> Operand {
    Operand::Field(resolve("time"))
}

/// The fields of operands behind the fields that were chosen before.
fn fields(operands: &[Operand], columns: Option<&[Field]>) -> Vec<Field> {
    operands.iter().map(|operand| field(operand, columns)).collect()
}

fn field(operand: &Operand, columns: Option<&[Field]>) -> Field {
    match operand {
        Operand::Field(field) => field.clone(),
        Operand::Column { index, name } => {
            columns.and_then(|columns| columns.get(*index).cloned()).unwrap_or_else(|| resolve(name))
        }
    }
}

/// The fields that pipes behind a `limit` read of records, or the columns that are shown where they stay records.
fn columns_for(rest: &[Pipe], sort: &[(Field, bool)]) -> Vec<Field> {
    let mut read: Vec<Field> = sort.iter().map(|(field, _)| field.clone()).collect();
    for pipe in rest {
        let operands = match pipe {
            Pipe::Sort(keys) => keys.iter().map(|key| key.operand.clone()).collect(),
            Pipe::Limit(_) => Vec::new(),
            Pipe::Fields(of) => of.clone(),
            grouping => grouping::operands(grouping, &time()).unwrap_or_default(),
        };
        // The last order counts first.
        read.splice(0..0, fields(&operands, None));
        if !matches!(pipe, Pipe::Sort(_) | Pipe::Limit(_)) {
            return each_once(read);
        }
    }
    let [first @ .., body] = DEFAULT_COLUMNS.map(resolve);
    read.retain(|field| *field != body);
    each_once(first.into_iter().chain(read).chain([body]).collect())
}

fn each_once(fields: Vec<Field>) -> Vec<Field> {
    let mut seen: Vec<Field> = Vec::new();
    for field in fields {
        if !seen.contains(&field) {
            seen.push(field);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let query = crate::parse(text).unwrap();
        let head = Head::of(&query.pipes);
        let fields: Vec<_> = head.fields.iter().map(Field::to_string).collect();
        let how = match head.how {
            How::Grouped(pipe) => format!("{pipe}"),
            How::Rows { descending, limit } => format!("rows {descending:?} {limit:?}"),
        };
        assert_eq!(format!("{how}; {}; {}", fields.join(" "), head.rest.len()), expected, "{text}");
    }

    #[test]
    fn what_is_read_of_records() {
        check("| count by a | sort by a", "count by a; a; 1");
        check("| sort by b | count by a", "count by a; a; 0");
        check("| fields b, a | count by a", "count by a; a; 0");
        check("| timechart 1m max(x) by a", "timechart 1m max(x) by a; time a x; 0");
        check("| fields x, time | timechart 1m max(x)", "timechart 1m max(x); time x; 0");
        check("| limit 5 | count by a", "rows [] Some(5); a; 1");
        check("| limit 5 | timechart 1m by a", "rows [] Some(5); time a; 1");
        check("| fields a, b | limit 9 | limit 5", "rows [] Some(5); a b; 0");
        check("| fields a, b | fields b", "rows [] None; b; 0");
        check("| sort by a | sort by b desc | fields c", "rows [true, false] None; b a c; 0");
        check("| sort by a | limit 5 | sort by b | uniq c", "rows [false] Some(5); a c b a; 2");
        check("| sort by a desc | limit 5", "rows [true] Some(5); a time severity service_name a body; 0");
        check("| limit 5 | sort by time", "rows [] Some(5); time severity service_name body; 1");
    }
}
