//! What a search reads: the durable log of one moment, newest first.

use std::io;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use logboom_model::{Batch, Resource, StoreId};

use crate::cache::SegmentCache;
use crate::entries::{Entries, EntryError, Step};
use crate::fs::{Fs, RealFs};
use crate::limits::NAMED_SEGMENTS_MAX;
use crate::log::{FileView, Log, journal_path};
use crate::names::{JOURNAL_DIR, LOCK_NAME};
use crate::part::{Ground, Part};
use crate::recover;
use crate::sealed::Sealed;
use crate::shared::{Shared, stats};
use crate::store::open_error;
use crate::{Columns, OpenError, ReadError, StoreState, StoreStats};

/// How far a scan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScanProgress {
    /// Journal entries looked at or passed over.
    pub entries_done: u64,
    /// Journal entries, as far as their files were opened.
    pub entries_total: u64,
    /// Bytes of the entries and files done.
    pub bytes_done: u64,
    /// Bytes of the snapshot.
    pub bytes_total: u64,
}

/// What a scan calls for each commit; see [`Snapshot::scan`].
pub type Visit<'a> = dyn FnMut(&[Batch], ScanProgress) -> ControlFlow<(), i64> + 'a;

/// The durable log of one moment. What is evicted while it is read is left out.
pub struct Snapshot {
    fs: Arc<dyn Fs>,
    dir: PathBuf,
    store_id: StoreId,
    seqs: Range<u64>,
    stats: StoreStats,
    /// Oldest first.
    segments: Vec<Arc<Sealed>>,
    /// Oldest first, after the segments.
    files: Vec<FileView>,
    cache: Arc<SegmentCache>,
    /// Told of damage, when the store is open.
    shared: Option<Arc<Shared>>,
    resources: Vec<Arc<Resource>>,
}

/// An entry that may hold what is looked for.
#[derive(Clone, Copy)]
struct Indexed {
    offset: u64,
    bytes: u64,
    max_time: i64,
}

impl Snapshot {
    pub(crate) fn of(shared: &Arc<Shared>) -> Self {
        let stats = shared.stats();
        let log = shared.log();
        Self {
            fs: shared.fs.clone(),
            dir: shared.dir.clone(),
            store_id: shared.store_id,
            seqs: log.oldest_seq()..log.end_seq,
            stats,
            segments: log.segments.clone(),
            files: log.views(),
            cache: shared.segments.clone(),
            shared: Some(shared.clone()),
            resources: log.resources.values().map(|(resource, _)| resource.clone()).collect(),
        }
    }

    /// Opens a data directory for reading only, whether or not a logboom runs on it; writes nothing. While one
    /// runs, its newest commit is left out, since it may not be durable yet: ask that logboom instead.
    pub fn open_read_only(dir: &Path) -> Result<Self, OpenError> {
        Self::open_read_only_on(Arc::new(RealFs::new(dir)), dir)
    }

    /// The same on any disk. `dir` is only for messages.
    pub fn open_read_only_on(fs: Arc<dyn Fs>, dir: &Path) -> Result<Self, OpenError> {
        if let Err(error) = fs.list(JOURNAL_DIR)
            && error.kind() == io::ErrorKind::NotFound
        {
            return Err(OpenError::Missing { path: dir.to_path_buf() });
        }
        let is_locked = fs.is_locked(LOCK_NAME).map_err(|source| OpenError::Io {
            action: "look at",
            path: dir.join(LOCK_NAME),
            source,
        })?;
        let mut recovered = recover::survey(&*fs).map_err(|error| open_error(dir, error))?;
        let Some(store_id) = recovered.store_id else {
            return Err(OpenError::Missing { path: dir.to_path_buf() });
        };
        if is_locked {
            recovered.leave_out_newest();
        }
        let log = Log {
            end_seq: recovered.next_seq,
            evicted_to: recovered.evicted_to,
            state: std::mem::take(&mut recovered.state),
            files: std::mem::take(&mut recovered.files),
            segments: std::mem::take(&mut recovered.segments),
            condition: StoreState::Closed,
            ..Log::default()
        };
        let stats = StoreStats { store_id: Some(store_id), ..stats(&log) };
        Ok(Self {
            fs,
            dir: dir.to_path_buf(),
            store_id,
            seqs: log.oldest_seq()..log.end_seq,
            stats,
            segments: log.segments.clone(),
            files: log.views(),
            cache: Arc::default(),
            shared: None,
            resources: distinct(recovered.resources),
        })
    }

