//! The journal file being written: how one begins, grows by entries, ends, and what happens when it fails.

use std::io;
use std::path::Path;
use std::sync::Arc;

use logboom_model::ResourceId;
use rustix::io::Errno;

use crate::encode::Stamp;
use crate::format::EntryHeader;
use crate::format::commit::Definitions;
use crate::format::snapshot::{FileSummary, SnapshotState};
use crate::fs::FsFile;
use crate::limits::{
    ALLOCATE_BYTES_MIN, FILE_AGE_NANOS_MAX, FILE_RESOURCES_MAX, FILES_MAX, RESOURCE_AGE_NANOS_MAX,
    RETRY_MS_MAX,
};
use crate::log::journal_path;
use crate::log::{Held, JournalFile, Log};
use crate::names::{JOURNAL_DIR, NEW_FILE_NAME};
use crate::writer::Writer;

/// Why a commit did not happen.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file could not be written, synced or made.
    #[error("failed to {action} {name}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Name below the data directory.
        name: String,
        /// What happened.
        source: io::Error,
    },
    /// The budget or the disk has no room, and nothing is left to evict.
    #[error("no room: {0}")]
    NoRoom(String),
    /// No entry can hold it.
    #[error("{0} bytes are too many for one journal entry")]
    TooLarge(usize),
    /// There is no file to write to.
    #[error("no journal file is open")]
    NoFile,
}

impl WriteError {
    /// In words, for `status`.
    pub fn describe(&self, dir: &Path) -> String {
        match self {
            Self::Io { action, name, source } => {
                format!("failed to {action} {}: {source}", dir.join(name).display())
            }
            other => other.to_string(),
        }
    }
}

/// See the top of the file.
pub struct Active {
    file: Arc<dyn FsFile>,
    name: String,
    summary: FileSummary,
    end: u64,
    last_bytes: u64,
    allocated: u64,
    body_bytes: u64,
    /// Resources defined in it.
    pub definitions: Definitions,
}

impl Active {
    /// Its id.
    pub fn id(&self) -> u64 {
        self.summary.id
    }

    /// Where the next entry goes.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Bytes that may be written without asking for room.
    pub fn allocated(&self) -> u64 {
        self.allocated
    }

    /// Bytes of the entry written last.
    pub fn last_bytes(&self) -> u64 {
        self.last_bytes
    }

    /// Writes and syncs one entry: all of it or an error, after which the file must not be touched again.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let failed = |action, source| WriteError::Io { action, name: self.name.clone(), source };
        write_entry(&*self.file, bytes, self.end).map_err(|error| failed("write", error))?;
        self.file.sync_data().map_err(|error| failed("sync", error))?;
        self.end += bytes.len() as u64;
        self.last_bytes = bytes.len() as u64;
        Ok(())
    }

    /// Takes note of the entry just written.
    pub fn note(&mut self, header: &EntryHeader, body_bytes: u64) {
        self.body_bytes += body_bytes;
        self.summary.end_seq = header.end_seq();
        self.summary.min_time = self.summary.min_time.min(header.min_time);
        self.summary.max_time = self.summary.max_time.max(header.max_time);
        if header.rows > 0 && self.summary.first_seq == header.first_seq {
            self.summary.first_commit = header.commit_time;
        }
        self.summary.last_commit = header.commit_time;
    }

    /// Brings the log's view of this file up to date.
    pub fn describe(&self, file: &mut JournalFile) {
        (file.summary, file.durable_bytes, file.allocated) = (self.summary, self.end, self.allocated);
    }

    /// Reserves space up to a length.
    pub fn allocate(&mut self, length: u64) -> Result<(), WriteError> {
        self.file.allocate(length).map_err(|source| WriteError::Io {
            action: "reserve space for",
            name: self.name.clone(),
            source,
        })?;
        self.allocated = self.allocated.max(length).max(self.file.allocated().unwrap_or(0));
        Ok(())
    }

    /// Gives back space reserved and not used; says what it takes now.
    pub fn release(&self) -> u64 {
        match self.file.truncate(self.end).and_then(|()| self.file.allocated()) {
            Ok(allocated) => allocated,
            Err(_) => self.allocated,
        }
    }

    fn has_rows(&self) -> bool {
        self.summary.end_seq > self.summary.first_seq
    }
}

