//! A file of the store as a stream of bytes, written in large pieces.

use std::io::{self, Write};

use crate::fs::FsFile;
use crate::limits::SEGMENT_WRITE_BYTES;

/// Appends to a file from its start.
#[derive(Debug)]
pub(super) struct FileSink<'a> {
    file: &'a dyn FsFile,
    written: u64,
    buffer: Vec<u8>,
}

impl<'a> FileSink<'a> {
    /// At the start of an empty file.
    pub fn new(file: &'a dyn FsFile) -> Self {
        Self { file, written: 0, buffer: Vec::with_capacity(SEGMENT_WRITE_BYTES) }
    }
}

impl Write for FileSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > SEGMENT_WRITE_BYTES {
            self.flush()?;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut done = 0;
        while done < self.buffer.len() {
            match self.file.write_at(&self.buffer[done..], self.written) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    done += count;
                    self.written += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.buffer.clear();
        Ok(())
    }
}
