//! The index section: everything about a segment but its rows. Its bytes are in `docs/segment-format.md`.
//!
//! ```text
//! "LBSINDEX" · u16 version · u16 zero · u32 raw length · u32 CRC-32C of all but itself · one zstd frame
//! ```

use std::ops::Range;

use super::{BlockInfo, Count, ResourceShare, SegmentMeta, SegmentSummary, StripeInfo};
use crate::shred::ColumnKind as Kind;

mod counts;
mod decode;
mod encode;

pub(super) use counts::{Counter, decode_counts};
pub(super) use decode::decode;
pub(super) use encode::encode;

/// First bytes of the section.
const MAGIC: &[u8; 8] = b"LBSINDEX";
/// What this logboom writes, and reads.
pub(super) const VERSION: u16 = 1;
/// Where the checksum begins, and ends.
const CRC_AT: usize = 16;
/// Where the frame begins.
const FRAME_AT: usize = CRC_AT + 4;

/// Where the bytes of one data page lie, its header left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct PageLocation {
    /// In the file; in its chunk while it is written.
    pub offset: u64,
    /// Bytes of definition levels, never compressed.
    pub levels: u32,
    /// Bytes of values as stored, right behind.
    pub stored: u32,
    /// Bytes of values, decompressed; 0 where they are stored as they are.
    pub raw: u32,
    /// Rows.
    pub rows: u32,
    /// CRC-32C of levels and values as stored.
    pub crc: u32,
}

/// Columns whose pages the index knows, in the order of the index; those of attributes follow.
pub(super) mod located {
    /// Seqs.
    pub const SEQ: usize = 0;
    /// Event times.
    pub const TIME: usize = 1;
    /// Observed times.
    pub const OBSERVED: usize = 2;
    /// Severity numbers.
    pub const SEVERITY: usize = 3;
    /// Streams.
    pub const STREAM: usize = 4;
    /// Marks.
    pub const FLAGS: usize = 5;
    /// Bodies; the only ones of several pages a block.
    pub const BODY: usize = 6;
    /// Bodies that are not UTF-8.
    pub const BODY_BYTES: usize = 7;
    /// Attributes of the source.
    pub const SOURCE_ATTRIBUTES: usize = 8;
    /// Attributes without columns.
    pub const RESIDUAL: usize = 9;
    /// The first planned attribute.
    pub const ATTRIBUTES: usize = 10;
}

/// An attribute that has a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AttributeColumn {
    /// Exact dotted name.
    pub name: Box<str>,
    /// Type.
    pub kind: Kind,
}

/// What the section holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    /// What the segment says of itself.
    pub meta: SegmentMeta,
    /// The dictionary of severity numbers.
    pub severities: Vec<u8>,
    /// The dictionary of marks.
    pub flags: Vec<u16>,
    /// Resources, in the order in which rows are sorted.
    pub resources: Vec<ResourceShare>,
    /// Columns of attributes, in the order of the file.
    pub attributes: Vec<AttributeColumn>,
    /// Offset and length of the filter section; length 0 for none.
    pub filter: (u64, u64),
    /// Stripes.
    pub stripes: Vec<StripeInfo>,
    /// Blocks of all stripes.
    pub blocks: Vec<BlockInfo>,
    /// Rows of each resource of each block, parallel to [`BlockInfo::resources`].
    pub part_rows: Vec<Box<[u32]>>,
    /// Pages of all blocks.
    pub pages: Vec<PageLocation>,
    /// Where in `pages` those of a block and column begin: blocks times columns, and one more.
    pub page_starts: Vec<u32>,
    /// Counts of all blocks, encoded.
    pub counts: Vec<u8>,
    /// Where in `counts` those of a block lie; `None` where they were too many.
    pub count_ranges: Vec<Option<Range<u32>>>,
}

impl Index {
    /// Columns whose pages the index knows.
    pub fn columns(&self) -> usize {
        located::ATTRIBUTES + self.attributes.len()
    }

    /// The pages of one block and column; none where every row is null.
    pub fn pages(&self, block: usize, column: usize) -> &[PageLocation] {
        let at = block * self.columns() + column;
        match (self.page_starts.get(at), self.page_starts.get(at + 1)) {
            (Some(&start), Some(&end)) => self.pages.get(start as usize..end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// What a segment with this index says of itself.
    pub fn summary(&self, disk_bytes: u64) -> SegmentSummary {
        let times = self.blocks.iter().map(|block| block.times);
        let times = times.reduce(|left, right| (left.0.min(right.0), left.1.max(right.1)));
        let mut names: Vec<Box<str>> = self.attributes.iter().map(|column| column.name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        SegmentSummary {
            meta: self.meta.clone(),
            rows: self.stripes.iter().map(|stripe| stripe.rows).sum(),
            times: times.unwrap_or((0, 0)),
            body_bytes: self.stripes.iter().map(|stripe| stripe.body_bytes).sum(),
            disk_bytes,
            resources: self.resources.clone(),
            attribute_names: names,
        }
    }

    /// The counts of one block.
    pub fn counts(&self, block: usize) -> Option<Vec<Count>> {
        let range = self.count_ranges.get(block)?.as_ref()?;
        let bytes = self.counts.get(range.start as usize..range.end as usize)?;
        decode_counts(bytes, &self.blocks.get(block)?.resources)
    }

    /// Memory it takes, about.
    pub fn memory_bytes(&self) -> usize {
        let resources: usize = self
            .resources
            .iter()
            .flat_map(|share| share.resource.attributes())
            .map(|(name, value)| name.len() + value.len() + 2 * size_of::<Box<str>>())
            .sum();
        let parts: usize = self.part_rows.iter().map(|rows| 2 * size_of_val(&**rows)).sum();
        size_of::<Self>()
            + resources
            + parts
            + self.resources.len() * size_of::<ResourceShare>()
            + self.blocks.len() * (size_of::<BlockInfo>() + size_of::<Box<[u32]>>() + 16)
            + self.pages.len() * size_of::<PageLocation>()
            + self.page_starts.len() * 4
            + self.counts.len()
    }
}
