//! An open segment: its index in memory, its pages read when they are asked for.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use logboom_model::Batch;

use super::index::{self, Index, VERSION};
use super::load::Loader;
use super::order::InOrder;
use super::{BlockInfo, Count, INDEX_KEY, SegmentError, SegmentSummary, StripeInfo, footer};
use crate::filter::{Filter, FilterError};
use crate::fs::{FsFile, read_full};
use crate::limits::{FOOTER_BYTES_MAX, SEGMENT_INDEX_RAW_BYTES_MAX, SEGMENT_TAIL_BYTES};
use crate::{BlockSet, Columns, Probe};

/// An open segment. Cheap to clone; its index is shared.
#[derive(Debug, Clone)]
pub struct Segment {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: Arc<dyn FsFile>,
    index: Index,
    summary: SegmentSummary,
    filter: Option<Filter>,
}

impl Segment {
    /// Reads the index of a segment, and no data.
    ///
    /// # Errors
    /// The file cannot be read, is damaged where it matters for finding rows, or was written by a newer logboom.
    pub fn open(file: Arc<dyn FsFile>) -> Result<Self, SegmentError> {
        let length = file.length()?;
        let tail = Tail::read(&*file, length, SEGMENT_TAIL_BYTES)?;
        let (offset, section_length) = place(&footer_of(&*file, length, &tail)?)?;
        let end = offset.checked_add(section_length as u64);
        if end.is_none_or(|end| end > length) || section_length > SEGMENT_INDEX_RAW_BYTES_MAX {
            return Err(SegmentError::Damaged("the index lies outside of the file"));
        }
        let index = match tail.get(offset, section_length) {
            Some(section) => index::decode(section, offset)?,
            None => index::decode(&read_exact(&*file, offset, section_length)?, offset)?,
        };
        let filter = open_filter(&*file, index.filter)?;
        let summary = index.summary(length);
        Ok(Self { inner: Arc::new(Inner { file, index, summary, filter }) })
    }

    /// What it holds.
    pub fn summary(&self) -> &SegmentSummary {
        &self.inner.summary
    }

    /// Its blocks, in the order of the file.
    pub fn blocks(&self) -> &[BlockInfo] {
        &self.inner.index.blocks
    }

    /// Its stripes, in order of seqs.
    pub fn stripes(&self) -> &[StripeInfo] {
        &self.inner.index.stripes
    }

    /// Memory that the index takes, for the budget of a cache.
    pub fn memory_bytes(&self) -> usize {
        self.inner.index.memory_bytes() + self.inner.filter.as_ref().map_or(0, Filter::memory_bytes)
    }

    /// Takes out the blocks that cannot meet a probe.
    ///
    /// # Errors
    /// The filters cannot be read or are damaged; `blocks` then still holds every block that may match.
    pub fn prune(&self, probe: &Probe, blocks: &mut BlockSet) -> Result<(), SegmentError> {
        let Some(filter) = &self.inner.filter else { return Ok(()) };
        let (offset, _) = self.inner.index.filter;
        let read = |at: u64, length: usize| read_bytes(&*self.inner.file, offset.saturating_add(at), length);
        Ok(filter.prune(&read, probe, blocks)?)
    }

    /// Loads columns of one block: one batch for each of its resources, seqs ascending in each.
    ///
    /// # Errors
    /// Its pages cannot be read or are damaged, or there is no such block.
    pub fn load(&self, block: usize, columns: &Columns) -> Result<Vec<Batch>, SegmentError> {
        Loader::new(&*self.inner.file, &self.inner.index, block)?.load(columns)
    }

    /// Rows of a block by resource, minute and severity, in that order; `None` where they were too many to keep.
    pub fn counts(&self, block: usize) -> Option<Vec<Count>> {
        self.inner.index.counts(block)
    }