    /// The store's id.
    pub fn store_id(&self) -> StoreId {
        self.store_id
    }

    /// The seqs that can be read, but for known gaps.
    pub fn seqs(&self) -> Range<u64> {
        self.seqs.clone()
    }

    /// Figures of the moment.
    pub fn stats(&self) -> StoreStats {
        self.stats.clone()
    }

    /// The parts that may hold rows with such event times and seqs, the one with the newest event first. Nothing is
    /// opened yet; a part may be told apart from the others by its seqs, which never overlap.
    pub fn parts(&self, times: Range<i64>, seqs: Range<u64>) -> Vec<Part> {
        let ground = Ground {
            fs: self.fs.clone(),
            dir: self.dir.clone(),
            shared: self.shared.clone(),
            segments: self.cache.clone(),
        };
        let oldest = self.seqs.start;
        let segments = self.segments.iter();
        let mut parts: Vec<Part> = segments
            .map(|sealed| Part::segment(ground.clone(), sealed.clone(), oldest))
            .chain(self.files.iter().map(|view| Part::journal(ground.clone(), view.clone())))
            .collect();
        parts.retain(|part| {
            let (min, max) = part.times();
            let own = part.seqs();
            min < times.end
                && max >= times.start
                && own.start < seqs.end
                && own.end > seqs.start
                && !own.is_empty()
                && own.end > oldest
        });
        parts.sort_by_key(|part| std::cmp::Reverse((part.times().1, part.seqs().start)));
        parts
    }

    /// Resources of late, for completion.
    pub fn resources(&self) -> &[Arc<Resource>] {
        &self.resources
    }

    /// Names of attributes that have columns of their own in some segment, for completion: sorted, each once.
    pub fn attribute_names(&self) -> Vec<Box<str>> {
        for sealed in self.segments.iter().rev().take(NAMED_SEGMENTS_MAX) {
            // One that cannot be read names nothing.
            let _ = self.cache.get(&*self.fs, sealed);
        }
        self.cache.attribute_names()
    }

    /// The first seq of a record whose event time is not before a time; the end when there is none.
    pub fn first_seq_since(&self, time: i64) -> Result<u64, ReadError> {
        let mut first = self.seqs.end;
        let columns = Columns { time: true, ..Columns::default() };
        for part in self.parts(time..i64::MAX, self.seqs.clone()) {
            if part.seqs().start >= first {
                continue;
            }
            let open = part.open()?;
            for block in 0..open.block_count() {
                let view = open.block(block);
                if view.times.1 < time || view.seqs.0 >= first {
                    continue;
                }
                for batch in open.load(block, &columns)? {
                    let row = batch.columns().times.iter().position(|&of| of >= time);
                    first = row.map_or(first, |row| first.min(batch.seq(row)));
                }
            }
        }
        Ok(first)
    }

