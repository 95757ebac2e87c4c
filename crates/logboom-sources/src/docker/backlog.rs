//! The first start on a host with history: where the live reader begins in each file, and how much of what lies before
//! is read afterwards.

use std::io;

use logboom_model::{Batch, Flags, Resource, Rows, Stream};
use logboom_wire::json_file;
use memchr::{memchr, memrchr};

use super::chain::ChainFile;
use super::cursor::Cursor;
use super::file::{LogFile, time_of};
use super::identity::Tail;
use super::names::LogNames;
use super::position::{BacklogEnd, PerStream, Place, Position, StreamPosition};
use super::walk::{Step, walk};
use crate::limits::{BOUNDARY_SEARCH_BYTES, TURN_BYTES};

/// What one container has from before the first start.
pub struct History {
    /// Where the live reader begins; also the first position to commit.
    pub live: Position,
    /// Files from the newest to the oldest that are young enough: the place where each begins and ends.
    parts: Vec<Part>,
    end: BacklogEnd,
}

struct Part {
    start: Place,
    end: u64,
    tail: u64,
    compressed: bool,
}

impl History {
    /// Bytes of text the backlog would be.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.end - part.start.offset).sum()
    }

    /// The backlog's first position when it may be so many bytes; the newest are taken. `None` when there is none.
    pub fn start(&self, names: &LogNames, bytes: u64) -> io::Result<Option<Position>> {
        let mut left = bytes;
        let mut start = None;
        for part in &self.parts {
            let size = part.end - part.start.offset;
            if size <= left {
                left -= size;
                start = Some((part.start, part.tail));
                continue;
            }
            if !part.compressed && left > 0 {
                start = self.cut(names, part, left)?.or(start);
            }
            break;
        }
        Ok(start.map(|(frontier, tail)| first_position(frontier, tail, [None; 3], Some(self.end))))
    }

    fn cut(&self, names: &LogNames, part: &Part, left: u64) -> io::Result<Option<(Place, u64)>> {
        let files = walk(names, || {
            |file: &ChainFile| {
                if file.fingerprint == Some(part.start.file) { Step::TakeAndStop } else { Step::Take }
            }
        })?;
        let file = files.files.into_iter().find(|file| file.fingerprint == Some(part.start.file));
        let Some(mut file) = file else { return Ok(None) };
        let offset = line_start_after(&mut file.log, part.end - left)?;
        if offset >= part.end {
            return Ok(None);
        }
        let tail = file.log.tail_before(offset)?.hash();
        Ok(Some((Place { file: part.start.file, offset }, tail)))
    }
}

fn first_position(
    frontier: Place,
    tail: u64,
    last_times: PerStream<Option<i64>>,
    end: Option<BacklogEnd>,
) -> Position {
    let stream = |last_time| StreamPosition { place: frontier, last_time, again_until: None };
    Position { frontier, tail, streams: last_times.map(stream), end }
}

/// Looks at one container's files. Returns the live reader, and the history before it, if there is a complete line.
pub fn look(names: &LogNames, not_before: i64) -> io::Result<(Cursor, Option<History>)> {
    let walked = walk(names, || |_: &ChainFile| Step::Take)?;
    let mut chain = walked.files;
    let Some(mut live) = chain.pop() else { return Ok((Cursor::new(Vec::new()), None)) };
    let Some(file) = live.fingerprint else {
        // Nothing was written yet since the last rotation; what was rotated is history up to its end.
        return empty_live(chain, live, not_before);
    };
    let boundary = find_boundary(&mut live.log)?;
    let place = Place { file, offset: boundary.offset };
    let live = live.at(boundary.offset)?;
    let position = first_position(place, live.tail.hash(), boundary.last_times, None);
    let end = BacklogEnd { place, not_before };
    let mut parts = Vec::new();
    let mut live = live;
    if let Some(part) = part(&mut live, boundary.offset, not_before)? {
        parts.push(part);
        rotated_parts(chain, not_before, &mut parts)?;
    }
    let cursor = Cursor::new(vec![live]).resumed(&position, [None; 3]);
    Ok((cursor, Some(History { live: position, parts, end })))
}

