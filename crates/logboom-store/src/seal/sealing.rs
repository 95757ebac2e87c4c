//! The oldest closed journal file becomes a segment.

use std::sync::Arc;

use super::decode::decode;
use super::{Commits, SealError, Sealer, output};
use crate::limits::SEGMENT_OVERHEAD_BYTES;
use crate::log::{FileView, Log, journal_path};
use crate::names::SEAL_NAME;
use crate::sealed::Sealed;
use crate::segment::SegmentMeta;
use crate::writer::Pending;

impl Sealer {
    /// Seals the oldest closed journal file, if there is one; says whether it did.
    pub fn seal(&mut self, commits: &mut dyn Commits) -> Result<bool, SealError> {
        self.settle(commits)?;
        let Some(view) = self.oldest_closed() else { return Ok(false) };
        self.pacer.begin();
        let rows = decode(&self.shared, &view)?;
        let seqs = view.summary.first_seq..view.end_seq;
        let commits_of = (view.summary.first_commit, view.summary.last_commit);
        let meta = SegmentMeta {
            store_id: self.shared.store_id,
            seqs: seqs.clone(),
            first_commit: commits_of.0,
            last_commit: commits_of.1,
            evicted: 0,
        };
        let estimate = view.bytes + SEGMENT_OVERHEAD_BYTES;
        let (mut made, sealed) =
            output::write(&self.shared, &mut self.pacer, SEAL_NAME, &meta, &rows, estimate)?;
        drop(rows);
        output::make_dirs(&self.shared, &sealed)?;
        if !is_current(&self.shared.log(), &view) {
            return Err(SealError::GivenUp);
        }
        self.shared.fs.rename(SEAL_NAME, &sealed.path).map_err(SealError::io("rename", SEAL_NAME))?;
        made.renamed(&sealed.path);
        output::sync_both(&self.shared, &sealed)?;
        // Recovery can do without it, only slower.
        let known = Pending { updates: vec![sealed.update()], ..Pending::default() };
        if let Err(error) = commits.commit(known) {
            tracing::warn!(%error, "what is known of a new segment is not in small state");
        }
        self.show(&view, made, sealed)?;
        // The journal file goes, now that its rows have another durable place.
        self.unremoved.push((journal_path(view.summary.first_seq, view.summary.id), view.bytes));
        self.remove_files()?;
        Ok(true)
    }

    fn oldest_closed(&self) -> Option<FileView> {
        let log = self.shared.log();
        let closed = log.files.len().saturating_sub(1);
        // One without rows goes by itself when its successor is there.
        log.views().into_iter().take(closed).find(|view| view.summary.first_seq < view.end_seq)
    }

    /// Puts the segment into the place of the journal file, for every reader at once.
    fn show(&self, view: &FileView, made: output::Output, sealed: Sealed) -> Result<(), SealError> {
        let mut log = self.shared.log();
        if !is_current(&log, view) {
            drop(log);
            return Err(SealError::GivenUp);
        }
        let Some(index) = log.files.iter().position(|file| file.summary.id == view.summary.id) else {
            drop(log);
            return Err(SealError::GivenUp);
        };
        let file = log.files.remove(index);
        log.reserved += view.bytes;
        log.note_unlinked(file.held, file.allocated);
        log.sealed_bytes += sealed.disk_bytes;
        let at = log.segments.partition_point(|before| before.seqs.start < sealed.seqs.start);
        made.keep(&mut log);
        log.segments.insert(at, Arc::new(sealed));
        Ok(())
    }
}

fn is_current(log: &Log, view: &FileView) -> bool {
    view.summary.first_seq >= log.evicted_to
        && log.files.iter().any(|file| file.summary.id == view.summary.id)
}
