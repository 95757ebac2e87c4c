//! The durable log as readers see it: files, the ring of recent entries, small state. The writer changes it after
//! each sync; everyone else only looks.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use logboom_model::{Batch, Resource, ResourceId, StateUpdate};

use crate::format::file_name;
use crate::format::snapshot::{FileSummary, StateMap};
use crate::limits::{DIRECTORY_BYTES, LOST_RANGES_MAX, OVERHEAD_BYTES, SEGMENT_OVERHEAD_BYTES};
use crate::sealed::Sealed;
use crate::stats::StoreState;

/// Keys of ranges already told to be lost to corruption: `store/lost/<first seq, 20 digits>` → end, decimal.
pub const LOST_PREFIX: &[u8] = b"store/lost/";

/// Held by everyone who may have a file open: the space of a file that was removed comes back with the last of them.
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<()>);

impl Held {
    /// Whether somebody else holds it.
    fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}

impl PartialEq for Held {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Held {}

/// One journal file.
#[derive(Debug, Clone)]
pub struct JournalFile {
    /// What is in it. `end_seq` is one past the last durable row.
    pub summary: FileSummary,
    /// Bytes of durable entries; `u64::MAX` for a closed file, whose own length says it.
    pub durable_bytes: u64,
    /// Bytes it takes on disk.
    pub allocated: u64,
    /// Held by everyone who may have it open.
    pub held: Held,
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
#[derive(Debug, Clone)]
pub struct FileView {
    /// What is in it, as far as known.
    pub summary: FileSummary,
    /// Rows from here on belong to the next file, or are not durable.
    pub end_seq: u64,
    /// Nothing at or beyond this offset is looked at.
    pub limit: u64,
    /// Bytes it takes on disk.
    pub bytes: u64,
    /// Held while it may be open.
    pub held: Held,
}

/// Where a seq lies.
#[derive(Debug)]
pub enum Holder {
    /// In a journal file.
    File(FileView),
    /// In a segment.
    Segment(Arc<Sealed>),
    /// Nowhere; what is there begins with this seq.
    Nothing(u64),
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
    /// Segments, oldest first; all before the first file.
    pub segments: Vec<Arc<Sealed>>,
    /// Bytes that the sealer may write and has not shown yet.
    pub reserved: u64,
    /// Files that were removed while somebody may have had them open, and their bytes.
    pub unlinked: Vec<(Held, u64)>,
    /// Bytes of deleted files that sources hold open.
    pub source_bytes: u64,
    /// Kept out of ordinary use by the writer, see `space`.
    pub slack: u64,
    /// The sealer runs and does not fail: the writer waits for it a while before it evicts.
    pub sealer_runs: bool,
    /// What the sealer has got done since start: while it gets on, the writer goes on waiting.
    pub sealer_steps: u64,
    /// Bytes that the writer waits for.
    pub room_wanted: u64,
    /// Bytes of segments written since start.
    pub sealed_bytes: u64,
    /// Why sealing does not succeed.
    pub seal_error: Option<String>,
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

    /// Bytes on disk, those on their way included.
    pub fn bytes(&self) -> u64 {
        let files: u64 = self.files.iter().map(|file| file.allocated).sum();
        let segments = self.segment_bytes();
        let open = self.unlinked.iter().filter(|(held, _)| held.is_shared());
        let unlinked: u64 = open.map(|(_, bytes)| bytes).sum();
        let rest = self.reserved + self.source_bytes + self.directory_bytes() + OVERHEAD_BYTES;
        files + segments + unlinked + rest
    }

    fn directory_bytes(&self) -> u64 {
        let (mut count, mut last) = (0, "");
        for sealed in &self.segments {
            if sealed.dir() != last {
                last = sealed.dir();
                // The hour's own, and at worst that of its date.
                count += 2;
            }
        }
        count * DIRECTORY_BYTES
    }

    /// Bytes that the oldest closed file may take as a segment.
    pub fn to_seal(&self) -> u64 {
        let closed = self.files.len().saturating_sub(1);
        self.files[..closed].first().map_or(0, |file| file.allocated + 2 * SEGMENT_OVERHEAD_BYTES)
    }

    /// Bytes of the segments.
    pub fn segment_bytes(&self) -> u64 {
        self.segments.iter().map(|sealed| sealed.disk_bytes).sum()
    }

    /// Bytes of the closed files.
    pub fn unsealed_bytes(&self) -> u64 {
        let closed = self.files.len().saturating_sub(1);
        self.files[..closed].iter().map(|file| file.allocated).sum()
    }

    /// A file was removed; its space is back when nobody has it open any more.
    pub fn note_unlinked(&mut self, held: Held, bytes: u64) {
        self.unlinked.retain(|(held, _)| held.is_shared());
        self.unlinked.push((held, bytes));
    }

    /// First seq that can be read, if anything can.
    pub fn oldest_seq(&self) -> u64 {
        let file = self.files.first().map_or(self.end_seq, |file| file.summary.first_seq);
        self.segments.first().map_or(file, |sealed| sealed.seqs.start.min(file)).max(self.evicted_to)
    }

    /// Every file as its readers must see it, oldest first.
    pub fn views(&self) -> Vec<FileView> {
        (0..self.files.len()).map(|index| self.view(index)).collect()
    }

    fn view(&self, index: usize) -> FileView {
        let file = &self.files[index];
        let next = self.files.get(index + 1).map_or(self.end_seq, |next| next.summary.first_seq);
        FileView {
            summary: file.summary,
            end_seq: next.min(self.end_seq),
            limit: file.durable_bytes,
            bytes: file.allocated,
            held: file.held.clone(),
        }
    }

    /// The segments that hold any of these seqs, oldest first.
    pub fn segments_in(&self, seqs: &Range<u64>) -> &[Arc<Sealed>] {
        let from = self.segments.partition_point(|sealed| sealed.seqs.end <= seqs.start);
        let to = self.segments.partition_point(|sealed| sealed.seqs.start < seqs.end);
        self.segments.get(from..to).unwrap_or(&[])
    }

    /// Where a seq lies, or should; `None` when everything there is begins after it.
    pub fn holder_of(&self, seq: u64) -> Option<Holder> {
        let after = self.segments.partition_point(|sealed| sealed.seqs.start <= seq);
        let before = after.checked_sub(1).map(|index| &self.segments[index]);
        if let Some(sealed) = before.filter(|sealed| seq < sealed.seqs.end) {
            return Some(Holder::Segment(sealed.clone()));
        }
        let after_file = self.files.partition_point(|file| file.summary.first_seq <= seq);
        match (after_file.checked_sub(1), before) {
            (Some(index), _) => Some(Holder::File(self.view(index))),
            (None, None) => None,
            (None, Some(_)) => {
                let segment = self.segments.get(after).map(|sealed| sealed.seqs.start);
                let file = self.files.first().map(|file| file.summary.first_seq);
                Some(Holder::Nothing(segment.or(file).unwrap_or(self.end_seq)))
            }
        }
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