fn empty_live(
    mut chain: Vec<ChainFile>,
    live: ChainFile,
    not_before: i64,
) -> io::Result<(Cursor, Option<History>)> {
    let Some(mut newest) = chain.pop() else { return Ok((Cursor::new(vec![live]), None)) };
    let Some(file) = newest.fingerprint else { return Ok((Cursor::new(vec![live]), None)) };
    let boundary = find_boundary(&mut newest.log)?;
    let place = Place { file, offset: boundary.offset };
    let mut newest = newest.at(boundary.offset)?;
    let position = first_position(place, newest.tail.hash(), boundary.last_times, None);
    let end = BacklogEnd { place, not_before };
    let mut parts = Vec::new();
    if let Some(part) = part(&mut newest, boundary.offset, not_before)? {
        parts.push(part);
        rotated_parts(chain, not_before, &mut parts)?;
    }
    let cursor = Cursor::new(vec![newest, live]).resumed(&position, [None; 3]);
    Ok((cursor, Some(History { live: position, parts, end })))
}

fn rotated_parts(chain: Vec<ChainFile>, not_before: i64, parts: &mut Vec<Part>) -> io::Result<()> {
    for mut file in chain.into_iter().rev() {
        let end = file.log.text_size()?;
        match part(&mut file, end, not_before)? {
            Some(part) => parts.push(part),
            None => break,
        }
    }
    Ok(())
}

/// What of a file is young enough; `None` when nothing is, and then nothing of older files either.
fn part(file: &mut ChainFile, end: u64, not_before: i64) -> io::Result<Option<Part>> {
    let Some(fingerprint) = file.fingerprint else { return Ok(None) };
    let newest =
        file.log.last_time_of_header().map_or_else(|| Ok(file.log.state()?.modified), io::Result::Ok)?;
    if newest < not_before {
        return Ok(None);
    }
    let compressed = file.log.is_compressed();
    let offset = if compressed { 0 } else { first_not_before(&mut file.log, not_before, end)? };
    let tail = if offset == 0 { Tail::default() } else { file.log.tail_before(offset)? };
    let start = Place { file: fingerprint, offset: offset.min(end) };
    Ok(Some(Part { start, end, tail: tail.hash(), compressed }))
}

/// By bisection, the start of a line before which all lines are older.
fn first_not_before(log: &mut LogFile, not_before: i64, end: u64) -> io::Result<u64> {
    let (mut low, mut high) = (0, end);
    if not_before == i64::MIN {
        return Ok(0);
    }
    let mut buffer = vec![0; TURN_BYTES];
    while high - low > TURN_BYTES as u64 {
        let middle = low + (high - low) / 2;
        let read = log.read_at(&mut buffer, middle)?;
        let Some((line, offset)) = second_line(&buffer[..read]) else { break };
        match time_of(line) {
            Some(time) if time < not_before => low = middle + offset as u64,
            Some(_) => high = middle,
            None => break,
        }
    }
    Ok(low)
}

/// The first line that starts in the text, and where.
fn second_line(text: &[u8]) -> Option<(&[u8], usize)> {
    let start = memchr(b'\n', text)? + 1;
    let line = &text[start..];
    Some((&line[..memchr(b'\n', line)?], start))
}

fn line_start_after(log: &mut LogFile, offset: u64) -> io::Result<u64> {
    let mut buffer = vec![0; TURN_BYTES];
    let read = log.read_at(&mut buffer, offset.saturating_sub(1))?;
    Ok(memchr(b'\n', &buffer[..read]).map_or(u64::MAX, |at| offset.saturating_sub(1) + at as u64 + 1))
}

struct Boundary {
    offset: u64,
    last_times: PerStream<Option<i64>>,
}

/// The last place at which no stream is in the middle of a line; failing that, the end of the last complete record.
fn find_boundary(log: &mut LogFile) -> io::Result<Boundary> {
    let size = log.text_size()?;
    let mut window = 64 << 10;
    loop {
        let start = size.saturating_sub(window);
        let (boundary, closed) = boundary_within(log, start, size)?;
        if closed || start == 0 || window >= BOUNDARY_SEARCH_BYTES {
            return Ok(boundary);
        }
        window = BOUNDARY_SEARCH_BYTES;
    }
}

