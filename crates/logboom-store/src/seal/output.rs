//! A segment on its way: written below `tmp/` within space reserved for it, and then given its name.

use std::io;
use std::sync::Arc;

use logboom_model::Batch;
use rustix::io::Errno;

use super::{Pacer, SealError};
use crate::limits::SEGMENT_OVERHEAD_BYTES;
use crate::names::{SEGMENTS_DIR, TEMPORARY_DIR};
use crate::sealed::{Content, Sealed, place};
use crate::segment::{SegmentError, SegmentMeta, write_segment};
use crate::shared::Shared;

/// See the top of the file. When it is dropped its reservation ends, and what lies under its name goes.
pub struct Output {
    shared: Arc<Shared>,
    /// What is to be removed when it is given up.
    name: Option<String>,
    reserved: u64,
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(name) = self.name.take()
            && let Err(error) = self.shared.fs.unlink(&name)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(name, %error, "what was written of a segment could not be removed; the next start does it");
        }
        if self.reserved > 0 {
            self.shared.log().reserved -= self.reserved;
        }
    }
}

impl Output {
    fn new(shared: &Arc<Shared>, name: &str) -> Self {
        Self { shared: shared.clone(), name: Some(name.to_owned()), reserved: 0 }
    }

    /// Reserves space up to so many bytes, or says why there is none.
    fn reserve(&mut self, bytes: u64) -> Result<(), String> {
        if bytes <= self.reserved {
            return Ok(());
        }
        let more = (bytes - self.reserved).max(SEGMENT_OVERHEAD_BYTES);
        let options = &self.shared.options;
        let free = self.shared.fs.disk_free().unwrap_or(u64::MAX);
        if free < options.min_free.saturating_add(more) {
            return Err(format!("{free} bytes of the disk are free, store.min_free is {}", options.min_free));
        }
        let mut log = self.shared.log();
        let used = log.bytes();
        if used + more > options.max_bytes.saturating_sub(log.slack) {
            return Err(format!("{used} of {} bytes are in use", options.max_bytes));
        }
        log.reserved += more;
        self.reserved += more;
        Ok(())
    }

    /// What was written is part of the log: its bytes are counted there, with the log's own lock held.
    pub fn keep(mut self, log: &mut crate::log::Log) {
        log.reserved -= self.reserved;
        self.reserved = 0;
        self.name = None;
    }

    /// What was written has another name now.
    pub fn renamed(&mut self, name: &str) {
        self.name = Some(name.to_owned());
    }

    /// What was written must not be removed, whatever happens.
    pub fn commit_to(&mut self) {
        self.name = None;
    }
}

/// Writes and syncs a segment of rows under a name below `tmp/`. The result has the name it is to get.
pub fn write(
    shared: &Arc<Shared>,
    pacer: &mut Pacer,
    name: &str,
    meta: &SegmentMeta,
    rows: &[Batch],
    estimate: u64,
) -> Result<(Output, Sealed), SealError> {
    let mut output = Output::new(shared, name);
    output.reserve(estimate).map_err(SealError::NoRoom)?;
    match shared.fs.unlink(name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(SealError::io("remove", name)(error));
        }
        _ => {}
    }
    let file = shared.fs.create(name).map_err(SealError::io("make", name))?;
    let mut refused = None;
    let mut pace = |bytes: u64| {
        if let Err(why) = output.reserve(bytes.saturating_add(SEGMENT_OVERHEAD_BYTES)) {
            refused = Some(why);
            return Err(io::ErrorKind::StorageFull.into());
        }
        pacer.pace()
    };
    let summary = match write_segment(&*file, meta, rows, &mut pace) {
        Ok(summary) => summary,
        Err(_) if refused.is_some() => return Err(SealError::NoRoom(refused.unwrap_or_default())),
        Err(_) if pacer.is_stopped() => return Err(SealError::GivenUp),
        Err(SegmentError::Io(error)) if is_full(&error) => {
            return Err(SealError::NoRoom("the disk is full".to_owned()));
        }
        Err(source) => {
            return Err(SealError::Segment { action: "write", name: name.to_owned(), source });
        }
    };
    file.sync_data().map_err(SealError::io("sync", name))?;
    let disk_bytes = file.allocated().map_err(SealError::io("look at", name))?;
    output.reserve(disk_bytes).map_err(SealError::NoRoom)?;
    let path = place(&meta.seqs, meta.first_commit)[2].clone();
    Ok((output, Sealed::new(meta.seqs.clone(), path, disk_bytes, Content::of(&summary))))
}

/// Makes the directories of a segment, durably.
pub fn make_dirs(shared: &Shared, sealed: &Sealed) -> Result<(), SealError> {
    let date = crate::sealed::parent(sealed.dir());
    for (dir, above) in [(SEGMENTS_DIR, ""), (date, SEGMENTS_DIR), (sealed.dir(), date)] {
        shared.fs.create_dir(dir).map_err(SealError::io("make", dir))?;
        shared.fs.sync_dir(above).map_err(SealError::io("sync", above))?;
    }
    Ok(())
}

/// Makes durable that a segment is under its name and no longer below `tmp/`.
pub fn sync_both(shared: &Shared, sealed: &Sealed) -> Result<(), SealError> {
    shared.fs.sync_dir(sealed.dir()).map_err(SealError::io("sync", sealed.dir()))?;
    shared.fs.sync_dir(TEMPORARY_DIR).map_err(SealError::io("sync", TEMPORARY_DIR))
}

fn is_full(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOSPC | Errno::DQUOT))
}
