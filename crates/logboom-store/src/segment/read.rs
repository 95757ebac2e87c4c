//! An open segment: its index in memory, its pages read when they are asked for.

use std::sync::Arc;

use logboom_model::Batch;

use super::{BlockInfo, Count, SegmentError, SegmentSummary, StripeInfo};
use crate::fs::FsFile;
use crate::{BlockSet, Columns, Probe};

/// An open segment. Cheap to clone; its index is shared.
#[derive(Debug, Clone)]
pub struct Segment {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    summary: SegmentSummary,
    stripes: Vec<StripeInfo>,
    blocks: Vec<BlockInfo>,
}

impl Segment {
    /// Reads the index of a segment, and no data.
    pub fn open(_file: Arc<dyn FsFile>) -> Result<Self, SegmentError> {
        Err(SegmentError::Damaged("segments cannot be read yet"))
    }

    /// What it holds.
    pub fn summary(&self) -> &SegmentSummary {
        &self.inner.summary
    }

    /// Its blocks, in the order of the file.
    pub fn blocks(&self) -> &[BlockInfo] {
        &self.inner.blocks
    }

    /// Its stripes, in order of seqs.
    pub fn stripes(&self) -> &[StripeInfo] {
        &self.inner.stripes
    }

    /// Memory that the index takes, for the budget of a cache.
    pub fn memory_bytes(&self) -> usize {
        0
    }

    /// Takes out the blocks that cannot meet a probe.
    pub fn prune(&self, _probe: &Probe, _blocks: &mut BlockSet) -> Result<(), SegmentError> {
        Ok(())
    }

    /// Loads columns of one block: one batch for each of its resources, seqs ascending in each.
    pub fn load(&self, _block: usize, _columns: &Columns) -> Result<Vec<Batch>, SegmentError> {
        Ok(Vec::new())
    }

    /// Rows of a block by resource, minute and severity, in that order; `None` where they were too many to keep.
    pub fn counts(&self, _block: usize) -> Option<Vec<Count>> {
        None
    }

    /// The rows of one stripe from a seq on, in order of seqs. Holds the whole stripe decoded.
    pub fn stripe_in_order(&self, _stripe: usize, _from_seq: u64) -> Result<InOrder, SegmentError> {
        Ok(InOrder {})
    }
}

/// Batches of one resource and contiguous seqs each, in order of seqs.
#[derive(Debug)]
pub struct InOrder {}

impl Iterator for InOrder {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        None
    }
}
