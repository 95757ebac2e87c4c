//! From a committed position back to a reader: finds the files of the position by their first records among the live
//! one, the rotated ones and the compressed ones, and starts at the lowest of the streams' places.

use std::io;

use logboom_model::Stream;

use super::chain::ChainFile;
use super::cursor::{Cursor, Floor};
use super::identity::{Fingerprint, Tail};
use super::names::LogNames;
use super::position::{PerStream, Place, Position, STREAMS};
use super::walk::{Step, walk};
use crate::limits::MTIME_SLACK_NS;

/// The place of a position that stands for no file any more: everything newer than the committed records is to come.
pub const NOWHERE: Place = Place { file: Fingerprint(0), offset: 0 };

/// What was found missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The file has its first record still, but other bytes or fewer before the position.
    Truncated,
    /// The file of the position is gone.
    FileGone,
    /// The file in which an unfinished line of this stream began is gone.
    LineStartGone(Stream),
}

/// A reader that goes on where the position says.
pub struct Resumed {
    /// `None` when there is nothing left to read.
    pub cursor: Option<Cursor>,
    /// What was found missing.
    pub loss: Option<Loss>,
}

/// Every file from the oldest on.
pub fn from_beginning(names: &LogNames) -> io::Result<Cursor> {
    Ok(Cursor::new(walk(names, || |_: &ChainFile| Step::Take)?.files))
}

/// Goes on from a position.
pub fn resume(names: &LogNames, position: &Position) -> io::Result<Resumed> {
    let mut wanted: Vec<Fingerprint> = position.streams.iter().map(|stream| stream.place.file).collect();
    wanted.push(position.frontier.file);
    wanted.extend(position.end.map(|end| end.place.file));
    let walked = walk(names, || {
        let mut wanted = wanted.clone();
        move |file: &ChainFile| {
            wanted.retain(|&fingerprint| file.fingerprint != Some(fingerprint));
            if wanted.is_empty() { Step::TakeAndStop } else { Step::Take }
        }
    })?;
    let mut chain = walked.files;
    if let Some(end) = position.end {
        let Some(last) = index_of(&chain, end.place.file) else {
            // The backlog lies before the end, so all of it is gone.
            return Ok(Resumed { cursor: None, loss: Some(Loss::FileGone) });
        };
        chain.truncate(last + 1);
    }
    match index_of(&chain, position.frontier.file) {
        Some(frontier) => at_frontier(chain, frontier, position),
        None => Ok(newer_than_committed(chain, position)),
    }
}

fn index_of(chain: &[ChainFile], file: Fingerprint) -> Option<usize> {
    chain.iter().position(|candidate| candidate.fingerprint == Some(file))
}

/// The frontier's file is gone: whatever is newer than the committed records of each stream follows.
fn newer_than_committed(mut chain: Vec<ChainFile>, position: &Position) -> Resumed {
    let committed = position.streams[1..].iter().filter_map(|stream| stream.last_time).min();
    if let Some(committed) = committed {
        let is_new = |file: &ChainFile| {
            let modified = || file.log.state().ok().map(|state| state.modified);
            file.log
                .last_time_of_header()
                .or_else(modified)
                .is_none_or(|time| time > committed - MTIME_SLACK_NS)
        };
        let first = chain.iter().position(is_new).unwrap_or(chain.len().saturating_sub(1));
        chain.drain(..first);
    }
    let loss = (position.frontier.file != NOWHERE.file).then_some(Loss::FileGone);
    let mut nowhere = *position;
    nowhere.frontier = NOWHERE;
    nowhere.tail = Tail::default().hash();
    nowhere.streams.iter_mut().for_each(|stream| stream.place = NOWHERE);
    let cursor = Cursor::new(chain).resumed(&nowhere, [None; 3]).reading_again();
    Resumed { cursor: Some(cursor), loss }
}

fn at_frontier(mut chain: Vec<ChainFile>, frontier: usize, position: &Position) -> io::Result<Resumed> {
    let tail = chain[frontier].log.tail_before(position.frontier.offset)?;
    let truncated = tail.hash() != position.tail;
    let mut loss = truncated.then_some(Loss::Truncated);
    let mut position = *position;
    let mut places: PerStream<(usize, u64)> = [(0, 0); 3];
    let mut floors: PerStream<Option<Floor>> = [None; 3];
    for stream in STREAMS {
        let index = stream as usize;
        let state = &mut position.streams[index];
        match index_of(&chain, state.place.file) {
            Some(file) if truncated && file == frontier => {
                places[index] = (file, 0);
                state.again_until = state.last_time;
            }
            Some(file) => {
                places[index] = (file, state.place.offset);
                floors[index] = Some(Floor { file, place: state.place });
            }
            None => {
                state.again_until = state.last_time;
                loss = loss.or(Some(Loss::LineStartGone(stream)));
            }
        }
    }
    let (first, mut offset) = places.into_iter().min().unwrap_or_default();
    if truncated && first == frontier {
        offset = 0;
    }
    let mut files = Vec::with_capacity(chain.len() - first);
    for (index, mut file) in chain.into_iter().enumerate().skip(first) {
        file.skip = places.map(|(of, offset)| match index.cmp(&of) {
            std::cmp::Ordering::Less => u64::MAX,
            std::cmp::Ordering::Equal => offset,
            std::cmp::Ordering::Greater => 0,
        });
        files.push(if index == first { file.at(offset)? } else { file });
    }
    let floors = floors.map(|floor| floor.map(|floor| Floor { file: floor.file - first, ..floor }));
    Ok(Resumed { cursor: Some(Cursor::new(files).resumed(&position, floors)), loss })
}
