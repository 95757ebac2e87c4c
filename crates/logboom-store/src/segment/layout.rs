//! Where each row goes: stripes of consecutive seqs, blocks of one large resource or of several small ones. Rows are
//! never sorted one by one; runs of rows of a batch move as they are.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use logboom_model::{Batch, ResourceId};

use super::{ResourceShare, SegmentError};
use crate::limits::{
    BLOCK_BODY_BYTES_MAX, BLOCK_BODY_BYTES_OWN, BLOCK_ROWS_MAX, SEQ_MAX, STRIPE_BODY_BYTES_MAX,
    STRIPE_ROWS_MAX,
};

/// Neighbouring rows of one batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    /// Index of the batch.
    pub batch: usize,
    /// Its rows.
    pub rows: Range<usize>,
}

impl Run {
    fn body_bytes(&self, batches: &[Batch]) -> usize {
        let offsets = &batches[self.batch].columns().offsets;
        (offsets[self.rows.end] - offsets[self.rows.start]) as usize
    }

    /// The most rows at its start, at least one, that keep within so many bytes and rows.
    fn fitting(&self, batches: &[Batch], bytes: usize, rows: usize) -> usize {
        let offsets = &batches[self.batch].columns().offsets[self.rows.start..=self.rows.end];
        let end = (offsets[0] as usize).saturating_add(bytes);
        let fit = offsets.partition_point(|&offset| offset as usize <= end) - 1;
        fit.min(rows).max(1)
    }

    fn split_front(&mut self, rows: usize) -> Self {
        let middle = self.rows.start + rows;
        let front = Self { batch: self.batch, rows: self.rows.start..middle };
        self.rows.start = middle;
        front
    }
}

/// The rows of one resource in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Index into the file's resources.
    pub resource: u32,
    /// In ascending order of seqs.
    pub runs: Vec<Run>,
}

/// One block: parts in ascending order of resources.
pub(super) type Block = Vec<Part>;

/// The whole order of a file.
#[derive(Debug)]
pub(super) struct Layout {
    /// Resources in their order in the file.
    pub resources: Vec<ResourceShare>,
    /// Stripes of blocks.
    pub stripes: Vec<Vec<Block>>,
}

impl Layout {
    /// Lays out batches whose seqs ascend.
    pub fn new(batches: &[Batch]) -> Result<Self, SegmentError> {
        check_seqs(batches)?;
        let resources = resources_of(batches);
        let index: HashMap<ResourceId, u32> =
            resources.iter().enumerate().map(|(at, share)| (share.resource.id(), at as u32)).collect();
        let stripes = stripes_of(batches)
            .into_iter()
            .map(|runs| {
                let mut by_resource: HashMap<u32, Part> = HashMap::new();
                for run in runs {
                    let resource =
                        index.get(&batches[run.batch].resource().id()).copied().unwrap_or_default();
                    let part = by_resource.entry(resource).or_insert(Part { resource, runs: Vec::new() });
                    part.runs.push(run);
                }
                let mut parts: Vec<Part> = by_resource.into_values().collect();
                parts.sort_unstable_by_key(|part| part.resource);
                blocks_of(batches, parts)
            })
            .collect();
        Ok(Self { resources, stripes })
    }
}

fn check_seqs(batches: &[Batch]) -> Result<(), SegmentError> {
    let mut end = 0;
    for batch in batches.iter().filter(|batch| !batch.is_empty()) {
        if batch.first_seq() < end {
            return Err(SegmentError::Unfit("seqs go back"));
        }
        end = batch.end_seq();
    }
    if end > SEQ_MAX { Err(SegmentError::Unfit("a seq beyond the last")) } else { Ok(()) }
}

/// Every resource with its share. Large ones first, so that small ones are neighbours and fill shared blocks; by name
/// in each half, so that like stays beside like.
fn resources_of(batches: &[Batch]) -> Vec<ResourceShare> {
    let mut shares: HashMap<ResourceId, ResourceShare> = HashMap::new();
    for batch in batches.iter().filter(|batch| !batch.is_empty()) {
        let share = shares.entry(batch.resource().id()).or_insert_with(|| ResourceShare {
            resource: Arc::clone(batch.resource()),
            rows: 0,
            body_bytes: 0,
        });
        share.rows += batch.len() as u64;
        share.body_bytes += batch.columns().body.len() as u64;
    }
    let mut shares: Vec<ResourceShare> = shares.into_values().collect();
    shares.sort_by(|left, right| key(left).cmp(&key(right)));
    shares
}

fn key(share: &ResourceShare) -> (bool, &str, &str, ResourceId) {
    let resource = &share.resource;
    let small = share.body_bytes < BLOCK_BODY_BYTES_OWN as u64;
    (small, resource.service_name(), resource.container_name(), resource.id())
}

