//! Writing a segment: the order of the file from its first byte to its last.

use std::io;

use logboom_model::Batch;

use super::{SegmentError, SegmentMeta, SegmentSummary};
use crate::fs::FsFile;

/// Writes rows, in ascending order of seqs, as a segment at the start of an empty file, and does not sync it.
///
/// `pace` is called at least once for each block with the bytes that the file has or is about to have; it may wait,
/// so that sealing takes its share of the CPU and no more, and an error from it ends the writing.
pub fn write_segment(
    _file: &dyn FsFile,
    _meta: &SegmentMeta,
    _rows: &[Batch],
    _pace: &mut dyn FnMut(u64) -> io::Result<()>,
) -> Result<SegmentSummary, SegmentError> {
    Err(SegmentError::Unfit("segments cannot be written yet"))
}
