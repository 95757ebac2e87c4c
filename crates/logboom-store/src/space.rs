//! The budget: space is reserved before it is used, by eviction of the oldest if need be. An eviction mark is
//! durable before anything is removed.

use std::io;

use logboom_model::{CountKind, Gap, GapReason, StateUpdate};
use rustix::io::Errno;

use crate::active::{Active, WriteError};
use crate::format::snapshot::below;
use crate::limits::ALLOCATE_BYTES_MIN;
use crate::log::{JournalFile, LOST_PREFIX, lost_range};
use crate::names::{EVICTED_TO_KEY, JOURNAL_DIR};
use crate::writer::{Pending, Room, Writer};

impl Writer {
    /// Kept out of ordinary use: what new files take when the one before has failed. Two, because a new file that
    /// fails at once stays until its successor is durable.
    fn slack(&self) -> u64 {
        let file = self.snapshot_bytes + self.shared.reserve() + self.shared.allocate_step();
        2 * (file.next_multiple_of(ALLOCATE_BYTES_MIN) + ALLOCATE_BYTES_MIN)
    }

    /// Gets the active file the space for so many bytes in all, and some more to go on with.
    pub(crate) fn grow(&mut self, needed: u64, room: Room) -> Result<(), WriteError> {
        let needed = needed.next_multiple_of(ALLOCATE_BYTES_MIN);
        let Some(active) = &self.active else { return Err(WriteError::NoFile) };
        let mut length = needed;
        if room == Room::Ordinary {
            length += self.shared.allocate_step();
            let more = length.saturating_sub(active.allocated());
            if let Err(WriteError::NoRoom(_)) = self.make_room(more) {
                length = needed;
                let allocated = self.active.as_ref().map_or(0, Active::allocated);
                self.make_room(length.saturating_sub(allocated))?;
            }
        }
        loop {
            let Some(active) = &mut self.active else { return Err(WriteError::NoFile) };
            let error = match active.allocate(length) {
                Ok(()) => {
                    let mut log = self.shared.log();
                    if let (Some(active), Some(file)) = (&self.active, log.files.last_mut()) {
                        active.describe(file);
                    }
                    return Ok(());
                }
                Err(error) => error,
            };
            match &error {
                WriteError::Io { source, .. } if is_full(source) => {
                    let is_last = self.shared.log().files.len() <= 1;
                    if room == Room::Reserve || is_last {
                        return Err(WriteError::NoRoom(
                            "the disk is full and nothing is left to evict".to_owned(),
                        ));
                    }
                    self.evict(1)?;
                }
                _ => return Err(self.poison(error)),
            }
        }
    }

    /// Sees to it that so many bytes more can be used, by evicting the oldest files if need be.
    pub(crate) fn make_room(&mut self, bytes: u64) -> Result<(), WriteError> {
        loop {
            let options = &self.shared.options;
            let limit = options.max_bytes.saturating_sub(self.slack());
            let (used, files) = {
                let log = self.shared.log();
                (log.bytes(), log.files.clone())
            };
            // A file system that does not say counts as free: what is really full fails later, and is handled.
            let free = self.shared.fs.disk_free().unwrap_or(u64::MAX);
            let over = (used + bytes).saturating_sub(limit);
            let short =
                if bytes == 0 { 0 } else { (options.min_free.saturating_add(bytes)).saturating_sub(free) };
            let wanted = over.max(short);
            if wanted == 0 {
                return Ok(());
            }
            let (mut count, mut freed) = (0, 0);
            while freed < wanted && count + 1 < files.len() {
                freed += files[count].allocated;
                count += 1;
            }
            if count == 0 && bytes == 0 {
                return Ok(());
            }
            if count == 0 {
                let why = if over > 0 {
                    format!("{used} of {} bytes are in use and nothing is left to evict", options.max_bytes)
                } else {
                    format!(
                        "the disk is full: {free} bytes are free, store.min_free is {}, and nothing is left to evict",
                        options.min_free
                    )
                };
                return Err(WriteError::NoRoom(why));
            }
            self.evict(count)?;
        }
    }

