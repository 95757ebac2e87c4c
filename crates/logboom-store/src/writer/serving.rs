//! What the writer does for the sealer, on its own thread or at once.

use super::{Pending, Room, Writer};
use crate::active::WriteError;
use crate::seal::{Commits, Wish};

impl Writer {
    /// Does what the sealer asks for; says whether it asked.
    pub(crate) fn serve(&mut self) -> bool {
        let requests = std::mem::take(&mut self.shared.queue().requests);
        let any = !requests.is_empty();
        for request in requests {
            let result = match request.wish {
                Wish::Commit(pending) => Commits::commit(self, pending),
                Wish::Evict(count) => Commits::evict(self, count),
            };
            // Nobody may wait for it any more.
            let _ = request.answer.send(result);
        }
        any
    }
}

impl Commits for Writer {
    fn commit(&mut self, mut pending: Pending) -> Result<(), WriteError> {
        Self::commit(self, &mut pending, Room::Reserve)
    }

    fn evict(&mut self, count: usize) -> Result<(), WriteError> {
        if self.active.is_none() {
            return Err(WriteError::NoFile);
        }
        Self::evict(self, count)
    }
}
