//! A stripe in order of seqs: its batches, sorted by resource, merged run by run.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;

use logboom_model::{Batch, limits};

use super::load::rows_of;

/// Batches of one resource and contiguous seqs each, in order of seqs.
#[derive(Debug)]
pub struct InOrder {
    batches: Vec<Batch>,
    /// The next seq of each batch that has one left, its index, and its row.
    next: BinaryHeap<Reverse<(u64, usize, usize)>>,
}

impl InOrder {
    /// Rows from a seq on of batches whose seqs ascend in each and are all different.
    pub(super) fn new(batches: Vec<Batch>, from_seq: u64) -> Self {
        let next = batches
            .iter()
            .enumerate()
            .filter_map(|(at, batch)| {
                let row = first_row(batch, from_seq);
                (row < batch.len()).then(|| Reverse((batch.seq(row), at, row)))
            })
            .collect();
        Self { batches, next }
    }
}

/// The first row whose seq is not below this.
fn first_row(batch: &Batch, from_seq: u64) -> usize {
    let (mut low, mut high) = (0, batch.len());
    while low < high {
        let middle = low.midpoint(high);
        if batch.seq(middle) < from_seq { low = middle + 1 } else { high = middle }
    }
    low
}

/// Rows from this one on that one batch may hold: contiguous, and within the limits of batches.
fn run_length(batch: &Batch, row: usize) -> usize {
    let columns = batch.columns();
    let first = batch.seq(row);
    let bytes = |offsets: &[u32], end: usize| (offsets[end] - offsets[row]) as usize;
    let fits = |end: usize| {
        batch.seq(end - 1) == first + (end - 1 - row) as u64
            && bytes(&columns.offsets, end) <= limits::BATCH_BODY_BYTES_MAX
            && columns
                .attributes
                .as_ref()
                .is_none_or(|column| bytes(&column.offsets, end) <= limits::BATCH_ATTRIBUTES_BYTES_MAX)
    };
    let most = batch.len().min(row + limits::BATCH_ROWS_MAX);
    let more = (row + 2..=most).take_while(|&end| fits(end)).count();
    1 + more
}

impl Iterator for InOrder {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let mut top = self.next.peek_mut()?;
        let Reverse((seq, at, row)) = *top;
        let batch = self.batches.get(at)?;
        let end = row + run_length(batch, row);
        let columns = rows_of(batch.columns(), row..end);
        let out = Batch::from_columns(Arc::clone(batch.resource()), seq, columns).ok()?;
        if end < batch.len() {
            *top = Reverse((batch.seq(end), at, end));
        } else {
            PeekMut::pop(top);
        }
        Some(out)
    }
}
