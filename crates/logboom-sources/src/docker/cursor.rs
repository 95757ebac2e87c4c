//! One reader of one container: the chain of its files from the oldest not yet read to the live one, a turn of reading
//! at a time, and the position that goes into the same commit as the rows of the turn.
//!
//! Held text keeps *ordinals*: bytes since the cursor was made, so that a fragment in one file and its end in the next
//! are one line. The position translates them back to (file, offset).

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use logboom_model::{Batch, Lane, Resource, Rows, Stages, Stream};
use logboom_wire::json_file;
use memchr::memchr;

use super::file::{Head, LogFile};
use super::identity::{Fingerprint, Inode, Tail};
use super::position::{BacklogEnd, PerStream, Place, Position, STREAMS, StreamPosition};
use super::run_end;
use crate::limits::{LINE_BYTES_MAX, RUN_ENDS_MAX, TAIL_BYTES, TURN_BYTES};

/// What all cursors share: one buffer, whoever's turn it is.
pub struct Desk {
    buffer: Vec<u8>,
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
    before: Option<Fingerprint>,
    /// Farthest byte seen, complete line or not.
    seen_end: u64,
    /// Ordinal of its first byte, once it is the first of the chain.
    base: u64,
    serial: u64,
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
    chain: VecDeque<ChainFile>,
    /// Files read to their end in which held text may start: ordinal of the first byte, and identity.
    past: Vec<(u64, Fingerprint)>,
    lane: Option<(Arc<Resource>, Box<dyn Lane>)>,
    frontier: Option<(Place, u64)>,
    floors: PerStream<Option<(u64, Place)>>,
    last_times: PerStream<Option<i64>>,
    again_until: PerStream<Option<i64>>,
    end: Option<BacklogEnd>,
    /// Ends of runs of the container that were not reached yet, earliest first: what is newer belongs to the next run.
    run_ends: VecDeque<i64>,
    /// Time of the newest record that was read, held ones included.
    newest_read: i64,
    closed: bool,
    turn_bytes: usize,
    next_serial: u64,
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
    fn read_again(&mut self) {
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

    fn flush(&mut self, observed_before: Option<i64>, found: &mut Found) {
        if let Some((_, lane)) = &mut self.lane
            && let Some(batch) = lane.flush(observed_before)
        {
            found.moved = true;
            self.give(batch, found);
        }
    }

    fn give(&mut self, batch: Batch, found: &mut Found) {
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

    /// Reads once.
    pub fn turn(&mut self, desk: &mut Desk, resource: &Arc<Resource>, found: &mut Found) -> io::Result<Turn> {
        // Asked before reading: what is written before a successor appears is all there will be.
        let final_content = self.chain.len() > 1 || self.closed;
        let Some(file) = self.chain.front_mut() else { return Ok(Turn::Idle) };
        let mut want = self.turn_bytes;
        if let Some(end) = self.end.filter(|end| file.fingerprint == Some(end.place.file)) {
            want = want.min(end.place.offset.saturating_sub(file.offset) as usize);
            if want == 0 {
                self.flush(None, found);
                return Ok(Turn::Finished);
            }
        }
        let tail = file.tail.len();
        let length = tail + want;
        if desk.buffer.len() < length {
            desk.buffer.resize(length, 0);
        }
        let start = file.offset - tail as u64;
        let read = match file.log.read_at(&mut desk.buffer[..length], start) {
            Ok(read) => read,
            Err(error) if file.log.is_compressed() => return Ok(self.give_up_damaged(error, found)),
            Err(error) => return Err(error),
        };
        if read < tail || desk.buffer[..tail] != *file.tail.bytes() || start + (read as u64) < file.seen_end {
            self.start_over(found);
            return Ok(Turn::More);
        }
        file.seen_end = start + read as u64;
        let (buffer, at_end) = (std::mem::take(&mut desk.buffer), read < length);
        let consumed = self.take_rows(&buffer[tail..read], at_end && final_content, desk, resource, found);
        let rest = tail + consumed..read;
        if consumed > 0 {
            self.advance(consumed, &buffer[..rest.start], found);
        }
        let complete_lines_left = memchr(b'\n', &buffer[rest.clone()]).is_some();
        desk.buffer = buffer;
        let must_be_taken = final_content && !rest.is_empty();
        if complete_lines_left || must_be_taken || !at_end {
            self.size_next_turn(consumed, rest.len());
            return Ok(Turn::More);
        }
        Ok(self.at_end_of_file(final_content, found))
    }

    /// Decodes, joins, gives out; says how many bytes are done with.
    fn take_rows(
        &mut self,
        input: &[u8],
        is_all: bool,
        desk: &Desk,
        resource: &Arc<Resource>,
        found: &mut Found,
    ) -> usize {
        self.identify(input);
        let Some(file) = self.chain.front() else { return 0 };
        if input.is_empty() {
            return 0;
        }
        let rows_expected = input.len() / 128 + 1;
        let mut rows = Rows {
            batch: Batch::with_capacity(resource.clone(), rows_expected, input.len()),
            starts: Vec::with_capacity(rows_expected),
        };
        let (base, skip, again_until) = (file.base, file.skip, self.again_until);
        let not_before = self.end.map_or(i64::MIN, |end| end.not_before);
        let keep = |stream: Stream, start: u64, time: i64| {
            let index = stream as usize;
            start - base >= skip[index]
                && again_until[index].is_none_or(|until| time > until)
                && time >= not_before
        };
        let first = base + file.offset;
        let mut progress = json_file::decode(input, first, desk.observed, &mut rows, keep);
        let rest = &input[progress.consumed..];
        let torn = !rest.is_empty() && memchr(b'\n', rest).is_none();
        if torn && (is_all || rest.len() >= LINE_BYTES_MAX) {
            let start = file.offset + progress.consumed as u64;
            if start < skip[Stream::None as usize] {
                progress.consumed = input.len();
            } else {
                let more = json_file::decode_unterminated(rest, base + start, desk.observed, &mut rows);
                progress.consumed += more.consumed;
                progress.undecoded += more.undecoded;
            }
        }
        found.bytes += progress.consumed as u64;
        found.undecoded += progress.undecoded as u64;
        self.run_lane(rows, desk, resource, found);
        progress.consumed
    }

    /// Learns the file's identity from its first record.
    fn identify(&mut self, input: &[u8]) {
        let Some(file) = self.chain.front_mut().filter(|file| file.fingerprint.is_none()) else { return };
        let head = Head::of(input).or_else(|| {
            let skipped = input.iter().take_while(|&&byte| byte == 0).count();
            (input.len() - skipped >= LINE_BYTES_MAX).then(|| Head::of_unrecognisable(&input[skipped..]))
        });
        if let Some(head) = head
            && file.learn(head)
        {
            self.read_again();
        }
    }

    /// Learns the identities of files that were not read yet, so that they are recognised under other names.
    pub fn identify_all(&mut self) -> io::Result<()> {
        let mut again = false;
        for file in self.chain.iter_mut().filter(|file| file.fingerprint.is_none()) {
            if let Some(head) = file.log.head()? {
                again |= file.learn(head);
            }
        }
        if again {
            self.read_again();
        }
        Ok(())
    }

    fn run_lane(&mut self, rows: Rows, desk: &Desk, resource: &Arc<Resource>, found: &mut Found) {
        if rows.batch.is_empty() {
            return;
        }
        let settled = self.lane.as_ref().is_none_or(|(_, lane)| lane.held_since().is_none());
        if settled && self.lane.as_ref().is_none_or(|(of, _)| !Arc::ptr_eq(of, resource)) {
            self.lane = Some((resource.clone(), desk.stages.lane(resource)));
        }
        if let Some((_, newest)) = rows.batch.time_range() {
            self.newest_read = self.newest_read.max(newest);
        }
        let mut rest = Some(rows);
        while let (Some(rows), Some(&end)) =
            (rest.take_if(|_| !self.run_ends.is_empty()), self.run_ends.front())
        {
            let (before, after) = run_end::split(rows, end);
            self.run(before, found);
            if after.is_some() {
                self.run_ends.pop_front();
                self.flush(None, found);
            }
            rest = after;
            if rest.is_none() {
                return;
            }
        }
        self.run(rest, found);
    }

    fn run(&mut self, rows: Option<Rows>, found: &mut Found) {
        if let (Some(rows), Some((_, lane))) = (rows, &mut self.lane) {
            let batch = lane.run(rows);
            self.give(batch, found);
        }
    }

    fn advance(&mut self, consumed: usize, done: &[u8], found: &mut Found) {
        let Some(file) = self.chain.front_mut() else { return };
        file.offset += consumed as u64;
        file.tail = Tail::of(done);
        if file.tail.bytes().iter().all(|&byte| byte == 0) {
            // Inside a hole left by a truncation, which may be larger than any disk.
            let data = file.log.data_from(file.offset);
            if data > file.offset + TAIL_BYTES as u64 {
                file.offset = data;
                file.tail = Tail::of(&[0; TAIL_BYTES]);
                file.seen_end = file.seen_end.max(data);
            }
        }
        let Some(fingerprint) = file.fingerprint else { return };
        let place = Place { file: fingerprint, offset: file.offset };
        self.frontier = Some((place, file.tail.hash()));
        let reached = (file.serial, file.offset);
        for floor in &mut self.floors {
            floor.take_if(|(serial, place)| reached >= (*serial, place.offset));
        }
        found.moved = true;
    }

    fn size_next_turn(&mut self, consumed: usize, rest: usize) {
        self.turn_bytes =
            if consumed == 0 { (rest * 2).clamp(TURN_BYTES, LINE_BYTES_MAX) } else { TURN_BYTES };
    }

    fn at_end_of_file(&mut self, final_content: bool, found: &mut Found) -> Turn {
        if self.chain.len() > 1 {
            if final_content {
                self.leave_front();
            }
            return Turn::More;
        }
        if self.again_until.iter().any(Option::is_some) {
            // Whatever is written from now on is new.
            self.again_until = [None; 3];
            found.moved = true;
        }
        if self.closed || !self.run_ends.is_empty() {
            self.flush(None, found);
            self.run_ends.clear();
        }
        if self.end.is_some() {
            self.flush(None, found);
            return Turn::Finished;
        }
        Turn::Idle
    }

    /// Goes on with the next file of the chain.
    fn leave_front(&mut self) {
        let Some(file) = self.chain.pop_front() else { return };
        if let Some(fingerprint) = file.fingerprint {
            self.past.push((file.base, fingerprint));
        }
        if let Some(next) = self.chain.front_mut() {
            next.base = file.base + file.offset;
        }
        self.forget_past();
    }

    fn forget_past(&mut self) {
        let lane = self.lane.as_ref();
        let held =
            lane.and_then(|(_, lane)| STREAMS.iter().filter_map(|&stream| lane.held_from(stream)).min());
        match held {
            None => self.past.clear(),
            Some(ordinal) => {
                let needed = self.past.iter().rposition(|(base, _)| *base <= ordinal).unwrap_or(0);
                self.past.drain(..needed);
            }
        }
    }

    /// The file became shorter, or other bytes lie before the offset: it is read from its start. What was held is
    /// given out, because its end may be lost.
    fn start_over(&mut self, found: &mut Found) {
        found.truncated = true;
        self.flush(None, found);
        self.past.clear();
        let Some(file) = self.chain.front_mut() else { return };
        file.before = file.fingerprint.take().or(file.before);
        file.base += file.offset;
        file.offset = 0;
        file.tail = Tail::default();
        file.seen_end = 0;
        file.skip = [0; 3];
        self.floors = [None; 3];
    }

    fn give_up_damaged(&mut self, error: io::Error, found: &mut Found) -> Turn {
        found.unreadable = Some(error);
        self.flush(None, found);
        if self.chain.len() > 1 {
            self.leave_front();
            return Turn::More;
        }
        self.chain.clear();
        if self.end.is_some() { Turn::Finished } else { Turn::Idle }
    }
}
