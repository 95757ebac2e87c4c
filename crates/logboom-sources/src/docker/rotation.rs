//! Following a log through Docker's rotation (moby, `daemon/logger/loggerutils/logfile.go`): which files came after
//! the newest one held, and whether any was missed.
//!
//! Descriptors are held, so an inode that matches one of them is that very file. Every rotation creates the live name
//! once: counting these events against the files found proves that none is missing.

use std::io;

use super::chain::ChainFile;
use super::cursor::Cursor;
use super::names::LogNames;
use super::walk::{Step, walk};

/// What came after the newest file held.
pub struct Newer {
    /// The files, oldest first.
    pub files: Vec<ChainFile>,
    /// Whether the walk met a file that is held, so that nothing can be missing between.
    pub reached: bool,
}

/// Looks for the files that came after those the cursor holds.
pub fn newer_files(names: &LogNames, cursor: &mut Cursor) -> io::Result<Newer> {
    cursor.identify_all()?;
    let walked = walk(names, || {
        |file: &ChainFile| {
            if cursor.holds(file.log.inode(), file.fingerprint) { Step::Stop } else { Step::Take }
        }
    })?;
    let (mut files, mut reached) = (walked.files, walked.stopped);
    // A file that was empty before the walk may have been written, rotated and compressed during it.
    cursor.identify_all()?;
    if let Some(held) = files.iter().rposition(|file| cursor.holds(file.log.inode(), file.fingerprint)) {
        files.drain(..=held);
        reached = true;
    }
    if !reached {
        // The newest file held has been deleted, so all older ones should be; any that is not was read before. Pieces
        // of one line have one time, also when they begin two files.
        let oldest = cursor.newest().and_then(|file| file.first_time).or(cursor.last_time());
        files.retain(|file| {
            Some(file.log.inode()) == walked.live
                || file.first_time.is_some_and(|time| oldest.is_none_or(|oldest| time >= oldest))
        });
    }
    Ok(Newer { files, reached })
}

/// Files that were certainly or possibly deleted before they could be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// So many files.
    Files(u64),
    /// Nobody can know.
    Possibly,
}

/// Events that created the live name, set against files found.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Created minus found. Negative while the event of a file found is still on its way.
    balance: i64,
    state: LedgerState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum LedgerState {
    /// Events of files that are held may still be on their way.
    #[default]
    Unsettled,
    /// None of them are; a walk that finds nothing new makes the balance known.
    EventsTaken,
    /// The balance is known.
    Settled,
}

impl Ledger {
    /// From the moment a container's files are opened. Without any file the balance is known: what is created from now
    /// on is told.
    pub fn opened(any_file: bool) -> Self {
        Self { balance: 0, state: if any_file { LedgerState::Unsettled } else { LedgerState::Settled } }
    }

    /// All events about files that were held at some moment have been taken since.
    pub fn events_taken(&mut self) {
        if self.state == LedgerState::Unsettled {
            self.state = LedgerState::EventsTaken;
        }
    }

    /// The live name was created.
    pub fn created(&mut self) {
        self.balance += 1;
    }

    /// Events may have been missed.
    pub fn lost_events(&mut self) {
        *self = Self::default();
    }

    /// Whether the balance is known.
    pub fn is_settled(&self) -> bool {
        self.state == LedgerState::Settled
    }

    /// After a walk: what is missing.
    pub fn settle(&mut self, found: usize, reached: bool) -> Option<Missed> {
        if self.state != LedgerState::Settled {
            let settled = self.state == LedgerState::EventsTaken && reached && found == 0;
            *self = Self::opened(!settled);
            return (!reached && found > 0).then_some(Missed::Possibly);
        }
        self.balance -= found as i64;
        if self.balance <= 0 {
            return None;
        }
        let files = self.balance as u64;
        self.balance = 0;
        Some(Missed::Files(files))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_files_as_creations_prove_that_none_is_missing() {
        let mut ledger = Ledger::opened(true);
        assert_eq!(ledger.settle(0, true), None);
        assert!(!ledger.is_settled(), "the event of the first file may still come");
        ledger.created();
        ledger.events_taken();
        assert_eq!(ledger.settle(0, true), None);
        assert!(ledger.is_settled());
        for (creations, found, reached, missed) in [
            (1, 1, false, None),
            (2, 1, false, Some(Missed::Files(1))),
            (0, 1, false, None),
            (1, 0, true, None),
            (3, 3, false, None),
            (5, 2, false, Some(Missed::Files(3))),
            // Two are gone, but the event of the one found has not come yet.
            (2, 1, false, Some(Missed::Files(1))),
            (1, 0, true, Some(Missed::Files(1))),
            (1, 1, false, None),
        ] {
            (0..creations).for_each(|_| ledger.created());
            assert_eq!(ledger.settle(found, reached), missed, "{creations} created, {found} found");
        }
    }

    #[test]
    fn a_container_watched_before_its_first_file_is_known_from_the_start() {
        let mut ledger = Ledger::opened(false);
        ledger.created();
        ledger.created();
        assert_eq!(ledger.settle(1, false), Some(Missed::Files(1)));
    }

    #[test]
    fn lost_events_leave_doubt_once() {
        let mut ledger = Ledger::opened(false);
        ledger.lost_events();
        assert_eq!(ledger.settle(0, false), None);
        assert_eq!(ledger.settle(1, false), Some(Missed::Possibly));
        ledger.events_taken();
        assert_eq!(ledger.settle(0, true), None);
        ledger.created();
        assert_eq!(ledger.settle(1, false), None);
    }
}
