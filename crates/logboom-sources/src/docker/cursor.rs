//! One reader of one container: the chain of its files from the oldest not yet read to the live one, a turn of reading
//! at a time, and the position that goes into the same commit as the rows of the turn.
//!
//! Held text keeps *ordinals*: bytes since the cursor was made, so that a fragment in one file and its end in the next
//! are one line. The position translates them back to (file, offset).

use std::collections::VecDeque;
use std::sync::Arc;

use logboom_model::{Batch, Lane, Resource, Stream};

use super::chain::{ChainFile, Found};
use super::identity::{Fingerprint, Inode};
use super::position::{BacklogEnd, PerStream, Place, Position, STREAMS, StreamPosition};
use crate::limits::{RUN_ENDS_MAX, TURN_BYTES};

/// A stream's committed place, which the reader has not reached again yet.
#[derive(Debug, Clone, Copy)]
pub struct Floor {
    /// Index of the file in the chain the cursor starts with.
    pub file: usize,
    /// The place.
    pub place: Place,
}

/// One reader of one container.
pub struct Cursor {
    pub(super) chain: VecDeque<ChainFile>,
    /// Files read to their end in which held text may start: ordinal of the first byte, and identity.
    pub(super) past: Vec<(u64, Fingerprint)>,
    pub(super) lane: Option<(Arc<Resource>, Box<dyn Lane>)>,
    pub(super) frontier: Option<(Place, u64)>,
    pub(super) floors: PerStream<Option<(u64, Place)>>,
    pub(super) last_times: PerStream<Option<i64>>,
    pub(super) again_until: PerStream<Option<i64>>,
    pub(super) end: Option<BacklogEnd>,
    /// Ends of runs of the container that were not reached yet, earliest first: what is newer belongs to the next run.
    pub(super) run_ends: VecDeque<i64>,
    /// Time of the newest record that was read, held ones included.
    pub(super) newest_read: i64,
    pub(super) closed: bool,
    pub(super) turn_bytes: usize,
    pub(super) next_serial: u64,
}

impl Cursor {
    /// A reader of these files, oldest first.
    pub fn new(chain: Vec<ChainFile>) -> Self {
        let mut cursor = Self {
            chain: VecDeque::new(),
            past: Vec::new(),
            lane: None,
            frontier: None,
            floors: [None; 3],
            last_times: [None; 3],
            again_until: [None; 3],
            end: None,
            run_ends: VecDeque::new(),
            newest_read: i64::MIN,
            closed: false,
            turn_bytes: TURN_BYTES,
            next_serial: 0,
        };
        chain.into_iter().for_each(|file| cursor.push(file));
        cursor
    }

    /// Goes on from a committed position.
    #[must_use]
    pub fn resumed(mut self, position: &Position, floors: PerStream<Option<Floor>>) -> Self {
        self.frontier = Some((position.frontier, position.tail));
        for (index, stream) in position.streams.iter().enumerate() {
            self.last_times[index] = stream.last_time;
            self.again_until[index] = stream.again_until;
            self.floors[index] = floors[index].map(|floor| (floor.file as u64, floor.place));
        }
        self.end = position.end;
        self
    }

    /// Skips records that are not newer than the last committed of their stream, until everything was read once.
    #[must_use]
    pub fn reading_again(mut self) -> Self {
        self.read_again();
        self
    }

    /// Raw lines have no time, so they come again; that is better than to lose the one in which the record before the
    /// loss and the one after it are glued together.
    pub(super) fn read_again(&mut self) {
        self.again_until = self.last_times;
    }

    /// Appends a successor.
    pub fn push(&mut self, mut file: ChainFile) {
        file.serial = self.next_serial;
        self.next_serial += 1;
        if self.chain.is_empty() {
            file.base = 0;
        }
        self.chain.push_back(file);
    }

    /// The files being read, oldest first.
    pub fn chain(&self) -> impl DoubleEndedIterator<Item = &ChainFile> + ExactSizeIterator {
        self.chain.iter()
    }