    /// Evicts the oldest files: first a durable mark with its gap, then the files.
    pub(crate) fn evict(&mut self, count: usize) -> Result<(), WriteError> {
        let (files, evicted_to, to, forgotten) = {
            let log = self.shared.log();
            let count = count.min(log.files.len().saturating_sub(1));
            let to = log.files[count].summary.first_seq;
            let told = below(&log.state, LOST_PREFIX)
                .filter(|(key, value)| lost_range(key, Some(value)).is_some_and(|(_, end)| end <= to));
            let forgotten: Vec<_> =
                told.map(|(key, _)| StateUpdate { key: key.clone(), value: None }).collect();
            (log.files[..count].to_vec(), log.evicted_to, to, forgotten)
        };
        let mut mark = Pending { updates: forgotten, ..Pending::default() };
        if to > evicted_to {
            mark.updates
                .push(StateUpdate { key: EVICTED_TO_KEY.into(), value: Some(to.to_string().into_bytes()) });
            mark.gaps.extend(self.evicted_gap(&files, evicted_to, to));
            self.commit(&mut mark, Room::Reserve)?;
            let mut log = self.shared.log();
            log.evicted_to = to;
            log.lost.retain(|_, end| *end > to);
        }
        for file in files {
            self.remove(&file)?;
        }
        self.shared.fs.sync_dir(JOURNAL_DIR).map_err(|source| failed("sync", JOURNAL_DIR, source))
    }

    fn evicted_gap(&self, files: &[JournalFile], from: u64, to: u64) -> Option<Gap> {
        let from = from.max(files.first()?.summary.first_seq);
        let times = |file: &&JournalFile| file.summary.min_time <= file.summary.max_time;
        let known = || files.iter().filter(times).map(|file| file.summary);
        let detail = format!("seqs {from} to {} made room for newer ones", to.saturating_sub(1));
        let mut gap =
            Gap::unknown(self.shared.options.resource.clone(), "store", GapReason::Evicted, &detail);
        (gap.count, gap.count_kind, gap.seqs) = (to.checked_sub(from)?, CountKind::Exact, Some((from, to)));
        gap.from = known().map(|file| file.min_time).min();
        gap.to = known().map(|file| file.max_time).max();
        (gap.count > 0).then_some(gap)
    }

    fn remove(&self, file: &JournalFile) -> Result<(), WriteError> {
        let name = file.path();
        // A reader that has it open must not keep the space; it will see that its place was evicted.
        if let Ok(opened) = self.shared.fs.open(&name, true) {
            let _ = opened.truncate(0);
        }
        match self.shared.fs.unlink(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed("remove", &name, error));
            }
            _ => {}
        }
        self.shared.log().files.retain(|kept| kept.summary.id != file.summary.id);
        Ok(())
    }

    /// Evicts what is older than the owner wants to keep, unless the clock is not to be trusted.
    pub(crate) fn evict_by_age(&mut self) -> Result<(), WriteError> {
        let note = self.clock_guard.jumped(&*self.shared.clock);
        let is_trusted = note.is_none();
        let count = {
            let mut log = self.shared.log();
            log.clock_note = note;
            let Some(max_age) = self.shared.options.max_age.filter(|_| is_trusted) else { return Ok(()) };
            let max_age = i64::try_from(max_age.as_nanos()).unwrap_or(i64::MAX);
            let oldest = self.shared.clock.wall().saturating_sub(max_age);
            let closed = log.files.len().saturating_sub(1);
            log.files[..closed].iter().take_while(|file| file.summary.last_commit < oldest).count()
        };
        if count == 0 { Ok(()) } else { self.evict(count) }
    }
}

fn failed(action: &'static str, name: &str, source: io::Error) -> WriteError {
    WriteError::Io { action, name: name.to_owned(), source }
}

fn is_full(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOSPC | Errno::DQUOT))
}
