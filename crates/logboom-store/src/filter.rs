//! Filters of a segment: which of its blocks may hold a text or an identifier, from a few small reads.
//!
//! Three kinds, built in one pass over the text of each block (see `header` for the bytes):
//! * *trigrams*, a bitmap per block, and *shapes*, a bitmap of five bytes with digits and separators merged (`grams`).
//!   Both are sliced by block: a slot's bits of all blocks lie together, so that a question reads a page of 4 KiB for
//!   each slot it asks;
//! * *identifiers*, tokens of six bytes or more with a digit, as one sorted list for all blocks (`identifiers`): a
//!   question reads one page of 3 KiB. A sliced Bloom filter of the same rate takes a fifth more, a page for each of
//!   its hashes, and a width for each size of block.
//!
//! On lines of sixteen containers (`examples/filter_speed.rs`, segments of 64 MiB, 32 blocks; plain lines, and half of
//! them JSON with random ids) they take 0.83 % and 1.36 % of the bodies. Of the blocks that do not hold what is asked
//! they leave: an identifier 0.1 %, a word 2.2 % and 3.3 %; a substring without a digit of 24 bytes 0.5 % and 0.3 %, of
//! 8 bytes 2.6 % and 2.8 %; one with digits, which most blocks have in all orders, 7 % and 15 %, 35 % and 38 %.
//! Trigrams alone leave 15 % for a word, as do bitmaps of twice their size. A MB of bodies costs about 1 ms of CPU, and
//! 25 ns for each identifier in it.

mod builder;
mod grams;
mod header;
mod identifiers;
mod prune;
mod rice;
mod text;

use std::io;

use bytes::Bytes;

pub use builder::FilterBuilder;
use header::Header;
use prune::Asking;

use crate::{BlockSet, Probe};

/// Reads bytes of the section: offset within it, and length.
pub type ReadAt<'a> = &'a dyn Fn(u64, usize) -> io::Result<Bytes>;

/// Read at once when a section is opened: nearly always its whole header.
const OPEN_BYTES: usize = 4 << 10;

/// Why filters could not be used. All blocks must be taken as possible then.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// The section could not be read.
    #[error("the filters could not be read")]
    Io(#[from] io::Error),
    /// Its bytes are not what was written.
    #[error("the filters are damaged: {0}")]
    Damaged(&'static str),
    /// Written by a newer logboom.
    #[error("the filters have version {0}, which this logboom does not know")]
    Version(u16),
}

/// The filters of a segment, of which only a header is in memory.
#[derive(Debug, Clone)]
pub struct Filter {
    /// None for a segment without blocks.
    header: Option<Header>,
}

impl Filter {
    /// Reads the header of a section.
    ///
    /// # Errors
    /// A section that cannot be read, is damaged or newer.
    pub fn open(read: ReadAt<'_>, section_len: u64) -> Result<Self, FilterError> {
        if section_len == 0 {
            return Ok(Self { header: None });
        }
        let mut bytes = read(0, section_len.min(OPEN_BYTES as u64) as usize)?;
        let len = Header::len_from(&bytes, section_len)?;
        if len > bytes.len() {
            bytes = read(0, len)?;
        }
        let bytes = bytes.get(..len).ok_or(FilterError::Damaged("the header is cut short"))?;
        Ok(Self { header: Some(Header::decode(bytes, section_len)?) })
    }

    /// Takes out the blocks that cannot meet a probe; reads only what that needs.
    ///
    /// # Errors
    /// A section that cannot be read or is damaged; `blocks` then still holds every block that may match.
    pub fn prune(&self, read: ReadAt<'_>, probe: &Probe, blocks: &mut BlockSet) -> Result<(), FilterError> {
        match &self.header {
            Some(header) => Asking::new(header, read).prune(probe, blocks),
            None => Ok(()),
        }
    }

    /// Memory it takes, for the budget of a cache.
    pub fn memory_bytes(&self) -> usize {
        let pages = self.header.as_ref().map_or(0, |header| header.page_lens.len() * 2 + header.unkept.len());
        size_of::<Self>() + pages
    }
}

#[cfg(test)]
mod tests;
