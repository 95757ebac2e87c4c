//! Where one run of a container ends and the next begins, inside one file: text without a line end at the exit of the
//! one must never be joined with the first line of the other.

use logboom_model::{Batch, Rows};

/// Rows up to a time, and those after the first that is newer. Either part is absent when it is empty.
pub fn split(rows: Rows, boundary: i64) -> (Option<Rows>, Option<Rows>) {
    let newer = rows.batch.columns().times.iter().position(|&time| time > boundary);
    match newer {
        None => (Some(rows), None),
        Some(0) => (None, Some(rows)),
        Some(at) => (Some(part(&rows, 0..at)), Some(part(&rows, at..rows.batch.len()))),
    }
}

fn part(rows: &Rows, range: std::ops::Range<usize>) -> Rows {
    let mut batch = Batch::new(rows.batch.resource().clone());
    for row in range.clone() {
        batch.push_with_attributes(rows.batch.row(row), rows.batch.body(row), rows.batch.attributes(row));
    }
    Rows { batch, starts: rows.starts[range].to_vec() }
}
