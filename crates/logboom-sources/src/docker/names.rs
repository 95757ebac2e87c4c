//! Names of a container's log files, and opening them.

use std::io;
use std::path::{Path, PathBuf};

use super::file::LogFile;
use super::identity::Inode;
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

    /// Inode of the live file, if there is one now.
    pub fn live_inode(&self) -> Option<Inode> {
        std::fs::metadata(self.live()).ok().map(|metadata| Inode::from_metadata(&metadata))
    }

    /// The highest number among rotated files now.
    pub fn highest(&self) -> io::Result<u32> {
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
    pub fn open(&self, number: u32) -> io::Result<Option<LogFile>> {
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
}

fn missing_is_none(result: io::Result<LogFile>) -> io::Result<Option<LogFile>> {
    match result {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
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
}
