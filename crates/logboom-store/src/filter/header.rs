//! The bytes of the section.
//!
//! ```text
//! header      see below, and its CRC-32C
//! trigrams    pages of rows; a row is one bit per block, rows follow each other without padding
//! shapes      likewise
//! identifiers pages of buckets (see `identifiers`)
//!
//! header  0  magic "LBFI"        4  version u16             6  bits of a trigram's slot u8
//!         7  bits of a shape's slot u8                      8  lower bits of a gap u8   9  zero, three bytes
//!         12 blocks u32          16 buckets u32             20 places of a bucket u32   24 pages of identifiers u32
//!         28 for each page of identifiers: its length u16, zero for one that says nothing
//!         then one bit per block whose identifiers were not kept, filled up to bytes
//!         then CRC-32C u32 of all before
//! ```
//! Every page ends with the CRC-32C of what is before it. All numbers are little-endian. Pages of trigrams
//! and shapes have as many rows as fit in 4,092 bytes, the last one the rest.

use super::FilterError;
use super::grams::{SLOT_BITS_MAX, SLOT_BITS_MIN};
use super::identifiers::Spread;

/// First bytes of the section.
const MAGIC: &[u8; 4] = b"LBFI";
/// Version of the section.
const VERSION: u16 = 1;
/// Bytes of the header before the lengths of pages.
const FIXED_LEN: usize = 28;
/// Bytes of a checksum.
pub(super) const CHECKSUM_LEN: usize = 4;
/// Bytes of a page of rows.
const ROWS_BYTES: usize = 4 << 10;
/// Blocks that have filters; later ones are never pruned. A segment of 64 MiB has about forty.
pub(super) const BLOCKS_MAX: usize = 4_096;
/// Lower bits of a gap at most.
const GAP_BITS_MAX: u8 = 24;
/// Most numbers that the pairs of one bucket can have.
const NUMBERS_MAX: u64 = 1 << 31;

/// What is known of a section before any page of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) trigram_bits: u8,
    pub(super) shape_bits: u8,
    pub(super) blocks: usize,
    pub(super) spread: Spread,
    /// Blocks whose identifiers were not kept, one bit each.
    pub(super) unkept: Vec<u8>,
    /// Lengths of the pages of identifiers, with checksums.
    pub(super) page_lens: Vec<u16>,
}

/// A page of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    /// Bytes without the checksum.
    pub(super) len: usize,
}

/// How many rows a page has.
pub(super) fn rows_of_page(blocks: usize) -> usize {
    ((ROWS_BYTES - CHECKSUM_LEN) * 8 / blocks.max(1)).max(1)
}

/// Bytes of a header with so many pages of identifiers and blocks.
fn header_len(pages: usize, blocks: usize) -> usize {
    FIXED_LEN + 2 * pages + blocks.div_ceil(8) + CHECKSUM_LEN
}

