//! What a data directory holds, read without changing anything. `repair` then puts right the little that is wrong.

mod missing;
mod segments;

pub use segments::find_segment;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use logboom_model::{Resource, StateUpdate, StoreId};

use crate::entries::{Entries, EntryError, Step};
use crate::format::snapshot::{FileSummary, SnapshotState, StateMap};
use crate::format::{EntryKind, parse_file_name};
use crate::fs::{Fs, read_full};
use crate::log::{Held, JournalFile, journal_path};
use crate::names::{EVICTED_TO_KEY, JOURNAL_DIR};
use crate::sealed::Sealed;

/// What went wrong, and with which file.
#[derive(Debug)]
pub struct RecoverError {
    /// Name below the data directory.
    pub name: String,
    /// What was tried.
    pub action: &'static str,
    /// What happened.
    pub cause: RecoverCause,
}

/// See [`RecoverError`].
#[derive(Debug)]
pub enum RecoverCause {
    /// It could not be read or written.
    Io(io::Error),
    /// A newer logboom wrote it.
    Newer(u16),
}

impl RecoverError {
    /// For `map_err`.
    pub fn io(action: &'static str, name: &str) -> impl FnOnce(io::Error) -> Self + use<> {
        let name = name.to_owned();
        move |error| Self { name, action, cause: RecoverCause::Io(error) }
    }
}

/// The state of a log, as far as its files tell.
#[derive(Debug, Default)]
pub struct Recovered {
    /// `None` when there is no log yet.
    pub store_id: Option<StoreId>,
    /// Next seq.
    pub next_seq: u64,
    /// First seq not evicted.
    pub evicted_to: u64,
    /// The commit clock.
    pub last_commit: i64,
    /// Files that hold anything to read, oldest first.
    pub files: Vec<JournalFile>,
    /// Small state.
    pub state: StateMap,
    /// Resources of late.
    pub resources: Vec<(Arc<Resource>, i64)>,
    /// Seqs that should be there and are not.
    pub lost: Vec<(u64, u64)>,
    /// Highest number of a file.
    pub file_number: u32,
    /// The end of the last file.
    pub tail: Option<Tail>,
    /// Files that hold nothing any more, or what others hold.
    pub leftovers: Vec<String>,
    /// Segments that hold anything to read, oldest first.
    pub segments: Vec<Arc<Sealed>>,
    /// A rewrite was past its point of no return: the name that its output is to get.
    pub unfinished: Option<String>,
    /// Directories of segments.
    pub dirs: Vec<String>,
    /// Small state about segments that is not as it should be, and how it should be.
    pub updates: Vec<StateUpdate>,
}

impl Recovered {
    /// Leaves the newest commit out: a logboom that runs may not have synced it yet.
    pub fn leave_out_newest(&mut self) {
        if let (Some(tail), Some(file)) = (&self.tail, self.files.last_mut()) {
            file.durable_bytes = tail.last_entry.0;
            self.next_seq = tail.last_first_seq.max(file.summary.first_seq);
            file.summary.end_seq = self.next_seq;
        }
    }
}

/// The end of the last file.
#[derive(Debug)]
pub struct Tail {
    /// Name of the file.
    pub name: String,
    /// Where the last sound entry begins and ends; everything behind goes.
    pub last_entry: (u64, u64),
    /// Its first seq.
    pub last_first_seq: u64,
    /// Length of the file.
    pub length: u64,
}

struct Listed {
    first_seq: u64,
    id: u64,
    length: u64,
    allocated: u64,
}

impl Listed {
    fn name(&self) -> String {
        journal_path(self.first_seq, self.id)
    }
}

/// What a walk through one file found.
#[derive(Default)]
struct Walked {
    updates: Vec<StateUpdate>,
    lost: Vec<(u64, u64)>,
    next_seq: u64,
    min_time: i64,
    max_time: i64,
    first_commit: Option<i64>,
    last_commit: i64,
    last_entry: Option<(u64, u64)>,
    last_first_seq: u64,
    resources: Vec<Arc<Resource>>,
}

