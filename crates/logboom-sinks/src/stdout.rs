//! Standard output as a destination: formatted lines held in a buffer, written in pieces that never block for long.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use logboom_model::Record;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::format::Format;
use crate::limits::{BUFFER_BYTES, WRITE_BYTES};

/// Lines on their way to a file descriptor.
pub(crate) struct Stdout {
    fd: OwnedFd,
    format: Format,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were written; a later attempt goes on behind them.
    written: usize,
}

/// What became of the held lines.
#[derive(Debug)]
pub(crate) enum Flushed {
    /// All were written.
    Done,
    /// The other side took nothing within the time.
    Waiting,
    /// The write failed; what is left may be tried again.
    Failed(io::Error),
}

impl Stdout {
    pub(crate) fn new(fd: OwnedFd, format: Format) -> Self {
        Self { fd, format, buffer: Vec::new(), written: 0 }
    }

    /// Holds one record until the next flush.
    pub(crate) fn push(&mut self, record: &Record<'_>) {
        self.format.write(record, &mut self.buffer);
    }

    /// Whether it is time to flush.
    pub(crate) fn is_full(&self) -> bool {
        self.buffer.len() >= BUFFER_BYTES
    }

    /// Writes what is held, waiting at most so long for the other side each time.
    pub(crate) fn flush(&mut self, timeout: Duration) -> Flushed {
        while self.written < self.buffer.len() {
            match self.wait_writable(timeout) {
                Ok(true) => {}
                Ok(false) => return Flushed::Waiting,
                Err(error) => return Flushed::Failed(error.into()),
            }
            let end = self.buffer.len().min(self.written + WRITE_BYTES);
            match rustix::io::write(&self.fd, &self.buffer[self.written..end]) {
                Ok(0) => return Flushed::Failed(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(Errno::INTR) => {}
                Err(error) => return Flushed::Failed(error.into()),
            }
        }
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_BYTES);
        self.written = 0;
        Flushed::Done
    }

    /// Whether a write would be taken, or would fail at once.
    fn wait_writable(&self, timeout: Duration) -> Result<bool, Errno> {
        let timeout = Timespec::try_from(timeout).map_err(|_| Errno::INVAL)?;
        let mut fds = [PollFd::new(&self.fd, PollFlags::OUT)];
        match poll(&mut fds, Some(&timeout)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
