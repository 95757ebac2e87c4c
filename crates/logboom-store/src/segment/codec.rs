//! zstd around pages, with one context and one buffer for many of them.

use std::cell::RefCell;
use std::io::{self, Cursor};

use zstd::bulk;

use super::SegmentError;
use crate::limits::{PAGE_COMPRESS_BYTES_MIN, ZSTD_LEVEL};

/// A page that shrinks by less than one part in so many is stored as it is: reading it costs nothing then.
const GAIN_LEAST: usize = 16;

/// Compresses pages.
pub(super) struct Compressor {
    zstd: bulk::Compressor<'static>,
    buffer: Vec<u8>,
}

impl Compressor {
    /// With a context of its own.
    pub fn new() -> io::Result<Self> {
        Ok(Self { zstd: bulk::Compressor::new(ZSTD_LEVEL)?, buffer: Vec::new() })
    }

    /// One frame.
    pub fn compress(&mut self, raw: &[u8]) -> io::Result<&[u8]> {
        self.buffer.clear();
        self.append(raw)?;
        Ok(&self.buffer)
    }

    /// A data page: levels as they are, then values, compressed if that gains something. Says whether it did.
    pub fn page(&mut self, levels: &[u8], values: &[u8]) -> Result<(&[u8], bool), SegmentError> {
        if values.len() > i32::MAX as usize {
            return Err(SegmentError::Unfit("a page beyond 2 GiB"));
        }
        self.buffer.clear();
        self.buffer.extend_from_slice(levels);
        let mut compressed = false;
        if values.len() >= PAGE_COMPRESS_BYTES_MIN {
            let stored = self.append(values)?;
            compressed = stored + values.len() / GAIN_LEAST < values.len();
        }
        if !compressed {
            self.buffer.truncate(levels.len());
            self.buffer.extend_from_slice(values);
        }
        Ok((&self.buffer, compressed))
    }

    fn append(&mut self, raw: &[u8]) -> io::Result<usize> {
        let start = self.buffer.len();
        self.buffer.reserve(zstd::zstd_safe::compress_bound(raw.len()));
        let mut end = Cursor::new(&mut self.buffer);
        end.set_position(start as u64);
        self.zstd.compress_to_buffer(raw, &mut end)
    }
}

thread_local! {
    /// Making a context costs more than decompressing a small page.
    static DECOMPRESSOR: RefCell<Option<bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Decompresses one frame of exactly so many raw bytes to the end of a buffer.
pub(super) fn decompress(frame: &[u8], raw: usize, out: &mut Vec<u8>) -> Result<(), SegmentError> {
    DECOMPRESSOR.with_borrow_mut(|slot| {
        let zstd = match slot {
            Some(zstd) => zstd,
            None => slot.insert(bulk::Decompressor::new()?),
        };
        let start = out.len();
        // zstd fills what capacity there is: a frame that says more than it should must not get it.
        out.reserve_exact(raw);
        let mut end = Cursor::new(&mut *out);
        end.set_position(start as u64);
        match zstd.decompress_to_buffer(frame, &mut end) {
            Ok(count) if count == raw => Ok(()),
            _ => Err(SegmentError::Damaged("a page does not decompress to its length")),
        }
    })
}
