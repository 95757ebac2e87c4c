//! A stripe in order of seqs: its batches, sorted by resource, merged run by run.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;

use logboom_model::{Batch, limits};

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

impl Iterator for InOrder {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let mut top = self.next.peek_mut()?;
        let Reverse((seq, at, row)) = *top;
        let batch = self.batches.get(at)?;
        let mut out = Batch::new(Arc::clone(batch.resource()));
        let mut end = row;
        while end < batch.len()
            && batch.seq(end) == seq + (end - row) as u64
            && out.has_room(batch.body(end).len().max(batch.attributes(end).len()))
            && out.len() < limits::BATCH_ROWS_MAX
        {
            out.push_with_attributes(batch.row(end), batch.body(end), batch.attributes(end));
            end += 1;
        }
        out.assign_seqs(seq);
        if end < batch.len() {
            *top = Reverse((batch.seq(end), at, end));
        } else {
            PeekMut::pop(top);
        }
        Some(out)
    }
}
