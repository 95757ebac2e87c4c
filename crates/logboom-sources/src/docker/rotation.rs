//! Following a log through Docker's rotation (moby, `daemon/logger/loggerutils/logfile.go`): which files came after
//! the newest one held, and whether any was missed.
//!
//! Files only ever move to higher numbers, so walking from the live name upwards meets each of them at least once,
//! whatever is renamed meanwhile. Descriptors are held, so an inode that matches one of them is that very file. Every
//! rotation creates the live name once: counting these events against the files found proves that none is missing.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::cursor::{ChainFile, Cursor};
use super::file::{Head, LogFile};
use crate::limits::ROTATED_FILES_MAX;

/// Names of one container's log files.
#[derive(Debug, Clone)]
pub struct LogNames {
    folder: PathBuf,
    live: String,
}

/// What a name in the container's folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogName {
    /// The file that is being written.
    Live,
    /// A rotated file and its number.
    Rotated(u32),
}

impl LogNames {
    /// Names in this container's folder.
    pub fn new(folder: &Path, id: &str) -> Self {
        Self { folder: folder.to_owned(), live: format!("{id}-json.log") }
    }

    /// The container's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Path of the live file.
    pub fn live(&self) -> PathBuf {
        self.folder.join(&self.live)
    }

    /// What a name in the folder is; `None` when it is no log file.
    pub fn parse(&self, name: &[u8]) -> Option<LogName> {
        let rest = name.strip_prefix(self.live.as_bytes())?;
        if rest.is_empty() {
            return Some(LogName::Live);
        }
        let number = rest.strip_prefix(b".")?;
        let number = number.strip_suffix(b".gz").unwrap_or(number);
        let number: u32 = std::str::from_utf8(number).ok()?.parse().ok()?;
        (1..=ROTATED_FILES_MAX).contains(&number).then_some(LogName::Rotated(number))
    }

    /// The highest number among rotated files now.
    fn highest(&self) -> io::Result<u32> {
        use std::os::unix::ffi::OsStrExt;
        let mut highest = 0;
        for entry in std::fs::read_dir(&self.folder)? {
            if let Some(LogName::Rotated(number)) = self.parse(entry?.file_name().as_bytes()) {
                highest = highest.max(number);
            }
        }
        Ok(highest)
    }

    /// Opens the file of one number, 0 being the live one. A compressed file is used only when the plain one is gone:
    /// before that it may still be growing, or be the rest of a crash.
    fn open(&self, number: u32) -> io::Result<Option<LogFile>> {
        if number == 0 {
            return missing_is_none(LogFile::open(&self.live()));
        }
        let plain = self.folder.join(format!("{}.{number}", self.live));
        if let Some(file) = missing_is_none(LogFile::open(&plain))? {
            return Ok(Some(file));
        }
        let Some(compressed) =
            missing_is_none(LogFile::open(&self.folder.join(format!("{}.{number}.gz", self.live))))?
        else {
            return Ok(None);
        };
        // It may have been created just now, by a rotation between the two attempts.
        Ok(Some(missing_is_none(LogFile::open(&plain))?.unwrap_or(compressed)))
    }