/// Runs of consecutive seqs, about as large as each other.
fn stripes_of(batches: &[Batch]) -> Vec<Vec<Run>> {
    let bytes: usize = batches.iter().map(|batch| batch.columns().body.len()).sum();
    let rows: usize = batches.iter().map(Batch::len).sum();
    let (bytes_even, rows_even) = even(bytes, rows, STRIPE_BODY_BYTES_MAX, STRIPE_ROWS_MAX);
    let mut stripes = Vec::new();
    let mut open = Open::default();
    for (batch, rows) in batches.iter().map(Batch::len).enumerate() {
        let mut run = Run { batch, rows: 0..rows };
        while !run.rows.is_empty() {
            if open.bytes >= bytes_even || open.rows >= rows_even {
                stripes.push(open.take());
            }
            let all = run.body_bytes(batches);
            let fit = if all <= STRIPE_BODY_BYTES_MAX - open.bytes.min(STRIPE_BODY_BYTES_MAX) {
                run.rows.len().min(STRIPE_ROWS_MAX - open.rows)
            } else if open.rows > 0 {
                stripes.push(open.take());
                continue;
            } else {
                run.fitting(batches, STRIPE_BODY_BYTES_MAX, STRIPE_ROWS_MAX)
            };
            open.push(run.split_front(fit), batches);
        }
    }
    if open.rows > 0 {
        stripes.push(open.take());
    }
    stripes
}

/// Bytes and rows at which to cut, so that the fewest pieces are about as large as each other: by what takes more.
fn even(bytes: usize, rows: usize, bytes_max: usize, rows_max: usize) -> (usize, usize) {
    let (by_bytes, by_rows) = (bytes.div_ceil(bytes_max).max(1), rows.div_ceil(rows_max).max(1));
    if by_rows > by_bytes {
        (bytes_max, rows.div_ceil(by_rows))
    } else {
        (bytes.div_ceil(by_bytes).max(1), rows_max)
    }
}

/// Runs being collected, with their sums.
#[derive(Debug, Default)]
struct Open {
    runs: Vec<Run>,
    rows: usize,
    bytes: usize,
}

impl Open {
    fn push(&mut self, run: Run, batches: &[Batch]) {
        self.rows += run.rows.len();
        self.bytes += run.body_bytes(batches);
        self.runs.push(run);
    }

    fn take(&mut self) -> Vec<Run> {
        std::mem::take(self).runs
    }
}

fn blocks_of(batches: &[Batch], parts: Vec<Part>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut shared = Block::new();
    let (mut shared_bytes, mut shared_rows) = (0, 0);
    for part in parts {
        let bytes: usize = part.runs.iter().map(|run| run.body_bytes(batches)).sum();
        let rows: usize = part.runs.iter().map(|run| run.rows.len()).sum();
        let own = bytes >= BLOCK_BODY_BYTES_OWN || rows > BLOCK_ROWS_MAX;
        let full = shared_bytes + bytes > BLOCK_BODY_BYTES_MAX || shared_rows + rows > BLOCK_ROWS_MAX;
        if own || full {
            blocks.extend(Some(std::mem::take(&mut shared)).filter(|block| !block.is_empty()));
            (shared_bytes, shared_rows) = (0, 0);
        }
        if own {
            let resource = part.resource;
            let split = split_even(batches, part.runs, bytes, rows);
            blocks.extend(split.into_iter().map(|runs| vec![Part { resource, runs }]));
        } else {
            shared_bytes += bytes;
            shared_rows += rows;
            shared.push(part);
        }
    }
    blocks.extend(Some(shared).filter(|block| !block.is_empty()));
    blocks
}

/// Cuts the rows of one resource into blocks about as large as each other.
fn split_even(batches: &[Batch], runs: Vec<Run>, bytes: usize, rows: usize) -> Vec<Vec<Run>> {
    let (bytes_even, rows_even) = even(bytes, rows, BLOCK_BODY_BYTES_MAX, BLOCK_ROWS_MAX);
    let mut blocks = Vec::new();
    let mut open = Open::default();
    for mut run in runs {
        while !run.rows.is_empty() {
            if open.bytes >= bytes_even || open.rows >= rows_even {
                blocks.push(open.take());
            }
            let (bytes_left, rows_left) = (bytes_even - open.bytes, rows_even - open.rows);
            let fit = run.fitting(batches, bytes_left, rows_left);
            // The row that crosses the even size ends the block rather than beginning a runt, if there is room.
            let one_more =
                Run { batch: run.batch, rows: run.rows.start..run.rows.end.min(run.rows.start + fit + 1) };
            let room = open.bytes + one_more.body_bytes(batches) <= BLOCK_BODY_BYTES_MAX && fit < rows_left;
            let fit = if room { one_more.rows.len() } else { fit };
            let front = run.split_front(fit);
            let over = open.bytes + front.body_bytes(batches) > BLOCK_BODY_BYTES_MAX;
            if over && open.rows > 0 {
                blocks.push(open.take());
            }
            open.push(front, batches);
        }
    }
    blocks.extend(Some(open.take()).filter(|runs| !runs.is_empty()));
    blocks
}