impl Header {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&[self.trigram_bits, self.shape_bits, self.spread.gap_bits, 0, 0, 0]);
        for number in
            [self.blocks as u32, self.spread.buckets, self.spread.places, self.page_lens.len() as u32]
        {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend(self.page_lens.iter().flat_map(|len| len.to_le_bytes()));
        out.extend_from_slice(&self.unkept);
        let sum = crc32c::crc32c(&out[start..]);
        out.extend_from_slice(&sum.to_le_bytes());
    }

    /// How long the header is that begins with these bytes, within a section of so many.
    pub(super) fn len_from(bytes: &[u8], section_len: u64) -> Result<usize, FilterError> {
        let fixed: &[u8; FIXED_LEN] =
            bytes.first_chunk().ok_or(FilterError::Damaged("the header is cut short"))?;
        if &fixed[..4] != MAGIC {
            return Err(FilterError::Damaged("no filters are there"));
        }
        let version = u16::from_le_bytes([fixed[4], fixed[5]]);
        if version != VERSION {
            return Err(FilterError::Version(version));
        }
        let len = header_len(number(fixed, 24), number(fixed, 12));
        if number(fixed, 12) > BLOCKS_MAX || len as u64 > section_len {
            return Err(FilterError::Damaged("the header says what cannot be"));
        }
        Ok(len)
    }

    /// Reads a header of the length that [`Header::len_from`] gave.
    pub(super) fn decode(bytes: &[u8], section_len: u64) -> Result<Self, FilterError> {
        let cannot_be = FilterError::Damaged("the header says what cannot be");
        let Some(bytes) = checked(bytes).filter(|bytes| bytes.len() >= FIXED_LEN) else {
            return Err(FilterError::Damaged("the header has another checksum"));
        };
        let (trigram_bits, shape_bits, gap_bits) = (bytes[6], bytes[7], bytes[8]);
        let [blocks, buckets, places, pages] = [12, 16, 20, 24].map(|at| number(bytes, at));
        let spread =
            Spread { buckets: buckets as u32, places: places as u32, blocks: blocks as u32, gap_bits };
        let slot_bits = SLOT_BITS_MIN..=SLOT_BITS_MAX;
        let fits = slot_bits.contains(&trigram_bits)
            && slot_bits.contains(&shape_bits)
            && gap_bits <= GAP_BITS_MAX
            && (1..=BLOCKS_MAX).contains(&blocks)
            && buckets > 0
            && places > 0
            && places as u64 * blocks as u64 <= NUMBERS_MAX
            && spread.pages() == pages
            && bytes.len() + CHECKSUM_LEN == header_len(pages, blocks);
        if !fits {
            return Err(cannot_be);
        }
        let (lens, unkept) = bytes[FIXED_LEN..].split_at(2 * pages);
        let page_lens = lens.chunks(2).map(|len| u16::from_le_bytes([len[0], len[1]])).collect();
        let header = Self { trigram_bits, shape_bits, blocks, spread, unkept: unkept.to_vec(), page_lens };
        if header.end() != section_len {
            return Err(cannot_be);
        }
        Ok(header)
    }

    fn len(&self) -> usize {
        header_len(self.page_lens.len(), self.blocks)
    }

    /// Bytes of rows, without checksums.
    fn rows_len(&self, rows: usize) -> usize {
        (rows * self.blocks).div_ceil(8)
    }

    /// Where the row of a trigram's slot lies: its page, and its first bit there.
    pub(super) fn trigram_row(&self, slot: usize) -> (Place, usize) {
        self.row(self.len() as u64, self.trigram_bits, slot)
    }

    /// Where the row of a shape's slot lies, likewise.
    pub(super) fn shape_row(&self, slot: usize) -> (Place, usize) {
        self.row(self.rows_end(self.len() as u64, self.trigram_bits), self.shape_bits, slot)
    }

    /// Where a row lies within pages that begin at `start`.
    fn row(&self, start: u64, slot_bits: u8, slot: usize) -> (Place, usize) {
        let (slots, rows) = (1 << slot_bits, rows_of_page(self.blocks));
        let page = slot / rows;
        let full = self.rows_len(rows) + CHECKSUM_LEN;
        let len = self.rows_len(rows.min(slots - page * rows));
        (Place { offset: start + (page * full) as u64, len }, slot % rows * self.blocks)
    }

    /// Where pages end that begin at `start`.
    fn rows_end(&self, start: u64, slot_bits: u8) -> u64 {
        let (last, _) = self.row(start, slot_bits, (1 << slot_bits) - 1);
        last.offset + (last.len + CHECKSUM_LEN) as u64
    }

    /// Where the pages of identifiers begin.
    fn identifiers(&self) -> u64 {
        self.rows_end(self.rows_end(self.len() as u64, self.trigram_bits), self.shape_bits)
    }

    /// Where a page of identifiers lies; none if it says nothing.
    pub(super) fn identifier_page(&self, page: usize) -> Option<Place> {
        let before: u64 = self.page_lens.iter().take(page).map(|&len| u64::from(len)).sum();
        let len = usize::from(*self.page_lens.get(page)?).checked_sub(CHECKSUM_LEN)?;
        Some(Place { offset: self.identifiers() + before, len })
    }

    /// Bytes of the section.
    fn end(&self) -> u64 {
        self.identifiers() + self.page_lens.iter().map(|&len| u64::from(len)).sum::<u64>()
    }
}

fn number(bytes: &[u8], at: usize) -> usize {
    bytes[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
}

/// Adds its checksum to a page.
pub(super) fn seal(page: &mut Vec<u8>) {
    let sum = crc32c::crc32c(page);
    page.extend_from_slice(&sum.to_le_bytes());
}

/// Bytes without the checksum that they end with; none if it is another one.
pub(super) fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (bytes, sum) = bytes.split_last_chunk::<CHECKSUM_LEN>()?;
    (crc32c::crc32c(bytes) == u32::from_le_bytes(*sum)).then_some(bytes)
}