/// Reads a directory. Changes nothing.
pub fn survey(fs: &dyn Fs) -> Result<Recovered, RecoverError> {
    let listed = list(fs)?;
    let mut recovered = Recovered { next_seq: 1, evicted_to: 1, ..Recovered::default() };
    recovered.file_number = listed.iter().map(|file| (file.id >> 32) as u32).max().unwrap_or(0);
    for file in &listed {
        refuse_newer(fs, file)?;
    }
    let base = find_base(fs, &listed)?;
    let mut known: HashMap<u64, FileSummary> = HashMap::new();
    let mut walk_from = 0;
    if let Some((index, snapshot)) = base {
        walk_from = index;
        known = snapshot.files.iter().map(|file| (file.id, *file)).collect();
        take_snapshot(&mut recovered, snapshot);
    } else if let Some(first) = listed.first() {
        tracing::error!(
            file = first.name(),
            "no journal file has a sound snapshot: positions and cursors are lost"
        );
        recovered.next_seq = first.first_seq;
    }
    for (index, file) in listed.iter().enumerate().skip(walk_from) {
        let end_seq = listed.get(index + 1).map_or(u64::MAX, |next| next.first_seq);
        if file.first_seq > recovered.next_seq {
            recovered.lost.push((recovered.next_seq, file.first_seq));
            recovered.next_seq = file.first_seq;
        }
        let walked = walk(fs, file, recovered.next_seq, end_seq)?;
        known.insert(file.id, take_walk(&mut recovered, file, walked, index + 1 == listed.len()));
    }
    if let Some(mark) = recovered.state.get(EVICTED_TO_KEY) {
        let mark = std::str::from_utf8(mark).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        recovered.evicted_to = recovered.evicted_to.max(mark).min(recovered.next_seq);
    }
    segments::survey(fs, &mut recovered, &listed)?;
    missing::find(&mut recovered, &listed, &known);
    missing::verify_older(fs, &mut recovered, &listed[..listed.len().min(walk_from + 1)])?;
    take_files(&mut recovered, &listed, &known);
    Ok(recovered)
}

fn list(fs: &dyn Fs) -> Result<Vec<Listed>, RecoverError> {
    let names = match fs.list(JOURNAL_DIR) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(RecoverError::io("list", JOURNAL_DIR)(error)),
    };
    let mut listed = Vec::new();
    for name in names {
        let Some((first_seq, id)) = parse_file_name(&name) else { continue };
        let name = journal_path(first_seq, id);
        let file = match fs.open(&name, false) {
            Ok(file) => file,
            // Evicted since it was listed, by the logboom that runs.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(RecoverError::io("open", &name)(error)),
        };
        let length = file.length().map_err(RecoverError::io("read", &name))?;
        let allocated = file.allocated().map_err(RecoverError::io("read", &name))?;
        listed.push(Listed { first_seq, id, length, allocated });
    }
    listed.sort_by_key(|file| (file.first_seq, file.id));
    Ok(listed)
}

fn entries(fs: &dyn Fs, file: &Listed) -> Result<Entries, RecoverError> {
    let opened = fs.open(&file.name(), false).map_err(RecoverError::io("open", &file.name()))?;
    Ok(Entries::new(opened, file.id))
}

fn step(entries: &mut Entries, file: &Listed, offset: u64, limit: u64) -> Result<Step, RecoverError> {
    let step = entries.step(offset, limit, true).map_err(RecoverError::io("read", &file.name()))?;
    match step {
        Step::End(Some(version)) => {
            Err(RecoverError { name: file.name(), action: "read", cause: RecoverCause::Newer(version) })
        }
        step => Ok(step),
    }
}

/// Only the first bytes are looked at, unless they say that the file is of another version.
fn refuse_newer(fs: &dyn Fs, file: &Listed) -> Result<(), RecoverError> {
    let opened = fs.open(&file.name(), false).map_err(RecoverError::io("open", &file.name()))?;
    let mut header = [0; crate::format::HEADER_BYTES];
    let count = read_full(&*opened, &mut header, 0).map_err(RecoverError::io("read", &file.name()))?;
    if let Err(crate::format::HeaderError::Version { .. }) =
        crate::format::EntryHeader::decode(&header[..count])
    {
        step(&mut Entries::new(opened, file.id), file, 0, file.length)?;
    }
    Ok(())
}

/// The newest sound snapshot, and the index of its file.
fn find_base(fs: &dyn Fs, listed: &[Listed]) -> Result<Option<(usize, SnapshotState)>, RecoverError> {
    for (index, file) in listed.iter().enumerate().rev() {
        let mut entries = entries(fs, file)?;
        if let Step::Entry(header) = step(&mut entries, file, 0, file.length)?
            && header.kind == EntryKind::Snapshot
        {
            match entries.snapshot(&header) {
                Ok(snapshot) => return Ok(Some((index, snapshot))),
                Err(EntryError::Io(error)) => return Err(RecoverError::io("read", &file.name())(error)),
                Err(EntryError::Damaged(_)) => {}
            }
        }
        tracing::warn!(file = file.name(), "the opening snapshot is damaged; an older one is used");
    }
    Ok(None)
}

