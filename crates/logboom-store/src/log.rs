//! The durable log as readers see it: files, the ring of recent entries, small state. The writer changes it after
//! each sync; everyone else only looks.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use logboom_model::{Batch, Resource, ResourceId, StateUpdate};

use crate::format::file_name;
use crate::format::snapshot::{FileSummary, StateMap};
use crate::limits::{LOST_RANGES_MAX, OVERHEAD_BYTES};
use crate::stats::StoreState;

/// Keys of ranges already told to be lost to corruption: `store/lost/<first seq, 20 digits>` → end, decimal.
pub const LOST_PREFIX: &[u8] = b"store/lost/";

/// One journal file.
#[derive(Debug, Clone, Copy)]
pub struct JournalFile {
    /// What is in it. `end_seq` is one past the last durable row.
    pub summary: FileSummary,
    /// Bytes of durable entries; `u64::MAX` for a closed file, whose own length says it.
    pub durable_bytes: u64,
    /// Bytes it takes on disk.
    pub allocated: u64,
}

impl JournalFile {
    /// Its name below the data directory.
    pub fn path(&self) -> String {
        journal_path(self.summary.first_seq, self.summary.id)
    }
}

/// Name of a journal file below the data directory.
pub fn journal_path(first_seq: u64, id: u64) -> String {
    format!("{}/{}", crate::names::JOURNAL_DIR, file_name(first_seq, id))
}

/// What a reader needs to read one file.
#[derive(Debug, Clone, Copy)]
pub struct FileView {
    /// What is in it, as far as known.
    pub summary: FileSummary,
    /// Rows from here on belong to the next file, or are not durable.
    pub end_seq: u64,
    /// Nothing at or beyond this offset is looked at.
    pub limit: u64,
    /// Bytes it takes on disk.
    pub bytes: u64,
}

/// Durable entries kept in memory.
#[derive(Debug, Default)]
pub struct Ring {
    entries: VecDeque<(usize, Arc<[Batch]>)>,
    bytes: usize,
}

impl Ring {
    fn push(&mut self, entry: Arc<[Batch]>, bytes_max: usize) {
        let bytes = entry.iter().map(Batch::memory_bytes).sum();
        self.bytes += bytes;
        self.entries.push_back((bytes, entry));
        while self.bytes > bytes_max {
            let Some((bytes, _)) = self.entries.pop_front() else { break };
            self.bytes -= bytes;
        }
    }

    /// The entry that holds a seq.
    pub fn get(&self, seq: u64) -> Option<&Arc<[Batch]>> {
        let index = self.entries.partition_point(|(_, entry)| end_of(entry) <= seq);
        self.entries.get(index).map(|(_, entry)| entry).filter(|entry| entry[0].first_seq() <= seq)
    }
}

fn end_of(entry: &[Batch]) -> u64 {
    entry.last().map_or(0, Batch::end_seq)
}

/// See the top of the file.
#[derive(Debug, Default)]
pub struct Log {
    /// Files, oldest first; the last is being written unless the store is closed or degraded.
    pub files: Vec<JournalFile>,
    /// First seq not yet durable.
    pub end_seq: u64,
    /// First seq not evicted.
    pub evicted_to: u64,
    /// Recent entries.
    pub ring: Ring,
    /// Small state, committed.
    pub state: StateMap,
    /// Resources of late with the commit time of their last row.
    pub resources: HashMap<ResourceId, (Arc<Resource>, i64)>,
    /// Ranges known to be lost.
    pub lost: BTreeMap<u64, u64>,
    /// The commit clock.
    pub last_commit: i64,
    /// Commits since start.
    pub commits: u64,
    /// Syncs since start.
    pub syncs: u64,
    /// Bytes written since start.
    pub bytes_written: u64,
    /// Failed writes and syncs since start.
    pub failures: u64,
    /// Gap rows written since start.
    pub gap_rows: u64,
    /// How the journal fares.
    pub condition: StoreState,
    /// Why it is not running.
    pub last_error: Option<String>,
    /// Set while the wall clock is ahead of where it should be.
    pub clock_note: Option<String>,
    /// No more will come.
    pub closed: bool,
}

impl Log {
    /// Takes a commit that is durable.
    pub fn publish(
        &mut self,
        entry: Vec<Batch>,
        updates: &[StateUpdate],
        commit_time: i64,
        ring_bytes: usize,
    ) {
        for update in updates {
            self.apply(update);
        }
        for batch in &entry {
            let resource = batch.resource();
            self.resources
                .entry(resource.id())
                .and_modify(|(_, used)| *used = commit_time)
                .or_insert_with(|| (resource.clone(), commit_time));
        }
        if let Some(last) = entry.last() {
            self.end_seq = last.end_seq();
            self.ring.push(entry.into(), ring_bytes);
        }
        self.last_commit = commit_time;
        self.commits += 1;
    }

    /// Takes one change of small state.
    pub fn apply(&mut self, update: &StateUpdate) {
        if let Some((from, to)) = lost_range(&update.key, update.value.as_deref()) {
            self.note_lost(from, to);
        }
        match &update.value {
            Some(value) => self.state.insert(update.key.clone(), value.clone()),
            None => self.state.remove(&update.key),
        };
    }

    /// Remembers a lost range; says whether it is news.
    pub fn note_lost(&mut self, from: u64, to: u64) -> bool {
        if self.lost.get(&from).is_some_and(|&known| known >= to) || self.lost.len() >= LOST_RANGES_MAX {
            return false;
        }
        self.lost.insert(from, to);
        true
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.allocated).sum::<u64>() + OVERHEAD_BYTES
    }

    /// First seq that can be read, if anything can.
    pub fn oldest_seq(&self) -> u64 {
        self.files.first().map_or(self.end_seq, |file| file.summary.first_seq).max(self.evicted_to)
    }

    /// Every file as its readers must see it, oldest first.
    pub fn views(&self) -> Vec<FileView> {
        (0..self.files.len()).map(|index| self.view(index)).collect()
    }

    fn view(&self, index: usize) -> FileView {
        let file = self.files[index];
        let next = self.files.get(index + 1).map_or(self.end_seq, |next| next.summary.first_seq);
        FileView {
            summary: file.summary,
            end_seq: next.min(self.end_seq),
            limit: file.durable_bytes,
            bytes: file.allocated,
        }
    }

    /// The file that holds a seq, or should; `None` when the oldest file begins after it.
    pub fn file_of(&self, seq: u64) -> Option<FileView> {
        let after = self.files.partition_point(|file| file.summary.first_seq <= seq);
        Some(self.view(after.checked_sub(1)?))
    }
}

/// The key and value under which a lost range is kept.
pub fn lost_update(from: u64, to: u64) -> StateUpdate {
    let mut key = LOST_PREFIX.to_vec();
    key.extend_from_slice(format!("{from:020}").as_bytes());
    StateUpdate { key: key.into(), value: Some(to.to_string().into_bytes()) }
}

/// The range in such a key and value.
pub fn lost_range(key: &[u8], value: Option<&[u8]>) -> Option<(u64, u64)> {
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.parse().ok();
    Some((number(key.strip_prefix(LOST_PREFIX)?)?, number(value?)?))
}
