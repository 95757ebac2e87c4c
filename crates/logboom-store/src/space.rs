//! The budget: space is reserved before it is used, by eviction of the oldest if need be. An eviction mark is
//! durable before anything is removed.
//!
//! This is the writer's side, which holds whatever happens. Ahead of need the sealer makes room with more care, see
//! `seal`; while it does, the writer waits for it some time before it evicts by itself.

pub mod share;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use logboom_model::{CountKind, Gap, GapReason, StateUpdate};
use rustix::io::Errno;

use crate::active::{Active, WriteError};
use crate::format::snapshot::below;
use crate::limits::{
    ALLOCATE_BYTES_MIN, ROOM_LOOK_MS, ROOM_PAUSE_MS, ROOM_WAIT_MS_MAX, SEALER_SHARE_OF_BUDGET,
};
use crate::log::{JournalFile, LOST_PREFIX, Log, lost_range};
use crate::names::EVICTED_TO_KEY;
use crate::seal::remove_empty;
use crate::sealed::{Sealed, parent};
use crate::writer::{Pending, Room, Writer};

impl Writer {
    /// Kept out of ordinary use: what new files take when the one before has failed. Two, because a new file that
    /// fails at once stays until its successor is durable.
    pub(crate) fn slack(&self) -> u64 {
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
                    drop(log);
                    self.shared.seal_signals.call();
                    return Ok(());
                }
                Err(error) => error,
            };
            match &error {
                WriteError::Io { source, .. } if is_full(source) => {
                    let is_last = sizes(&self.shared.log()).is_empty();
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

    /// Sees to it that so many bytes more can be used, by evicting the oldest segments and files if need be.
    pub(crate) fn make_room(&mut self, bytes: u64) -> Result<(), WriteError> {
        let made = self.wait_or_evict(bytes);
        self.shared.log().room_wanted = 0;
        made
    }

    fn wait_or_evict(&mut self, bytes: u64) -> Result<(), WriteError> {
        let mut waiting = None;
        let shared = self.shared.clone();
        let options = &shared.options;
        loop {
            let limit = options.max_bytes.saturating_sub(self.slack());
            let (used, sizes, to_seal) = {
                let log = shared.log();
                (log.bytes(), sizes(&log), log.to_seal())
            };
            // A file system that does not say counts as free: what is really full fails later, and is handled.
            let free = self.shared.fs.disk_free().unwrap_or(u64::MAX);
            let over = (used + bytes).saturating_sub(limit);
            let short =
                if bytes == 0 { 0 } else { (options.min_free.saturating_add(bytes)).saturating_sub(free) };
            let wanted = over.max(short);
            // The sealer needs some room to make room in.
            let spare = if bytes == 0 { 0 } else { options.max_bytes / SEALER_SHARE_OF_BUDGET + to_seal };
            let hoped = (used + bytes + spare).saturating_sub(limit).max(short);
            if hoped > 0 && !sizes.is_empty() && self.wait_for_sealer(hoped, &mut waiting) {
                continue;
            }
            if wanted == 0 {
                return Ok(());
            }
            let (mut count, mut freed) = (0, 0);
            while freed < wanted && count < sizes.len() {
                freed += sizes[count];
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

    /// Waits for the sealer to make so much room, and serves it meanwhile; says whether it is worth another look. It
    /// does so for a bounded time after the last thing the sealer got done, and not again soon when that was in vain.
    fn wait_for_sealer(&mut self, hoped: u64, waiting: &mut Option<(u64, Instant)>) -> bool {
        let now = Instant::now();
        let (runs, steps) = {
            let log = self.shared.log();
            (log.sealer_runs, log.sealer_steps)
        };
        if !runs || self.is_closing() || now < self.waits_after {
            return false;
        }
        if waiting.is_none_or(|(seen, _)| seen != steps) {
            *waiting = Some((steps, now + Duration::from_millis(ROOM_WAIT_MS_MAX)));
        }
        if waiting.is_some_and(|(_, until)| now >= until) {
            tracing::warn!("the sealer makes no room in time");
            self.waits_after = now + Duration::from_millis(ROOM_PAUSE_MS);
            return false;
        }
        self.shared.log().room_wanted = hoped;
        self.shared.seal_signals.call();
        if !self.serve() {
            let queue = self.shared.queue();
            if queue.requests.is_empty() {
                let _ = self.shared.work.wait_timeout(queue, Duration::from_millis(ROOM_LOOK_MS));
            }
        }
        true
    }

    /// Evicts so many of the oldest segments and files: first a durable mark with its gap, then the files.
    pub(crate) fn evict(&mut self, count: usize) -> Result<(), WriteError> {
        let mut mark = Pending::default();
        let to = {
            let log = self.shared.log();
            let segments = &log.segments[..count.min(log.segments.len())];
            let closed = log.files.len().saturating_sub(1);
            let files = &log.files[..(count - segments.len()).min(closed)];
            if segments.is_empty() && files.is_empty() {
                return Ok(());
            }
            let next = log.segments.get(segments.len()).map(|sealed| sealed.seqs.start);
            let to = next.unwrap_or(log.files[files.len()].summary.first_seq);
            let told = below(&log.state, LOST_PREFIX)
                .filter(|(key, value)| lost_range(key, Some(value)).is_some_and(|(_, end)| end <= to));
            mark.updates.extend(told.map(|(key, _)| StateUpdate { key: key.clone(), value: None }));
            mark.updates.extend(segments.iter().map(|sealed| sealed.removal()));
            if to > log.evicted_to {
                let value = Some(to.to_string().into_bytes());
                mark.updates.push(StateUpdate { key: EVICTED_TO_KEY.into(), value });
                mark.gaps.extend(self.evicted_gap(segments, files, log.evicted_to, to));
            }
            to
        };
        self.commit(&mut mark, Room::Reserve)?;
        {
            let mut log = self.shared.log();
            log.evicted_to = log.evicted_to.max(to);
            log.lost.retain(|_, end| *end > to);
        }
        self.remove_evicted()
    }

    fn evicted_gap(
        &self,
        segments: &[Arc<Sealed>],
        files: &[JournalFile],
        from: u64,
        to: u64,
    ) -> Option<Gap> {
        let oldest = files.first().map(|file| file.summary.first_seq);
        let from = from.max(segments.first().map(|sealed| sealed.seqs.start).or(oldest)?);
        let of_files = files.iter().map(|file| (file.summary.min_time, file.summary.max_time));
        let times = segments.iter().map(|sealed| sealed.content.times).chain(of_files);
        let known: Vec<(i64, i64)> =
            times.filter(|(min, max)| min <= max && (*min, *max) != (i64::MIN, i64::MAX)).collect();
        let gone_before: u64 = segments.iter().map(|sealed| sealed.content.evicted).sum();
        let detail = format!("seqs {from} to {} made room for newer ones", to.saturating_sub(1));
        let mut gap =
            Gap::unknown(self.shared.options.resource.clone(), "store", GapReason::Evicted, &detail);
        gap.count = to.checked_sub(from)?.saturating_sub(gone_before);
        (gap.count_kind, gap.seqs) = (CountKind::Exact, Some((from, to)));
        gap.from = known.iter().map(|times| times.0).min();
        gap.to = known.iter().map(|times| times.1).max();
        (gap.count > 0).then_some(gap)
    }

    /// Removes every segment and file below the mark. Each leaves the log before its name is touched, since the
    /// sealer may put another into its place.
    fn remove_evicted(&self) -> Result<(), WriteError> {
        let mut dirs: Vec<String> = Vec::new();
        loop {
            let (name, evicted) = {
                let mut log = self.shared.log();
                let to = log.evicted_to;
                if log.segments.first().is_some_and(|sealed| sealed.seqs.end <= to) {
                    let sealed = log.segments.remove(0);
                    (sealed.path.clone(), Evicted::Segment(sealed))
                } else if log.files.len() > 1 && log.files[1].summary.first_seq <= to {
                    let file = log.files.remove(0);
                    (file.path(), Evicted::File(file))
                } else {
                    break;
                }
            };
            if let Evicted::Segment(sealed) = &evicted {
                self.shared.segments.forget(sealed);
            }
            // A reader that has it open must not keep the space; it will see that its place was evicted.
            if let Ok(opened) = self.shared.fs.open(&name, true) {
                let _ = opened.truncate(0);
            }
            match self.shared.fs.unlink(&name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    // It still takes its space, and is removed with the next.
                    let mut log = self.shared.log();
                    match evicted {
                        Evicted::Segment(sealed) => log.segments.insert(0, sealed),
                        Evicted::File(file) => log.files.insert(0, file),
                    }
                    return Err(failed("remove", &name, error));
                }
                _ => {}
            }
            if dirs.last().is_none_or(|dir| dir != parent(&name)) {
                dirs.push(parent(&name).to_owned());
            }
        }
        for dir in dirs {
            self.shared.fs.sync_dir(&dir).map_err(|source| failed("sync", &dir, source))?;
            remove_empty(&*self.shared.fs, &dir);
        }
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
            let segments = log.segments.iter().map(|sealed| sealed.content.commits.1);
            let files = log.files[..closed].iter().map(|file| file.summary.last_commit);
            segments.chain(files).take_while(|commit| *commit < oldest).count()
        };
        if count == 0 { Ok(()) } else { self.evict(count) }
    }
}

/// What is being removed.
enum Evicted {
    Segment(Arc<Sealed>),
    File(JournalFile),
}

/// Bytes of what can be evicted, oldest first.
fn sizes(log: &Log) -> Vec<u64> {
    let closed = log.files.len().saturating_sub(1);
    let files = log.files[..closed].iter().map(|file| file.allocated);
    log.segments.iter().map(|sealed| sealed.disk_bytes).chain(files).collect()
}

fn failed(action: &'static str, name: &str, source: io::Error) -> WriteError {
    WriteError::Io { action, name: name.to_owned(), source }
}

fn is_full(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOSPC | Errno::DQUOT))
}
