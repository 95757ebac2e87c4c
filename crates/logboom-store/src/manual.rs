//! The store of tests: nothing happens in it but what they say.

use std::fmt::Debug;

use crate::Store;
use crate::seal::Sealer;
use crate::writer::Writer;

/// A store whose writer runs only when told to, for tests that must not depend on time.
pub struct ManualStore {
    /// The store.
    pub store: Store,
    pub(crate) writer: Option<Writer>,
    pub(crate) sealer: Sealer,
    pub(crate) lock: Option<Box<dyn Debug + Send + Sync>>,
}

impl ManualStore {
    /// Does what the writer would do now.
    pub fn pump(&mut self) {
        if let Some(writer) = &mut self.writer {
            writer.pump();
        }
    }

    /// Begins a new journal file now.
    pub fn roll(&mut self) -> bool {
        self.writer.as_mut().is_some_and(|writer| writer.begin_file().is_ok())
    }

    /// Seals the oldest closed journal file now; says whether there was one. `None` when that failed.
    pub fn seal(&mut self) -> Option<bool> {
        let writer = self.writer.as_mut()?;
        self.sealer.seal(writer).inspect_err(|error| tracing::warn!(%error, "not sealed")).ok()
    }

    /// Rewrites the oldest segments of resources that take more than their share, as if so many bytes of room were
    /// wanted; says whether there was one. `None` when that failed.
    pub fn rewrite(&mut self, wanted: u64) -> Option<bool> {
        let writer = self.writer.as_mut()?;
        self.sealer
            .rewrite_for(wanted, writer)
            .inspect_err(|error| tracing::warn!(%error, "not rewritten"))
            .ok()
    }

    /// Does what the sealer would do next; says whether there was anything to do. `None` when that failed.
    pub fn tidy(&mut self) -> Option<bool> {
        let writer = self.writer.as_mut()?;
        self.sealer.step(writer).inspect_err(|error| tracing::warn!(%error, "not tidied")).ok()
    }

    /// Evicts the oldest segment or journal file now.
    pub fn evict(&mut self) -> bool {
        self.writer.as_mut().is_some_and(|writer| writer.active.is_some() && writer.evict(1).is_ok())
    }

    /// Stops in good order.
    pub fn close(mut self) {
        if let Some(writer) = self.writer.take() {
            writer.close();
        }
        self.lock = None;
    }
}
