//! What a search reads: the durable log of one moment, newest first.

use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;

use logboom_model::{Batch, StoreId};

use crate::{OpenError, ReadError, StoreStats};

/// How far a scan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScanProgress {
    /// Journal entries looked at or skipped.
    pub entries_done: u64,
    /// Journal entries of the snapshot, as far as known.
    pub entries_total: u64,
    /// Bytes on disk of the entries done.
    pub bytes_done: u64,
    /// Bytes on disk of the snapshot.
    pub bytes_total: u64,
}

/// The durable log of one moment.
pub struct Snapshot {
    pub(crate) store_id: StoreId,
    pub(crate) entries: Vec<Arc<[Batch]>>,
    pub(crate) seqs: Range<u64>,
    pub(crate) stats: StoreStats,
}

impl Snapshot {
    /// Opens a data directory for reading only, whether or not a logboom runs on it. Writes nothing.
    pub fn open_read_only(dir: &Path) -> Result<Self, OpenError> {
        Err(OpenError::Missing { path: dir.to_path_buf() })
    }

    /// The store's id.
    pub fn store_id(&self) -> StoreId {
        self.store_id
    }

    /// The seqs that can be read.
    pub fn seqs(&self) -> Range<u64> {
        self.seqs.clone()
    }

    /// Figures of the moment.
    pub fn stats(&self) -> StoreStats {
        self.stats.clone()
    }

    /// Visits the batches of each commit, newest commit first; commits without an event time in `times` are left
    /// out. The visitor ends the scan with `Break`, or says with `Continue(time)` that from now on commits whose
    /// newest event is older than `time` are of no use to it (`i64::MIN` for none).
    pub fn scan(
        &self,
        times: Range<i64>,
        visit: &mut dyn FnMut(&[Batch], ScanProgress) -> ControlFlow<(), i64>,
    ) -> Result<(), ReadError> {
        let mut least = i64::MIN;
        let mut progress =
            ScanProgress { entries_total: self.entries.len() as u64, ..ScanProgress::default() };
        for entry in self.entries.iter().rev() {
            progress.entries_done += 1;
            let ranges = || entry.iter().filter_map(Batch::time_range);
            let oldest = ranges().map(|range| range.0).min().unwrap_or(i64::MAX);
            let newest = ranges().map(|range| range.1).max().unwrap_or(i64::MIN);
            if newest < least || newest < times.start || oldest >= times.end {
                continue;
            }
            match visit(entry, progress) {
                ControlFlow::Break(()) => break,
                ControlFlow::Continue(time) => least = least.max(time),
            }
        }
        Ok(())
    }
}
