//! Reads one file in long sequential pieces, forwards or backwards, and hands out the parts that are asked for.

use std::io;
use std::sync::Arc;

use crate::fs::{FsFile, read_full};
use crate::limits::{READ_BYTES, READ_JUMP_BYTES};

/// The piece of a file that is in memory.
#[derive(Debug)]
pub struct Window {
    file: Arc<dyn FsFile>,
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// Nothing is read yet.
    pub fn new(file: Arc<dyn FsFile>) -> Self {
        Self { file, start: 0, bytes: Vec::new() }
    }

    /// The file.
    pub fn file(&self) -> &Arc<dyn FsFile> {
        &self.file
    }

    /// `length` bytes at an offset; fewer when the file, or `limit`, ends before. Nothing at or beyond `limit` is
    /// read, since it may still change.
    pub fn fetch(&mut self, offset: u64, length: usize, limit: u64) -> io::Result<&[u8]> {
        let length = length.min(usize::try_from(limit.saturating_sub(offset)).unwrap_or(usize::MAX));
        let wanted = offset..offset + length as u64;
        let held = self.start..self.start + self.bytes.len() as u64;
        if wanted.start < held.start || wanted.end > held.end {
            // Going on where the last piece ended, or back to before it, is reading; anything else is jumping.
            let going_on = wanted.start >= held.start && wanted.start <= held.end + READ_JUMP_BYTES as u64;
            let going_back =
                wanted.start < held.start && wanted.end >= held.start.saturating_sub(READ_BYTES as u64);
            let (start, end) = if going_on {
                (offset, offset + (READ_BYTES as u64).max(length as u64))
            } else if going_back {
                (wanted.end.saturating_sub(READ_BYTES as u64).min(offset), wanted.end)
            } else {
                (offset, offset + (READ_JUMP_BYTES as u64).max(length as u64))
            };
            self.fill(start, end.min(limit))?;
        }
        let from = ((offset - self.start) as usize).min(self.bytes.len());
        let to = (from + length).min(self.bytes.len());
        Ok(&self.bytes[from..to])
    }

    fn fill(&mut self, start: u64, end: u64) -> io::Result<()> {
        self.start = start;
        self.bytes.resize(end.saturating_sub(start) as usize, 0);
        match read_full(&*self.file, &mut self.bytes, start) {
            Ok(count) => self.bytes.truncate(count),
            Err(error) => {
                self.bytes.clear();
                return Err(error);
            }
        }
        Ok(())
    }
}
