//! What stands between a search's thread and the response: a bounded channel, and the end of patience with a client
//! that does not read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Sender};
use tokio::time::timeout;

use crate::limits;

/// The thread's end. After the client has gone, or has been too slow, everything handed over is dropped and the
/// search's flag is up.
pub(super) struct Outlet {
    sender: Sender<Option<Bytes>>,
    runtime: Handle,
    patience: Duration,
    cancel: Arc<AtomicBool>,
    chunk: Vec<u8>,
}

impl Outlet {
    /// An outlet of this runtime, and the body that it feeds. A blocked thread waits for `patience`.
    pub fn new(patience: Duration, cancel: Arc<AtomicBool>) -> (Self, mpsc::Receiver<Option<Bytes>>) {
        let (sender, receiver) = mpsc::channel(limits::SEARCH_QUEUE_CHUNKS);
        (Self { sender, runtime: Handle::current(), patience, cancel, chunk: Vec::new() }, receiver)
    }

    /// Appends, and hands over what is large enough, or all of it when the client has taken everything before.
    pub fn write(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.chunk);
        if self.chunk.len() >= limits::CHUNK_BYTES || self.sender.capacity() == self.sender.max_capacity() {
            self.flush();
        }
    }

    /// Hands everything over and says that this is the end; dropped without it, the body is broken off.
    pub fn end(mut self) {
        self.flush();
        if !self.is_over() {
            self.send(None);
        }
    }

    /// Whether nobody takes anything any more.
    pub fn is_over(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Waits for a slow client as long as there is patience.
    fn flush(&mut self) {
        let chunk = std::mem::take(&mut self.chunk);
        if !chunk.is_empty() && !self.is_over() {
            self.send(Some(Bytes::from(chunk)));
        }
    }

    fn send(&self, piece: Option<Bytes>) {
        let sent = self.runtime.block_on(timeout(self.patience, self.sender.send(piece)));
        if !matches!(sent, Ok(Ok(()))) {
            self.cancel.store(true, Ordering::Relaxed);
        }
    }
}
