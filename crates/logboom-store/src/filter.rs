//! Filters of a segment: which of its blocks may hold a text or an identifier, from a few small reads.

mod builder;
mod header;
mod identifiers;
mod prune;
mod rice;
mod text;
mod trigrams;

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