    /// Visits every log file, newest first. A file may be met twice while a rotation goes on.
    pub fn visit(
        &self,
        mut visit: impl FnMut(u32, LogFile, Option<Head>) -> ControlFlow<()>,
    ) -> io::Result<()> {
        // Rotations during the walk move files on by a number each.
        let highest = self.highest()? + 2;
        for number in 0..=highest {
            let Some(mut file) = self.open(number)? else { continue };
            let head = match file.head() {
                Ok(head) => head,
                Err(_) if file.is_compressed() => None,
                Err(error) => return Err(error),
            };
            if visit(number, file, head).is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn missing_is_none(result: io::Result<LogFile>) -> io::Result<Option<LogFile>> {
    match result {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Collects files newest first, each once.
#[derive(Default)]
pub struct Collected {
    files: Vec<ChainFile>,
}

impl Collected {
    /// Takes a file unless it is there already under another name.
    pub fn add(&mut self, log: LogFile, head: Option<Head>) {
        let fingerprint = head.map(|head| head.fingerprint);
        let known = |file: &ChainFile| {
            file.log.inode() == log.inode() || (fingerprint.is_some() && file.fingerprint == fingerprint)
        };
        if !self.files.iter().any(known) {
            self.files.push(ChainFile::new(log, head));
        }
    }

    /// The files, oldest first.
    pub fn into_chain(mut self) -> Vec<ChainFile> {
        self.files.reverse();
        self.files
    }
}

/// What came after the newest file held.
pub struct Newer {
    /// The files, oldest first.
    pub files: Vec<ChainFile>,
    /// Whether the walk met a file that is held, so that nothing can be missing between.
    pub reached: bool,
}

/// Looks for the files that came after those the cursor holds.
pub fn newer_files(names: &LogNames, cursor: &Cursor) -> io::Result<Newer> {
    let oldest_acceptable = cursor.newest().and_then(|file| file.first_time).or(cursor.last_time());
    let mut collected = Collected::default();
    let mut reached = false;
    names.visit(|number, log, head| {
        if cursor.holds(log.inode(), head.map(|head| head.fingerprint)) {
            reached = true;
            return ControlFlow::Break(());
        }
        if number > 0 {
            // The newest file held has been deleted, so all older ones should be; any that is not was read before.
            let time = head.and_then(|head| head.time);
            if time.is_none() || time <= oldest_acceptable {
                return ControlFlow::Continue(());
            }
        }
        collected.add(log, head);
        ControlFlow::Continue(())
    })?;
    Ok(Newer { files: collected.into_chain(), reached })
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
#[derive(Debug)]
pub struct Ledger {
    /// Created minus found.
    balance: i64,
    /// Events were lost, or there is no watch.
    unsure: bool,
    /// 1 while the event of the first file may still be on its way, or may not exist.
    slack: i64,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { balance: 0, unsure: false, slack: 1 }
    }
}

impl Ledger {
    /// The live name was created.
    pub fn created(&mut self) {
        self.balance += 1;
    }

    /// Events may have been missed.
    pub fn lost_events(&mut self) {
        self.unsure = true;
        self.balance = 0;
    }

    /// After a walk: what is missing.
    pub fn settle(&mut self, found: usize, reached: bool) -> Option<Missed> {
        self.balance -= found as i64;
        if reached {
            *self = Self { balance: self.balance.min(0), unsure: false, slack: 0 };
            return None;
        }
        if self.unsure {
            if found == 0 {
                return None;
            }
            *self = Self { balance: 0, unsure: false, slack: 1 };
            return Some(Missed::Possibly);
        }
        if self.balance <= 0 {
            return None;
        }
        let certain = self.balance - self.slack;
        *self = Self { balance: 0, unsure: false, slack: 0 };
        Some(if certain > 0 { Missed::Files(certain as u64) } else { Missed::Possibly })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_log_files() {
        let names = LogNames::new(Path::new("/x"), "ab");
        for (name, expected) in [
            ("ab-json.log", Some(LogName::Live)),
            ("ab-json.log.1", Some(LogName::Rotated(1))),
            ("ab-json.log.12.gz", Some(LogName::Rotated(12))),
            ("ab-json.log.0", None),
            ("ab-json.log.gz", None),
            ("ab-json.log.99999999999", None),
            ("ab-json.log.1.gz.tmp", None),
            ("cd-json.log", None),
            ("config.v2.json", None),
        ] {
            assert_eq!(names.parse(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn as_many_files_as_creations_prove_that_none_is_missing() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.settle(0, true), None);
        for (creations, found, reached, missed) in [
            (1, 1, false, None),
            (2, 1, false, Some(Missed::Files(1))),
            (0, 1, false, None),
            (1, 0, false, None),
            (3, 3, false, None),
            (9, 1, true, None),
            (5, 2, false, Some(Missed::Files(3))),
            (1, 1, false, None),
        ] {
            (0..creations).for_each(|_| ledger.created());
            assert_eq!(ledger.settle(found, reached), missed, "{creations} created, {found} found");
        }
    }

    #[test]
    fn lost_events_leave_doubt_once() {
        let mut ledger = Ledger::default();
        ledger.lost_events();
        assert_eq!(ledger.settle(0, false), None);
        assert_eq!(ledger.settle(1, false), Some(Missed::Possibly));
        ledger.created();
        assert_eq!(ledger.settle(1, false), None);
    }
}
