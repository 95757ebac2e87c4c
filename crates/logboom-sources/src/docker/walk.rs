//! Opens a container's log files in order, while Docker may be rotating them.
//!
//! Files only ever move to higher numbers, so going from the live name upwards meets each of them at least once,
//! whatever is renamed meanwhile; in which order they were met says which is older only if nothing was renamed. So the
//! walk is repeated until the live name was the same file before and after, with every file kept open that was met.

use std::io;

use super::chain::ChainFile;
use super::identity::Inode;
use super::names::LogNames;
use crate::limits::{ROTATED_FILES_MAX, WALKS_MAX};

/// What to do with a file that was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It belongs to the chain.
    Take,
    /// It belongs to the chain, and older ones do not.
    TakeAndStop,
    /// Neither it nor older ones belong to the chain.
    Stop,
}

/// The files that were taken.
pub struct Walked {
    /// Oldest first.
    pub files: Vec<ChainFile>,
    /// Whether a step said to stop.
    pub stopped: bool,
    /// The live file, if there was one.
    pub live: Option<Inode>,
}

/// Walks from the live file to older ones, as far as the steps say; `steps` begins anew for each attempt.
pub fn walk<S: FnMut(&ChainFile) -> Step>(
    names: &LogNames,
    mut steps: impl FnMut() -> S,
) -> io::Result<Walked> {
    let mut pool: Vec<ChainFile> = Vec::new();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let live = names.live_inode();
        let (order, stopped) = pass(names, &mut pool, steps())?;
        let undisturbed = names.live_inode() == live;
        if undisturbed || attempt == WALKS_MAX {
            return Ok(Walked { files: in_order(pool, &order, stopped), stopped, live });
        }
    }
}

/// One walk; indexes of the files in the pool, newest first.
fn pass(
    names: &LogNames,
    pool: &mut Vec<ChainFile>,
    mut step: impl FnMut(&ChainFile) -> Step,
) -> io::Result<(Vec<usize>, bool)> {
    let highest = names.highest()?;
    let mut order: Vec<usize> = Vec::new();
    let mut missing = 0;
    for number in 0..=ROTATED_FILES_MAX {
        let Some(index) = open_into(names, number, pool)? else {
            missing += 1;
            // One name at a time is missing while files are renamed.
            if number > highest && missing > 2 {
                break;
            }
            continue;
        };
        missing = 0;
        if order.contains(&index) {
            continue;
        }
        match step(&pool[index]) {
            Step::Take => order.push(index),
            Step::TakeAndStop => {
                order.push(index);
                return Ok((order, true));
            }
            Step::Stop => {
                pool.truncate(pool.len() - usize::from(index + 1 == pool.len()));
                return Ok((order, true));
            }
        }
    }
    Ok((order, false))
}

/// Opens one file, unless it is in the pool already under another name; its index there.
fn open_into(names: &LogNames, number: u32, pool: &mut Vec<ChainFile>) -> io::Result<Option<usize>> {
    let Some(mut log) = names.open(number)? else { return Ok(None) };
    if let Some(index) = pool.iter().position(|file| file.log.inode() == log.inode()) {
        return Ok(Some(index));
    }
    let head = match log.head() {
        Ok(head) => head,
        // Damaged: it is read as far as it goes.
        Err(_) if log.is_compressed() => None,
        Err(error) => return Err(error),
    };
    if log.is_compressed() {
        // Another inode with the same text, perhaps of a file that was empty when it was opened.
        for file in pool.iter_mut().filter(|file| file.fingerprint.is_none()) {
            if let Some(head) = file.log.head()? {
                file.learn(head);
            }
        }
        let same = |file: &ChainFile| head.is_some_and(|head| file.fingerprint == Some(head.fingerprint));
        if let Some(index) = pool.iter().position(same) {
            return Ok(Some(index));
        }
    }
    pool.push(ChainFile::new(log, head));
    Ok(Some(pool.len() - 1))
}

/// The pool, oldest first. Files that only an earlier, disturbed walk has met have been renamed or deleted since; they
/// find their place by the time of their first record, an empty file being the newest.
fn in_order(pool: Vec<ChainFile>, order: &[usize], stopped: bool) -> Vec<ChainFile> {
    let mut pool: Vec<Option<ChainFile>> = pool.into_iter().map(Some).collect();
    let mut files: Vec<ChainFile> = order.iter().rev().filter_map(|&index| pool[index].take()).collect();
    let others: Vec<ChainFile> = pool.into_iter().flatten().collect();
    if others.is_empty() {
        return files;
    }
    let time = |file: &ChainFile| file.first_time.unwrap_or(i64::MAX);
    // When the last walk stopped at a known file, an older one than all it took may have been read before.
    let oldest = files.first().map(time).filter(|_| stopped);
    files.extend(others.into_iter().filter(|file| oldest.is_none_or(|oldest| time(file) >= oldest)));
    files.sort_by_key(time);
    files
}
