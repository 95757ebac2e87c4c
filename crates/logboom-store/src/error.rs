//! What can go wrong, in words fit for the person who started logboom.

use std::io;
use std::path::PathBuf;

use crate::segment::SegmentError;

/// Why a data directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another logboom has it.
    #[error("the data directory {path} is in use by another logboom (process {pid}); stop it, or give this one another --data-dir", path = path.display())]
    Locked {
        /// The data directory.
        path: PathBuf,
        /// Process that holds the lock; 0 when it is not known.
        pid: u32,
    },
    /// Written by a newer logboom.
    #[error("{path} has format version {version}, which this logboom does not know; use the logboom that wrote it, nothing was changed", path = path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u16,
    },
    /// Read-only, and there is no store in the directory.
    #[error("there is no log in {path}; is --data-dir right?", path = path.display())]
    Missing {
        /// The data directory.
        path: PathBuf,
    },
    /// A file or directory could not be read or written.
    #[error("failed to {action} {path}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The budget is too small for a journal at all.
    #[error("store.max_bytes is {max_bytes} bytes; the least that works is {least}")]
    BudgetTooSmall {
        /// What was asked for.
        max_bytes: u64,
        /// The least.
        least: u64,
    },
}

/// Why a search or a reader could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file could not be read.
    #[error("failed to read {path}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A segment could not be read.
    #[error("failed to read {path}", path = path.display())]
    Segment {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: SegmentError,
    },
}

/// Why not everything submitted is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FlushError {
    /// The journal could not commit in time; see the store's state for the reason.
    #[error("the journal could not commit in time")]
    TimedOut,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}
