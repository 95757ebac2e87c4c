//! What the sealer's thread asks of the writer's.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::time::Duration;

use super::Commits;
use crate::active::WriteError;
use crate::limits::SEALER_TICK_MS;
use crate::shared::Shared;
use crate::writer::Pending;

/// One thing to be done at once; the answer goes back.
pub struct Request {
    /// What.
    pub wish: Wish,
    /// Where the answer goes.
    pub answer: SyncSender<Result<(), WriteError>>,
}

/// See [`Commits`].
pub enum Wish {
    /// Commit this.
    Commit(Pending),
    /// Evict so many.
    Evict(usize),
}

/// The writer, from another thread.
pub struct Remote {
    shared: Arc<Shared>,
}

impl Remote {
    /// The writer of a store.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    fn ask(&self, wish: Wish) -> Result<(), WriteError> {
        let (answer, answered) = mpsc::sync_channel(1);
        {
            let mut queue = self.shared.queue();
            if queue.closed {
                return Err(WriteError::NoFile);
            }
            queue.requests.push(Request { wish, answer });
        }
        self.shared.work.notify_one();
        loop {
            match answered.recv_timeout(Duration::from_millis(SEALER_TICK_MS)) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Timeout) => {}
                // The writer has ended.
                Err(RecvTimeoutError::Disconnected) => return Err(WriteError::NoFile),
            }
        }
    }
}

impl Commits for Remote {
    fn commit(&mut self, pending: Pending) -> Result<(), WriteError> {
        self.ask(Wish::Commit(pending))
    }

    fn evict(&mut self, count: usize) -> Result<(), WriteError> {
        self.ask(Wish::Evict(count))
    }
}
