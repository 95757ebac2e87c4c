//! Sealing and rewriting, in the background: closed journal files become segments, and segments of the loud give room
//! without taking the quiet along.
//!
//! The sealer writes files of its own and never the journal: what must be durable there (what is known of a segment,
//! an eviction mark with its gap rows, the mark of a rewrite) the writer commits for it, see [`Commits`].
//!
//! # What a crash leaves
//!
//! Sealing journal file J into segment S:
//!
//! | reached | on disk | recovery |
//! | --- | --- | --- |
//! | writing | J, part of `tmp/seal.parquet` | everything in `tmp/` goes; J is sealed again |
//! | written and synced | J, `tmp/seal.parquet` | the same |
//! | directories made | J, `tmp/seal.parquet`, empty directories | the same; empty directories go |
//! | renamed, either directory not synced | J, S or `tmp/seal.parquet` or both | J is authoritative: S goes, J is sealed again |
//! | both synced | J, S | the same |
//! | what is known of S committed | J, S, its value | the same; the value goes or is replaced |
//! | J removed, directory not synced | J or not, S | with J the same; without J, S is the one copy |
//! | directory synced | S | S |
//!
//! J is removed only when S is durable under its name, and no rewrite of S begins before the removal of J is durable:
//! were J to come back, it would bring back rows whose eviction has been told.
//!
//! Rewriting a run of segments A, B into R, which stands for all their seqs:
//!
//! | reached | on disk | recovery |
//! | --- | --- | --- |
//! | writing | A, B, part of `tmp/rewrite.parquet` | everything in `tmp/` goes |
//! | R synced, name in `tmp/` synced | A, B, `tmp/rewrite.parquet` | the same |
//! | mark and gap rows committed: no way back | A, B, `tmp/rewrite.parquet` | the rewrite is finished: rename, A and B go |
//! | renamed, either directory not synced | A, B, R or `tmp/rewrite.parquet` or both | the same; R may have the name of A and replace it |
//! | both synced | A, B, R | A and B go |
//! | A, B removed, directories not synced | any of A, B; R | the same |
//! | directories synced | R, the mark | the mark goes |
//! | mark taken back | R | R |
//!
//! A mark of a rewrite whose R is nowhere was never acted on (its commit was reported as failed, and the log went on
//! in another file, or did not go on): A and B stay, and the mark goes.
//!
//! Until the mark is committed readers see A and B, afterwards R; the gap rows are in the mark's own entry, so that
//! they are there exactly when the rows are not. An eviction by the writer at any moment in between is told by its own
//! mark: what is sealed or rewritten of evicted seqs is given up, here or by recovery.

mod decode;
mod output;
mod pace;
mod remote;
mod rewrite;
mod sealing;
mod thread;

use std::io;
use std::sync::Arc;

pub use pace::Pacer;
pub use remote::{Request, Wish};
pub use rewrite::{Unfinished, mark_removal, parse_mark};
pub use thread::{SealSignals, start};

use crate::active::WriteError;
use crate::fs::Fs;
use crate::limits::HEADROOM_SHARE_OF_BUDGET;
use crate::names::{REWRITE_KEY, SEGMENTS_DIR};
use crate::sealed::parent;
use crate::segment::SegmentError;
use crate::shared::Shared;
use crate::writer::Pending;

/// What the one writer of the journal does for the sealer.
pub trait Commits {
    /// Commits at once what must be durable, in the space kept for it.
    fn commit(&mut self, pending: Pending) -> Result<(), WriteError>;

    /// Evicts so many of the oldest segments and files.
    fn evict(&mut self, count: usize) -> Result<(), WriteError>;
}

/// Why something was not sealed or rewritten. Nothing is lost by it.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// A file could not be read, written, synced or renamed.
    #[error("failed to {action} {name}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Name below the data directory.
        name: String,
        /// What happened.
        source: io::Error,
    },
    /// A segment could not be written or read.
    #[error("failed to {action} {name}")]
    Segment {
        /// What was tried.
        action: &'static str,
        /// Name below the data directory.
        name: String,
        /// What happened.
        source: SegmentError,
    },
    /// The budget or the disk has no room for it.
    #[error("no room to seal: {0}")]
    NoRoom(String),
    /// The journal did not commit what had to be durable.
    #[error("the journal could not commit for the sealer")]
    Journal(#[source] Box<WriteError>),
    /// The store is being closed, or what was worked on was evicted meanwhile.
    #[error("given up")]
    GivenUp,
}