fn boundary_within(log: &mut LogFile, start: u64, end: u64) -> io::Result<(Boundary, bool)> {
    let mut text = vec![0; (end - start) as usize];
    let read = log.read_at(&mut text, start)?;
    text.truncate(read);
    let skipped = if start == 0 { 0 } else { memchr(b'\n', &text).map_or(0, |at| at + 1) };
    let complete = memrchr(b'\n', &text).map_or(skipped, |at| at + 1);
    let mut open = [false; 3];
    let mut closed_at = None;
    let mut times = [None; 3];
    let mut times_at_close = [None; 3];
    let mut at = skipped;
    while at < complete {
        let mut rows = Rows { batch: Batch::new(Resource::builder().build().into()), starts: Vec::new() };
        let progress = json_file::decode(&text[at..complete], at as u64, 0, &mut rows, |_, _, _| true);
        if progress.consumed == 0 {
            break;
        }
        at += progress.consumed;
        for row in 0..rows.batch.len() {
            let state = rows.batch.row(row);
            let stream = state.stream as usize;
            open[stream] = state.flags.contains(Flags::PARTIAL);
            times[stream] = times[stream].max(Some(state.time));
            if open == [false; 3] {
                closed_at = Some(rows.starts.get(row + 1).map_or(at, |&next| next as usize));
                times_at_close = times;
            }
        }
    }
    let offset = closed_at.unwrap_or(complete) as u64 + start;
    let mut last_times = if closed_at.is_some() { times_at_close } else { times };
    last_times[Stream::None as usize] = None;
    let newest = last_times.iter().flatten().max().copied();
    for stream in [Stream::Stdout, Stream::Stderr] {
        last_times[stream as usize] = last_times[stream as usize].or(newest);
    }
    Ok((Boundary { offset, last_times }, closed_at.is_some()))
}

/// Shares a total among needs: equally, and what one does not need goes to the others.
pub fn share(needs: &[u64], total: u64) -> Vec<u64> {
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_unstable_by_key(|&index| needs[index]);
    let mut shares = vec![0; needs.len()];
    let (mut left, mut others) = (total, needs.len() as u64);
    for index in order {
        shares[index] = needs[index].min(left / others.max(1));
        left -= shares[index];
        others -= 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn line(stream: &str, second: i64, text: &str) -> Vec<u8> {
        let time = logboom_model::format_rfc3339(second * 1_000_000_000);
        format!("{{\"log\":\"{text}\",\"stream\":\"{stream}\",\"time\":\"{time}\"}}\n").into_bytes()
    }

    fn file(lines: &[Vec<u8>]) -> (tempfile::TempDir, LogFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x-json.log");
        std::fs::File::create(&path).unwrap().write_all(&lines.concat()).unwrap();
        (folder, LogFile::open(&path).unwrap())
    }

    #[test]
    fn the_boundary_splits_no_line() {
        let lines = [
            line("stdout", 1, "a\\n"),
            line("stdout", 2, "begin"),
            line("stderr", 3, "b\\n"),
            line("stdout", 2, "end\\n"),
            line("stderr", 4, "open"),
            b"{\"log\":\"torn".to_vec(),
        ];
        let (_folder, mut log) = file(&lines);
        let boundary = find_boundary(&mut log).unwrap();
        let expected: usize = lines[..4].iter().map(Vec::len).sum();
        assert_eq!(boundary.offset, expected as u64);
        assert_eq!(boundary.last_times, [None, Some(2_000_000_000), Some(3_000_000_000)]);
    }

    #[test]
    fn bisection_finds_the_age() {
        let lines: Vec<Vec<u8>> = (0..20_000).map(|n| line("stdout", n, "0123456789012345678\\n")).collect();
        let (_folder, mut log) = file(&lines);
        let end = log.text_size().unwrap();
        for second in [0, 1, 7_777, 19_999, 30_000] {
            let offset = first_not_before(&mut log, second * 1_000_000_000, end).unwrap();
            let exact: usize = lines[..(second as usize).min(lines.len())].iter().map(Vec::len).sum();
            assert!(
                offset <= exact as u64 && exact as u64 - offset <= TURN_BYTES as u64,
                "{second}: {offset}"
            );
        }
    }

    #[test]
    fn what_one_does_not_need_goes_to_the_others() {
        assert_eq!(share(&[10, 100, 1000], 300), [10, 100, 190]);
        assert_eq!(share(&[10, 20], 300), [10, 20]);
        assert_eq!(share(&[50, 50, 50], 99), [33, 33, 33]);
        assert_eq!(share(&[], 99), Vec::<u64>::new());
    }
}