/// One write: an entry that was written in two could be half there without a crash.
fn write_entry(file: &dyn FsFile, bytes: &[u8], offset: u64) -> io::Result<()> {
    loop {
        match file.write_at(bytes, offset) {
            Ok(count) if count == bytes.len() => return Ok(()),
            Ok(_) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Writer {
    /// Begins a new file, and ends the one before. Without an active file it may use the space kept for this.
    pub(crate) fn begin_file(&mut self) -> Result<(), WriteError> {
        let about = self.snapshot_bytes + self.shared.reserve() + self.shared.allocate_step();
        if self.active.is_some() {
            self.make_room(about)?;
        }
        let snapshot = self.snapshot();
        self.file_number = self.file_number.wrapping_add(1);
        let id = u64::from(self.file_number) << 32 | u64::from(random()?);
        let first_seq = snapshot.next_seq;
        let stamp = Stamp { file_id: id, offset: 0, first_seq, commit_time: snapshot.last_commit };
        let (temporary, name) = (format!("{JOURNAL_DIR}/{NEW_FILE_NAME}"), journal_path(first_seq, id));
        let (header, bytes) = self.encoder.snapshot(stamp, &snapshot)?;
        let length = header.end() + self.shared.reserve() + self.shared.allocate_step();
        let length = length.next_multiple_of(ALLOCATE_BYTES_MIN);
        self.snapshot_bytes = header.end() + header.end() / 4;
        if self.active.is_none() {
            let used = self.shared.log().bytes();
            if used + length > self.shared.options.max_bytes {
                return Err(WriteError::NoRoom(format!(
                    "{used} of {} bytes are in use",
                    self.shared.options.max_bytes
                )));
            }
        }
        let made = make_file(&*self.shared.fs, &temporary, &name, bytes, length);
        let file = match made {
            Ok(file) => file,
            Err((action, source)) => {
                // Nothing in it was ever shown to anyone.
                let _ = self.shared.fs.unlink(&temporary);
                let was_named = self.shared.fs.unlink(&name).is_ok();
                if was_named && self.shared.fs.sync_dir(JOURNAL_DIR).is_err() {
                    // It may be back after a power loss, and would hide what is written to the file before from now
                    // on: nothing is, until another one has begun.
                    self.active = None;
                }
                self.shared.log().failures += 1;
                return Err(match Errno::from_io_error(&source) {
                    Some(Errno::NOSPC | Errno::DQUOT) => WriteError::NoRoom("the disk is full".to_owned()),
                    _ => WriteError::Io { action, name: temporary, source },
                });
            }
        };
        let allocated = file.allocated().unwrap_or(0).max(length);
        let summary = FileSummary {
            first_seq,
            id,
            end_seq: first_seq,
            min_time: i64::MAX,
            max_time: i64::MIN,
            first_commit: header.commit_time,
            last_commit: header.commit_time,
        };
        let end = header.end();
        let next = Active {
            file,
            name,
            summary,
            end,
            last_bytes: end,
            allocated,
            body_bytes: 0,
            definitions: Definitions::default(),
        };
        let released = self.active.replace(next).map(|before| before.release());
        {
            let mut log = self.shared.log();
            if let (Some(released), Some(file)) = (released, log.files.last_mut()) {
                file.allocated = released;
            }
            log.files.push(JournalFile { summary, durable_bytes: end, allocated, held: Held::default() });
            log.syncs += 2;
            log.bytes_written += end;
        }
        self.remove_redundant();
        self.shared.log().slack = self.slack();
        self.shared.seal_signals.call();
        // What a failure has taken from the space kept for new files is won back now, not when it is needed.
        self.make_room(0)
    }

    /// Everything recovery needs, as of now.
    fn snapshot(&self) -> SnapshotState {
        let now = self.now();
        let mut log = self.shared.log();
        log.resources.retain(|_, (_, used)| *used >= now.saturating_sub(RESOURCE_AGE_NANOS_MAX));
        forget_oldest(&mut log);
        let mut resources: Vec<_> = log.resources.values().cloned().collect();
        resources.sort_by_key(|(resource, _)| resource.id());
        SnapshotState {
            store_id: self.shared.store_id,
            next_seq: log.end_seq,
            records: log.end_seq - 1,
            evicted_to: log.evicted_to,
            last_commit: now,
            files: log.files.iter().map(|file| file.summary).collect(),
            state: log.state.clone(),
            resources,
        }
    }

    /// A write or sync failed: nobody writes or syncs this file again. What it holds durably stays readable.
    pub(crate) fn poison(&mut self, error: WriteError) -> WriteError {
        self.active = None;
        let text = error.describe(&self.shared.dir);
        tracing::error!(error = text, "a journal file failed and is not written any more");
        // It may hold the only copy of the small state: it goes when its successor is durable, not before.
        self.shared.log().failures += 1;
        error
    }

    /// Begins a new file when this one has had its share of bytes or of time.
    pub(crate) fn roll_if_due(&mut self) {
        let Some(active) = &self.active else { return };
        let (now, steady) = (self.now(), self.shared.clock.steady());
        let is_old = now.saturating_sub(active.summary.first_commit) >= FILE_AGE_NANOS_MAX;
        let is_full = active.body_bytes >= self.shared.file_body_bytes_max()
            || active.end >= self.shared.file_bytes_max()
            || active.definitions.count() > FILE_RESOURCES_MAX / 2;
        if !(is_full || is_old && active.has_rows()) || steady < self.roll_after {
            return;
        }
        let too_many = (self.shared.log().files.len() + 1).saturating_sub(FILES_MAX);
        let evicted = if too_many > 0 { self.evict(too_many) } else { Ok(()) };
        if let Err(error) = evicted.and_then(|()| self.begin_file()) {
            let error = error.describe(&self.shared.dir);
            tracing::warn!(error, "no new journal file could be begun; going on in the old one");
            self.roll_after = steady.saturating_add((RETRY_MS_MAX * 1_000_000) as i64);
        }
    }

    /// Removes files without rows whose successor carries their state.
    fn remove_redundant(&self) {
        let mut log = self.shared.log();
        let mut index = 0;
        let mut removed = false;
        while index + 1 < log.files.len() {
            let file = &log.files[index];
            let is_empty = file.summary.first_seq == log.files[index + 1].summary.first_seq;
            if is_empty && self.shared.fs.unlink(&file.path()).is_ok() {
                log.files.remove(index);
                removed = true;
            } else {
                index += 1;
            }
        }
        drop(log);
        if removed {
            // Were it lost, the files would be removed at the next start.
            let _ = self.shared.fs.sync_dir(JOURNAL_DIR);
        }
    }
}

/// Keeps the resources within their bound: those used longest ago are forgotten.
fn forget_oldest(log: &mut Log) {
    let excess = log.resources.len().saturating_sub(logboom_model::limits::RESOURCES_MAX);
    if excess > 0 {
        let mut by_age: Vec<(i64, ResourceId)> =
            log.resources.iter().map(|(id, (_, used))| (*used, *id)).collect();
        by_age.sort_unstable();
        for (_, id) in by_age.into_iter().take(excess) {
            log.resources.remove(&id);
        }
    }
}

type Made = Result<Arc<dyn FsFile>, (&'static str, io::Error)>;

/// A file gets its name only when its snapshot is durable, so that every named file begins with one.
fn make_file(fs: &dyn crate::fs::Fs, temporary: &str, name: &str, bytes: &[u8], length: u64) -> Made {
    match fs.unlink(temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(("remove", error)),
        _ => {}
    }
    let file = fs.create(temporary).map_err(|error| ("make", error))?;
    file.allocate(length).map_err(|error| ("reserve space for", error))?;
    write_entry(&*file, bytes, 0).map_err(|error| ("write", error))?;
    file.sync_data().map_err(|error| ("sync", error))?;
    fs.rename(temporary, name).map_err(|error| ("rename", error))?;
    fs.sync_dir(JOURNAL_DIR).map_err(|error| ("sync the directory of", error))?;
    Ok(file)
}

fn random() -> Result<u32, WriteError> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|error| WriteError::Io {
        action: "make an id for",
        name: JOURNAL_DIR.to_owned(),
        source: io::Error::other(error.to_string()),
    })?;
    Ok(u32::from_le_bytes(bytes))
}