fn take_snapshot(recovered: &mut Recovered, snapshot: SnapshotState) {
    recovered.store_id = Some(snapshot.store_id);
    recovered.next_seq = snapshot.next_seq;
    recovered.evicted_to = snapshot.evicted_to.max(1);
    recovered.last_commit = snapshot.last_commit;
    recovered.state = snapshot.state;
    recovered.resources = snapshot.resources;
}

fn take_walk(recovered: &mut Recovered, file: &Listed, walked: Walked, is_last: bool) -> FileSummary {
    for update in walked.updates {
        match update.value {
            Some(value) => recovered.state.insert(update.key, value),
            None => recovered.state.remove(&update.key),
        };
    }
    recovered.next_seq = walked.next_seq;
    recovered.lost.extend(walked.lost);
    recovered.last_commit = recovered.last_commit.max(walked.last_commit);
    recovered.resources.extend(walked.resources.into_iter().map(|resource| (resource, walked.last_commit)));
    if let (true, Some(last_entry)) = (is_last, walked.last_entry) {
        let last_first_seq = walked.last_first_seq;
        recovered.tail = Some(Tail { name: file.name(), last_entry, last_first_seq, length: file.length });
    }
    FileSummary {
        first_seq: file.first_seq,
        id: file.id,
        end_seq: walked.next_seq,
        min_time: walked.min_time,
        max_time: walked.max_time,
        first_commit: walked.first_commit.unwrap_or(recovered.last_commit),
        last_commit: recovered.last_commit,
    }
}

/// Reads a whole file and checks it, up to its successor's first seq.
fn walk(fs: &dyn Fs, file: &Listed, next_seq: u64, end_seq: u64) -> Result<Walked, RecoverError> {
    let mut entries = entries(fs, file)?;
    let mut walked = Walked { next_seq, min_time: i64::MAX, max_time: i64::MIN, ..Walked::default() };
    let mut offset = 0;
    loop {
        let header = match step(&mut entries, file, offset, file.length)? {
            Step::End(_) => break,
            Step::Damage(resumes_at) => {
                tracing::error!(
                    file = file.name(),
                    offset,
                    resumes_at,
                    "a damaged journal entry is passed over"
                );
                offset = resumes_at;
                continue;
            }
            Step::Entry(header) => header,
        };
        if header.end_seq() > end_seq {
            break;
        }
        let from = offset;
        offset = header.end();
        let is_old = header.first_seq < walked.next_seq;
        if header.kind == EntryKind::Commit && !is_old {
            match entries.updates(&header) {
                Ok(updates) => walked.updates.extend(updates),
                Err(EntryError::Io(error)) => return Err(RecoverError::io("read", &file.name())(error)),
                Err(EntryError::Damaged(_)) => continue,
            }
            if header.first_seq > walked.next_seq {
                walked.lost.push((walked.next_seq, header.first_seq));
            }
            walked.next_seq = header.end_seq();
        }
        walked.min_time = walked.min_time.min(header.min_time);
        walked.max_time = walked.max_time.max(header.max_time);
        walked.first_commit.get_or_insert(header.commit_time);
        walked.last_commit = walked.last_commit.max(header.commit_time);
        walked.last_entry = Some((from, offset));
        walked.last_first_seq = header.first_seq;
    }
    walked.resources = entries.resources();
    if end_seq != u64::MAX && end_seq > walked.next_seq {
        walked.lost.push((walked.next_seq, end_seq));
        walked.next_seq = end_seq;
    }
    Ok(walked)
}

fn take_files(recovered: &mut Recovered, listed: &[Listed], known: &HashMap<u64, FileSummary>) {
    for (index, file) in listed.iter().enumerate() {
        let end_seq = listed.get(index + 1).map_or(recovered.next_seq, |next| next.first_seq);
        let is_last = index + 1 == listed.len();
        // A file without rows was followed at once by another with its whole state.
        if !is_last && (end_seq <= recovered.evicted_to || end_seq == file.first_seq) {
            recovered.leftovers.push(file.name());
            continue;
        }
        let unknown = FileSummary {
            first_seq: file.first_seq,
            id: file.id,
            end_seq,
            min_time: i64::MIN,
            max_time: i64::MAX,
            first_commit: recovered.last_commit,
            last_commit: recovered.last_commit,
        };
        let summary = known.get(&file.id).copied().unwrap_or(unknown);
        recovered.files.push(JournalFile {
            summary: FileSummary { first_seq: file.first_seq, ..summary },
            durable_bytes: u64::MAX,
            allocated: file.allocated,
            held: Held::default(),
        });
    }
    let evicted_to = recovered.evicted_to;
    recovered.lost.retain_mut(|(from, to)| {
        *from = (*from).max(evicted_to);
        from < to
    });
    recovered.lost.sort_unstable();
    recovered.lost.dedup();
}
