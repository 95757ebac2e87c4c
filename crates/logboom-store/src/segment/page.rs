//! Pages of one block, read, checked and decompressed.

use logboom_model::TextValues;

use super::codec::decompress;
use super::index::{Index, PageLocation, located};
use super::{BlockInfo, SegmentError};
use crate::encoding::{delta_length, hybrid};
use crate::fs::{FsFile, read_full};

/// Reads the pages of one block.
pub(super) struct Pages<'a> {
    file: &'a dyn FsFile,
    index: &'a Index,
    at: usize,
    /// The page read last: as it is stored, and its values decompressed.
    stored: Vec<u8>,
    values: Vec<u8>,
}

/// A page in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page<'a> {
    /// Definition levels, encoded.
    pub levels: &'a [u8],
    /// Values, encoded.
    pub values: &'a [u8],
}

impl<'a> Pages<'a> {
    /// Of a block.
    pub fn new(file: &'a dyn FsFile, index: &'a Index, at: usize) -> Self {
        Self { file, index, at, stored: Vec::new(), values: Vec::new() }
    }

    /// The one page of a column; `None` where all rows are null.
    pub fn one(&mut self, column: usize) -> Result<Option<Page<'_>>, SegmentError> {
        let Some(location) = self.index.pages(self.at, column).first() else { return Ok(None) };
        read(self.file, location, &mut self.stored)?;
        let (levels, values) = self.stored.split_at(location.levels as usize);
        if location.raw == 0 {
            return Ok(Some(Page { levels, values }));
        }
        self.values.clear();
        decompress(values, location.raw as usize, &mut self.values)?;
        Ok(Some(Page { levels, values: &self.values }))
    }

    /// Bodies byte for byte, with their offsets.
    pub fn bodies(&mut self) -> Result<(Vec<u32>, Vec<u8>), SegmentError> {
        let block = &self.index.blocks[self.at];
        let pages = self.index.pages(self.at, located::BODY);
        let raw: u64 = pages.iter().map(|page| u64::from(raw_bytes(page))).sum();
        if raw > raw_bytes_max(block, pages.len()) {
            return Err(SegmentError::Damaged("pages longer than their bodies"));
        }
        let mut offsets = Vec::with_capacity(block.rows + 1);
        offsets.push(0);
        let mut body = Vec::with_capacity(raw as usize);
        let mut page_offsets = Vec::new();
        for page in pages {
            let start = body.len();
            read(self.file, page, &mut self.stored)?;
            let values = &self.stored[page.levels as usize..];
            match page.raw {
                0 => body.extend_from_slice(values),
                raw => decompress(values, raw as usize, &mut body)?,
            }
            let begin = delta_length::decode(&body[start..], page.rows as usize, &mut page_offsets)?;
            body.copy_within(start + begin.., start);
            body.truncate(body.len() - begin);
            offsets.extend(page_offsets[1..].iter().map(|offset| offset + start as u32));
            let end = offsets.last().copied().unwrap_or(0) as usize;
            body.truncate(end);
        }
        match self.index.pages(self.at, located::BODY_BYTES) {
            [] => {}
            _ => (offsets, body) = self.exact(block, &offsets, &body)?,
        }
        if body.len() as u64 != block.body_bytes || offsets.len() != block.rows + 1 {
            return Err(SegmentError::Damaged("bodies are not as long as the index says"));
        }
        Ok((offsets, body))
    }

    /// Puts the bytes of rows that are not UTF-8 in the place of their text.
    fn exact(
        &mut self,
        block: &BlockInfo,
        offsets: &[u32],
        text: &[u8],
    ) -> Result<(Vec<u32>, Vec<u8>), SegmentError> {
        let Some(page) = self.one(located::BODY_BYTES)? else { return Ok((offsets.to_vec(), text.to_vec())) };
        let exact = page.texts(block.rows)?;
        let mut exact_rows = exact.offsets.windows(2);
        let mut body = Vec::with_capacity(text.len());
        let mut out = Vec::with_capacity(offsets.len());
        out.push(0);
        for (row, &inexact) in offsets.windows(2).zip(&exact.valid) {
            let exact_row = if inexact { exact_rows.next() } else { None };
            match exact_row {
                Some(at) => body.extend_from_slice(&exact.bytes[at[0] as usize..at[1] as usize]),
                None => body.extend_from_slice(&text[row[0] as usize..row[1] as usize]),
            }
            out.push(body.len() as u32);
        }
        Ok((out, body))
    }
}

/// Reads a page as it is stored.
fn read(file: &dyn FsFile, page: &PageLocation, stored: &mut Vec<u8>) -> Result<(), SegmentError> {
    stored.resize((page.levels + page.stored) as usize, 0);
    if read_full(file, stored, page.offset)? < stored.len() {
        return Err(SegmentError::Damaged("it is cut short"));
    }
    if crc32c::crc32c(stored) != page.crc {
        return Err(SegmentError::Damaged("a page does not match its checksum"));
    }
    Ok(())
}

/// What the pages of a block's bodies may take: U+FFFD is three bytes for one, a length takes no more than ten.
fn raw_bytes_max(block: &BlockInfo, pages: usize) -> u64 {
    3 * block.body_bytes + 16 * block.rows as u64 + 1_024 * pages as u64
}

fn raw_bytes(page: &PageLocation) -> u32 {
    if page.raw == 0 { page.stored } else { page.raw }
}

impl Page<'_> {
    /// Codes of a dictionary.
    pub fn codes(&self, count: usize) -> Result<Vec<u32>, SegmentError> {
        let (&width, packed) =
            self.values.split_first().ok_or(SegmentError::Damaged("a page without values"))?;
        let mut codes = Vec::new();
        hybrid::decode(packed, width, count, &mut codes)?;
        Ok(codes)
    }

    /// Which rows have a value, and how many do.
    pub fn valid(&self, rows: usize) -> Result<(Vec<bool>, usize), SegmentError> {
        let mut levels = Vec::new();
        hybrid::decode(self.levels, 1, rows, &mut levels)?;
        let present = levels.iter().filter(|&&level| level == 1).count();
        Ok((levels.into_iter().map(|level| level == 1).collect(), present))
    }

    /// Texts, of the rows that have one.
    pub fn texts(&self, rows: usize) -> Result<TextValues, SegmentError> {
        let (valid, present) = self.valid(rows)?;
        let mut offsets = Vec::new();
        let begin = delta_length::decode(self.values, present, &mut offsets)?;
        let end = begin + offsets.last().copied().unwrap_or(0) as usize;
        Ok(TextValues { valid, bytes: self.values[begin..end].to_vec(), offsets })
    }
}
