//! Filters of a segment: which of its blocks may hold a text or an identifier, from a few small reads.

use std::io;

use bytes::Bytes;

use crate::{BlockSet, Probe};

/// Reads bytes of the section: offset within it, and length.
pub type ReadAt<'a> = &'a dyn Fn(u64, usize) -> io::Result<Bytes>;

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

/// Builds the filters of one segment, block by block.
#[derive(Debug, Default)]
pub struct FilterBuilder {
    blocks: usize,
}

impl FilterBuilder {
    /// Filters of no blocks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bodies `bytes[offsets[i]..offsets[i + 1]]` to the open block.
    pub fn add_bodies(&mut self, _bytes: &[u8], _offsets: &[u32]) {}

    /// Adds other text of the open block that searches look into: unescaped strings, source attributes.
    pub fn add_text(&mut self, _text: &[u8]) {}

    /// Closes the open block; the next one is open.
    pub fn end_block(&mut self) {
        self.blocks += 1;
    }

    /// The section.
    pub fn finish(self) -> Vec<u8> {
        Vec::new()
    }
}

/// The filters of a segment, of which only a header is in memory.
#[derive(Debug)]
pub struct Filter {}

impl Filter {
    /// Reads the header of the section.
    ///
    /// # Errors
    /// A section that cannot be read, is damaged or newer.
    pub fn open(_read: ReadAt<'_>, _section_len: u64) -> Result<Self, FilterError> {
        Ok(Self {})
    }

    /// Takes out the blocks that cannot meet a probe; reads only what that needs.
    ///
    /// # Errors
    /// A section that cannot be read or is damaged; `blocks` then still holds every block that may match.
    pub fn prune(&self, _read: ReadAt<'_>, _probe: &Probe, _blocks: &mut BlockSet) -> Result<(), FilterError> {
        Ok(())
    }

    /// Memory it takes, for the budget of a cache.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
    }
}