    /// Visits the batches of each commit, newest commit first; a commit without an event time in `times` is not even
    /// decompressed. The visitor ends the scan with `Break`, or says with `Continue(time)` that from now on commits
    /// whose newest event is older than `time` are of no use to it (`i64::MIN` for none).
    pub fn scan(&self, times: Range<i64>, visit: &mut Visit<'_>) -> Result<(), ReadError> {
        let bytes_total = self.files.iter().map(|file| file.bytes).sum();
        let mut scan = Scan { times, progress: ScanProgress { bytes_total, ..ScanProgress::default() } };
        let mut bytes_done = 0;
        for view in self.files.iter().rev() {
            let is_of_use =
                view.summary.max_time >= scan.times.start && view.summary.min_time < scan.times.end;
            if is_of_use && view.summary.first_seq < view.end_seq {
                let flow = self.scan_file(view, &mut scan, visit).map_err(|source| {
                    let name = journal_path(view.summary.first_seq, view.summary.id);
                    ReadError::Io { path: self.dir.join(name), source }
                })?;
                if flow.is_break() {
                    break;
                }
            }
            bytes_done += view.bytes;
            scan.progress.bytes_done = bytes_done;
        }
        Ok(())
    }

    fn scan_file(
        &self,
        view: &FileView,
        scan: &mut Scan,
        visit: &mut Visit<'_>,
    ) -> io::Result<ControlFlow<()>> {
        let file = match self.fs.open(&journal_path(view.summary.first_seq, view.summary.id), false) {
            Ok(file) => file,
            // Evicted since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(ControlFlow::Continue(())),
            Err(error) => return Err(error),
        };
        let limit = if view.limit == u64::MAX { file.length()? } else { view.limit };
        let mut entries = Entries::new(file, view.summary.id);
        let index = self.index(view, limit, &mut entries, scan)?;
        let start_bytes = scan.progress.bytes_done;
        for indexed in index.into_iter().rev() {
            scan.progress.entries_done += 1;
            scan.progress.bytes_done += indexed.bytes;
            if indexed.max_time < scan.times.start {
                continue;
            }
            let Step::Entry(header) = entries.step(indexed.offset, limit, false)? else { continue };
            let commit = match entries.commit(&header) {
                Ok(commit) => commit,
                Err(EntryError::Io(error)) => return Err(error),
                Err(EntryError::Damaged(_)) => {
                    self.report(header.first_seq, header.end_seq());
                    continue;
                }
            };
            match visit(&commit.batches, scan.progress) {
                ControlFlow::Break(()) => return Ok(ControlFlow::Break(())),
                ControlFlow::Continue(time) => scan.times.start = scan.times.start.max(time),
            }
        }
        scan.progress.bytes_done = start_bytes;
        Ok(ControlFlow::Continue(()))
    }

    /// The entries of a file that may be of use, by their headers.
    fn index(
        &self,
        view: &FileView,
        limit: u64,
        entries: &mut Entries,
        scan: &mut Scan,
    ) -> io::Result<Vec<Indexed>> {
        let (mut index, mut offset, mut next_seq) = (Vec::new(), 0, view.summary.first_seq);
        loop {
            let header = match entries.step(offset, limit, false)? {
                Step::End(_) => break,
                Step::Damage(resumes_at) => {
                    offset = resumes_at;
                    continue;
                }
                Step::Entry(header) => header,
            };
            if header.end_seq() > view.end_seq {
                break;
            }
            offset = header.end();
            if header.rows == 0 || header.first_seq < next_seq {
                continue;
            }
            self.report(next_seq, header.first_seq);
            next_seq = header.end_seq();
            if header.max_time >= scan.times.start && header.min_time < scan.times.end {
                scan.progress.entries_total += 1;
                let bytes = header.entry_bytes();
                index.push(Indexed { offset: header.offset, bytes, max_time: header.max_time });
            }
        }
        self.report(next_seq, view.end_seq);
        Ok(index)
    }

    fn report(&self, from: u64, to: u64) {
        if let Some(shared) = self.shared.as_ref().filter(|_| from < to) {
            shared.report_lost(from, to);
        }
    }
}

fn distinct(mut resources: Vec<(Arc<Resource>, i64)>) -> Vec<Arc<Resource>> {
    resources.sort_by_key(|(resource, _)| resource.id());
    resources.dedup_by_key(|(resource, _)| resource.id());
    resources.into_iter().map(|(resource, _)| resource).collect()
}

struct Scan {
    times: Range<i64>,
    progress: ScanProgress,
}
