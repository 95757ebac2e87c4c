//! The segment: one sealed piece of the log as an ordinary Parquet file, with an index and filters of our own inside
//! it. `docs/segment-format.md` describes the bytes.
//!
//! [`write_segment`] turns batches into a file: rows in stripes of consecutive seqs, sorted by (resource, seq) within
//! each, cut into blocks whose borders are page borders in every column that is read by blocks. [`Segment`] opens one,
//! prunes its blocks and loads some columns of one block at a time. Other readers see plain columns.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use logboom_model::{Resource, StoreId};

mod bounds;
mod chunk;
mod codec;
mod dictionaries;
mod footer;
mod gather;
mod index;
mod layout;
mod load;
mod order;
mod page;
mod read;
mod resources;
mod schema;
mod sink;
mod stripe;
#[cfg(test)]
mod tests;
mod text;
mod write;

pub use order::InOrder;
pub use read::Segment;
pub use write::write_segment;

/// Key of the footer's metadata that says where the index is: offset, length and version.
const INDEX_KEY: &str = "logboom.index";

/// What a segment says of itself, known before its first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentMeta {
    /// The store it belongs to.
    pub store_id: StoreId,
    /// Seqs it stands for; it may hold fewer rows after a rewrite.
    pub seqs: Range<u64>,
    /// Commit clock of its first row, nanoseconds since the Unix epoch.
    pub first_commit: i64,
    /// Commit clock of its last row, nanoseconds since the Unix epoch.
    pub last_commit: i64,
    /// Rows of [`SegmentMeta::seqs`] that rewrites took away.
    pub evicted: u64,
}

/// Everything about a segment that needs none of its data pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentSummary {
    /// What it says of itself.
    pub meta: SegmentMeta,
    /// Rows it holds.
    pub rows: u64,
    /// Earliest and latest event time, nanoseconds since the Unix epoch; (0, 0) without rows.
    pub times: (i64, i64),
    /// Bytes of its bodies, as they were received.
    pub body_bytes: u64,
    /// Bytes of the file.
    pub disk_bytes: u64,
    /// Its resources, with the rows and bytes of each.
    pub resources: Vec<ResourceShare>,
    /// Names of the attributes that have columns: exact and dotted, each once, sorted.
    pub attribute_names: Vec<Box<str>>,
}

/// The part of one resource in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceShare {
    /// What produced the rows.
    pub resource: Arc<Resource>,
    /// Rows.
    pub rows: u64,
    /// Bytes of their bodies.
    pub body_bytes: u64,
}

/// A run of rows of one stripe that is read as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockInfo {
    /// The stripe it lies in.
    pub stripe: usize,
    /// Rows.
    pub rows: usize,
    /// Lowest and highest seq. Rows of other blocks of the stripe lie between them.
    pub seqs: (u64, u64),
    /// Earliest and latest event time, nanoseconds since the Unix epoch.
    pub times: (i64, i64),
    /// Bytes of its bodies.
    pub body_bytes: u64,
    /// Bytes of its pages in the file.
    pub disk_bytes: u64,
    /// Its resources, as indices into [`SegmentSummary::resources`], ascending.
    pub resources: Box<[u32]>,
}

/// Consecutive seqs that are sorted by resource together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripeInfo {
    /// Seqs: from the first row's up to one past the last one's.
    pub seqs: Range<u64>,
    /// Its blocks, as a range of [`Segment::blocks`].
    pub blocks: Range<usize>,
    /// Rows.
    pub rows: u64,
    /// Bytes of its bodies.
    pub body_bytes: u64,
}

/// How many rows of a block have one resource, minute of event time and severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    /// Index into [`SegmentSummary::resources`].
    pub resource: u32,
    /// Event time in minutes since the Unix epoch, rounded down.
    pub minute: i64,
    /// Severity number.
    pub severity: u8,
    /// Rows.
    pub rows: u32,
}

/// Why a segment could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// The file could not be read or written.
    #[error("the segment could not be read or written")]
    Io(#[from] io::Error),
    /// Its bytes are not what was written.
    #[error("the segment is damaged: {0}")]
    Damaged(&'static str),
    /// Written by a newer logboom.
    #[error(
        "the segment has index version {0}, which this logboom does not know; use the logboom that wrote it"
    )]
    Newer(u64),
    /// The rows do not fit the format.
    #[error("the rows cannot be written as a segment: {0}")]
    Unfit(&'static str),
    /// The Parquet container could not be written.
    #[error("the segment could not be encoded as Parquet")]
    Encode(#[source] Box<parquet::errors::ParquetError>),
}

impl From<parquet::errors::ParquetError> for SegmentError {
    fn from(error: parquet::errors::ParquetError) -> Self {
        match error {
            parquet::errors::ParquetError::External(source) => match source.downcast() {
                Ok(error) => Self::Io(*error),
                Err(source) => Self::Encode(Box::new(parquet::errors::ParquetError::External(source))),
            },
            error => Self::Encode(Box::new(error)),
        }
    }
}