impl SealError {
    fn io(action: &'static str, name: &str) -> impl FnOnce(io::Error) -> Self + use<> {
        let name = name.to_owned();
        move |source| Self::Io { action, name, source }
    }
}

impl From<WriteError> for SealError {
    fn from(error: WriteError) -> Self {
        Self::Journal(Box::new(error))
    }
}

/// See the top of the file.
pub struct Sealer {
    shared: Arc<Shared>,
    pacer: Pacer,
    /// A rewrite past its point of no return.
    unfinished: Option<Unfinished>,
    /// What a mark speaks of whose commit failed: its space is taken until the next rewrite.
    doubtful: Option<output::Output>,
    /// Directories to be made durable before anything is removed.
    unsynced: Vec<String>,
    /// Files that others have replaced and whose removal is not known to be durable, with their bytes, which stay
    /// reserved until then.
    unremoved: Vec<(String, u64)>,
    /// A mark of a finished rewrite, or one whose commit failed, may still be in small state.
    must_clear_mark: bool,
    /// Segments that could not be read: they are not rewritten.
    unfit: Vec<u64>,
}

impl Sealer {
    /// A sealer that has done nothing yet.
    pub fn new(shared: Arc<Shared>, pacer: Pacer) -> Self {
        // An earlier life finished a rewrite, or its recovery did.
        let must_clear_mark = shared.log().state.contains_key(REWRITE_KEY);
        Self {
            shared,
            pacer,
            unfinished: None,
            doubtful: None,
            unsynced: Vec::new(),
            unremoved: Vec::new(),
            must_clear_mark,
            unfit: Vec::new(),
        }
    }

    /// Does the next thing there is to do; says whether it did one.
    pub fn step(&mut self, commits: &mut dyn Commits) -> Result<bool, SealError> {
        self.settle(commits)?;
        let wanted = self.wanted_room();
        if wanted > 0 {
            let made = self.make_room(wanted, commits);
            self.shared.work.notify_one();
            if made? {
                return Ok(true);
            }
        }
        self.seal(commits)
    }

    /// Finishes what an earlier step could not.
    fn settle(&mut self, commits: &mut dyn Commits) -> Result<(), SealError> {
        if let Some(unfinished) = self.unfinished.take() {
            self.finish(unfinished)?;
        }
        self.remove_files()?;
        if self.must_clear_mark {
            commits.commit(Pending { updates: vec![mark_removal()], ..Pending::default() })?;
            self.must_clear_mark = false;
        }
        Ok(())
    }

    /// Removes what others have replaced, when these are durable.
    fn remove_files(&mut self) -> Result<(), SealError> {
        let fs = &self.shared.fs;
        while let Some(dir) = self.unsynced.last() {
            fs.sync_dir(dir).map_err(SealError::io("sync", dir))?;
            self.unsynced.pop();
        }
        for (name, _) in &self.unremoved {
            match fs.unlink(name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(SealError::io("remove", name)(error));
                }
                _ => {}
            }
        }
        let mut dirs: Vec<&str> = self.unremoved.iter().map(|(name, _)| parent(name)).collect();
        dirs.dedup();
        for dir in dirs {
            fs.sync_dir(dir).map_err(SealError::io("sync", dir))?;
            remove_empty(&**fs, dir);
        }
        let bytes: u64 = self.unremoved.drain(..).map(|(_, bytes)| bytes).sum();
        if bytes > 0 {
            self.shared.log().reserved -= bytes;
        }
        Ok(())
    }

    /// Bytes by which the log is closer to its bounds than it should be.
    fn wanted_room(&self) -> u64 {
        let options = &self.shared.options;
        let log = self.shared.log();
        if log.segments.is_empty() && log.files.len() < 2 {
            return 0;
        }
        let next = log.to_seal();
        let headroom = next.max(options.max_bytes / HEADROOM_SHARE_OF_BUDGET);
        let limit = options.max_bytes.saturating_sub(log.slack + headroom);
        let over = log.bytes().saturating_sub(limit).max(log.room_wanted);
        drop(log);
        let free = self.shared.fs.disk_free().unwrap_or(u64::MAX);
        over.max(options.min_free.saturating_add(next).saturating_sub(free))
    }
}

/// Removes a directory of segments, and the one above, when nothing is left in it. Whether that is durable does not
/// matter.
pub fn remove_empty(fs: &dyn Fs, dir: &str) {
    let mut dir = dir;
    while dir.starts_with(SEGMENTS_DIR) && dir != SEGMENTS_DIR && fs.remove_dir(dir).is_ok() {
        dir = parent(dir);
    }
}
