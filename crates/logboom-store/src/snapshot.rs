//! What a search reads: the durable log of one moment, newest first.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use logboom_model::{Resource, StoreId};

use crate::cache::SegmentCache;
use crate::fs::{Fs, RealFs};
use crate::limits::NAMED_SEGMENTS_MAX;
use crate::log::{FileView, Log};
use crate::names::{JOURNAL_DIR, LOCK_NAME};
use crate::part::{Ground, Part};
use crate::recover;
use crate::sealed::Sealed;
use crate::shared::{Shared, stats};
use crate::store::open_error;
use crate::{Columns, OpenError, ReadError, StoreState, StoreStats};

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
}

fn distinct(mut resources: Vec<(Arc<Resource>, i64)>) -> Vec<Arc<Resource>> {
    resources.sort_by_key(|(resource, _)| resource.id());
    resources.dedup_by_key(|(resource, _)| resource.id());
    resources.into_iter().map(|(resource, _)| resource).collect()
}
