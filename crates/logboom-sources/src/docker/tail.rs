//! A turn of reading: bytes from the first file of the chain through decoder and lane, and what the end of a file, of a
//! run or of the chain means.

use std::io;
use std::sync::Arc;

use logboom_model::{Batch, Resource, Rows, Stream};
use logboom_wire::json_file;
use memchr::memchr;

use super::chain::{Desk, Found, Turn};
use super::cursor::Cursor;
use super::file::Head;
use super::identity::Tail;
use super::position::{Place, STREAMS};
use super::run_end;
use crate::limits::{LINE_BYTES_MAX, TAIL_BYTES, TURN_BYTES};

impl Cursor {
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
        let (end, at_end) = (start + read as u64, read < length);
        let shrunk = at_end && end < file.seen_end;
        if read < tail || shrunk || desk.buffer[..tail] != *file.tail.bytes() {
            self.start_over(found);
            return Ok(Turn::More);
        }
        file.seen_end = file.seen_end.max(end);
        let buffer = std::mem::take(&mut desk.buffer);
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
    pub(super) fn leave_front(&mut self) {
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