    /// The newest file.
    pub fn newest(&self) -> Option<&ChainFile> {
        self.chain.back()
    }

    /// Whether a file is in the chain, by its inode or its first record.
    pub fn holds(&self, inode: Inode, fingerprint: Option<Fingerprint>) -> bool {
        let same = |file: &ChainFile| fingerprint.is_some() && file.fingerprint == fingerprint;
        self.chain.iter().any(|file| file.log.inode() == inode || same(file))
    }

    /// Gives up the oldest file; says how many bytes of it were not read.
    pub fn give_up_oldest(&mut self) -> Option<u64> {
        let file = self.chain.front()?;
        let unread = file.log.text_size().unwrap_or(0).saturating_sub(file.offset);
        self.leave_front();
        Some(unread)
    }

    /// A run of the container has ended: text without a line end that is not newer is given out, and never joined with
    /// what the next run writes. An end that was passed already changes nothing.
    pub fn end_run_at(&mut self, time: i64) {
        let is_new = self.newest_read < time && self.run_ends.back().is_none_or(|&last| last < time);
        if is_new && self.run_ends.len() < RUN_ENDS_MAX {
            self.run_ends.push_back(time);
        }
    }

    /// Nothing will be written any more: a torn last line is taken as it is.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Bytes not yet read, as far as file sizes say.
    pub fn lag_bytes(&self) -> u64 {
        let unread = |file: &ChainFile| file.log.text_size().unwrap_or(0).saturating_sub(file.offset);
        self.chain.iter().map(unread).sum()
    }

    /// Whether the newest file has bytes that were not looked at, or fewer than were.
    pub fn has_changed(&self) -> bool {
        self.chain.len() > 1
            || self.chain.back().is_some_and(|f| f.log.state().is_ok_and(|state| state.size != f.seen_end))
    }

    /// Time of the newest record of any stream.
    pub fn last_time(&self) -> Option<i64> {
        self.last_times.iter().flatten().max().copied()
    }

    /// What is to be committed together with the rows given out so far.
    pub fn position(&self) -> Option<Position> {
        let (frontier, tail) = self.frontier?;
        let streams = STREAMS.map(|stream| {
            let index = stream as usize;
            let held = || self.lane.as_ref().and_then(|(_, lane)| lane.held_from(stream));
            let place = match self.floors[index] {
                Some((_, place)) => place,
                None => held().and_then(|ordinal| self.place_of(ordinal)).unwrap_or(frontier),
            };
            StreamPosition { place, last_time: self.last_times[index], again_until: self.again_until[index] }
        });
        Some(Position { frontier, tail, streams, end: self.end })
    }

    fn place_of(&self, ordinal: u64) -> Option<Place> {
        let front = self.chain.front().and_then(|file| Some((file.base, file.fingerprint?)));
        let mut files = self.past.iter().copied().chain(front).rev();
        let (base, file) = files.find(|(base, _)| *base <= ordinal)?;
        Some(Place { file, offset: ordinal - base })
    }

    /// Emits held text that was observed before a time.
    pub fn flush_older_than(&mut self, time: i64, found: &mut Found) {
        if self.lane.as_ref().is_some_and(|(_, lane)| lane.held_since().is_some_and(|since| since < time)) {
            self.flush(Some(time), found);
        }
    }

    pub(super) fn flush(&mut self, observed_before: Option<i64>, found: &mut Found) {
        if let Some((_, lane)) = &mut self.lane
            && let Some(batch) = lane.flush(observed_before)
        {
            found.moved = true;
            self.give(batch, found);
        }
    }

    pub(super) fn give(&mut self, batch: Batch, found: &mut Found) {
        if batch.is_empty() {
            return;
        }
        let columns = batch.columns();
        for (&stream, &time) in columns.streams.iter().zip(&columns.times) {
            let last = &mut self.last_times[usize::from(stream)];
            *last = (*last).max(Some(time));
        }
        // Rows without a stream are no records; they have no time of their own.
        self.last_times[Stream::None as usize] = None;
        found.batches.push(batch);
    }
}