    /// The rows of one stripe from a seq on, in order of seqs. Holds the whole stripe decoded.
    ///
    /// # Errors
    /// Its pages cannot be read or are damaged, or there is no such stripe.
    pub fn stripe_in_order(&self, stripe: usize, from_seq: u64) -> Result<InOrder, SegmentError> {
        let Some(stripe) = self.stripes().get(stripe) else {
            return Err(SegmentError::Damaged("there is no such stripe"));
        };
        let mut batches = Vec::new();
        for block in stripe.blocks.clone() {
            if self.blocks()[block].seqs.1 >= from_seq {
                batches.append(&mut self.load(block, &Columns::all())?);
            }
        }
        Ok(InOrder::new(batches, from_seq))
    }
}

/// The last bytes of a file.
struct Tail {
    offset: u64,
    bytes: Vec<u8>,
}

impl Tail {
    fn read(file: &dyn FsFile, length: u64, bytes: usize) -> Result<Self, SegmentError> {
        let bytes = (bytes as u64).min(length) as usize;
        let offset = length - bytes as u64;
        Ok(Self { offset, bytes: read_exact(file, offset, bytes)? })
    }

    fn get(&self, offset: u64, length: usize) -> Option<&[u8]> {
        let start = usize::try_from(offset.checked_sub(self.offset)?).ok()?;
        self.bytes.get(start..start.checked_add(length)?)
    }
}

fn footer_of(file: &dyn FsFile, length: u64, tail: &Tail) -> Result<Vec<u8>, SegmentError> {
    let end = tail.bytes.last_chunk().ok_or(SegmentError::Damaged("it is too short"))?;
    let footer = footer::length(*end)?;
    let offset = length.checked_sub((footer + footer::TAIL_BYTES) as u64);
    let offset = offset.filter(|_| footer <= FOOTER_BYTES_MAX);
    let offset = offset.ok_or(SegmentError::Damaged("the footer is longer than the file"))?;
    match tail.get(offset, footer) {
        Some(bytes) => Ok(bytes.to_vec()),
        None => read_exact(file, offset, footer),
    }
}

/// Offset and length of the index, as the footer says.
fn place(footer: &[u8]) -> Result<(u64, usize), SegmentError> {
    const NOT_OURS: SegmentError = SegmentError::Damaged("the footer does not say where the index is");
    let value = footer::find(footer, INDEX_KEY.as_bytes())?.ok_or(NOT_OURS)?;
    let mut numbers = std::str::from_utf8(value).map_err(|_| NOT_OURS)?.split(',');
    let mut next = || numbers.next().and_then(|number| number.parse::<u64>().ok()).ok_or(NOT_OURS);
    let (offset, length, version) = (next()?, next()?, next()?);
    if version != u64::from(VERSION) {
        return Err(SegmentError::Newer(version));
    }
    Ok((offset, usize::try_from(length).map_err(|_| NOT_OURS)?))
}

fn open_filter(file: &dyn FsFile, place: (u64, u64)) -> Result<Option<Filter>, SegmentError> {
    let (offset, length) = place;
    if length == 0 {
        return Ok(None);
    }
    let read = |at: u64, length: usize| read_bytes(file, offset.saturating_add(at), length);
    match Filter::open(&read, length) {
        Ok(filter) => Ok(Some(filter)),
        Err(FilterError::Io(error)) => Err(error.into()),
        // Without filters every block is read: slower, and never wrong.
        Err(_) => Ok(None),
    }
}

impl From<FilterError> for SegmentError {
    fn from(error: FilterError) -> Self {
        match error {
            FilterError::Io(error) => Self::Io(error),
            FilterError::Damaged(problem) => Self::Damaged(problem),
            FilterError::Version(version) => Self::Newer(u64::from(version)),
        }
    }
}

fn read_bytes(file: &dyn FsFile, offset: u64, length: usize) -> io::Result<Bytes> {
    let mut buffer = vec![0; length];
    let read = read_full(file, &mut buffer, offset)?;
    if read < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(buffer.into())
}

/// Reads bytes that the file's length says are there.
fn read_exact(file: &dyn FsFile, offset: u64, length: usize) -> Result<Vec<u8>, SegmentError> {
    let mut buffer = vec![0; length];
    match read_full(file, &mut buffer, offset)? {
        read if read == length => Ok(buffer),
        _ => Err(SegmentError::Damaged("it is cut short")),
    }
}
