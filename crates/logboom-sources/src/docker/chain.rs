//! The files of one container's chain, and what a turn of reading one of them takes and gives.

use std::io;
use std::sync::Arc;

use logboom_model::{Batch, Stages};

use super::file::{Head, LogFile};
use super::identity::{Fingerprint, Tail};
use super::position::PerStream;
use crate::limits::TURN_BYTES;

/// What all cursors share: one buffer, whoever's turn it is.
pub struct Desk {
    pub(super) buffer: Vec<u8>,
    /// Now, nanoseconds since the Unix epoch.
    pub observed: i64,
    /// Makes lanes.
    pub stages: Arc<dyn Stages>,
}

impl Desk {
    /// A desk with an empty buffer.
    pub fn new(stages: Arc<dyn Stages>) -> Self {
        Self { buffer: Vec::new(), observed: 0, stages }
    }

    /// Gives back what one huge line made the buffer grow by.
    pub fn shrink(&mut self) {
        if self.buffer.capacity() > 2 * TURN_BYTES {
            self.buffer = Vec::new();
        }
    }
}

/// What a turn found besides rows.
#[derive(Debug, Default)]
pub struct Found {
    /// Complete rows.
    pub batches: Vec<Batch>,
    /// The file was truncated, or changed under the position.
    pub truncated: bool,
    /// A compressed file is damaged; the rest of it was given up.
    pub unreadable: Option<io::Error>,
    /// Bytes read.
    pub bytes: u64,
    /// Lines that were no records.
    pub undecoded: u64,
    /// Whether the position moved.
    pub moved: bool,
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// There is more to read at once.
    More,
    /// Everything there is was read.
    Idle,
    /// The backlog's end was reached.
    Finished,
}

/// One file of the chain.
pub struct ChainFile {
    /// The open file.
    pub log: LogFile,
    /// Its identity, once its first record is complete.
    pub fingerprint: Option<Fingerprint>,
    /// Time of its first record, where known.
    pub first_time: Option<i64>,
    /// Where reading goes on.
    pub offset: u64,
    /// The bytes before `offset`.
    pub tail: Tail,
    /// Per stream: records that start before were committed earlier.
    pub skip: PerStream<u64>,
    /// What the file was before it was truncated.
    pub(super) before: Option<Fingerprint>,
    /// Farthest byte seen, complete line or not.
    pub(super) seen_end: u64,
    /// Ordinal of its first byte, once it is the first of the chain.
    pub(super) base: u64,
    pub(super) serial: u64,
}

impl ChainFile {
    /// A file to be read from its start.
    pub fn new(log: LogFile, head: Option<Head>) -> Self {
        Self {
            log,
            fingerprint: head.map(|head| head.fingerprint),
            first_time: head.and_then(|head| head.time),
            offset: 0,
            tail: Tail::default(),
            skip: [0; 3],
            before: None,
            seen_end: 0,
            base: 0,
            serial: 0,
        }
    }

    /// Takes the first record, now that it is there. Says whether the file was truncated and is still the same.
    pub fn learn(&mut self, head: Head) -> bool {
        self.fingerprint = Some(head.fingerprint);
        self.first_time = head.time;
        self.before.take() == self.fingerprint
    }

    /// Goes on at an offset instead.
    pub fn at(mut self, offset: u64) -> io::Result<Self> {
        self.tail = self.log.tail_before(offset)?;
        self.offset = offset;
        Ok(self)
    }
}
