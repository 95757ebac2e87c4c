//! A part of the log as a search reads it: one journal file or one segment, in blocks. Nothing is opened before
//! [`Part::open`], so that a search which stops early touches only what it needs.

mod journal;
mod sealed;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use logboom_model::{Batch, Resource};

use crate::cache::SegmentCache;
use crate::fs::Fs;
use crate::log::FileView;
use crate::recover;
use crate::sealed::Sealed;
use crate::shared::Shared;
use crate::{BlockSet, Columns, Probe, ReadError};

use journal::JournalPart;
use sealed::SegmentPart;

/// How often the successor of a part may be gone as well before the search goes on without it: each is a rewrite in
/// the time between two looks.
const SUCCESSORS_MAX: usize = 4;

/// Where the parts of one snapshot lie, and who is told of damage.
#[derive(Clone)]
pub(crate) struct Ground {
    /// The files.
    pub fs: Arc<dyn Fs>,
    /// The data directory, for messages.
    pub dir: PathBuf,
    /// The open store, if it is ours.
    pub shared: Option<Arc<Shared>>,
    /// Segments that are open.
    pub segments: Arc<SegmentCache>,
}

impl Ground {
    /// Seqs turned out to be missing without having been evicted.
    fn report(&self, from: u64, to: u64) {
        if let Some(shared) = self.shared.as_ref().filter(|_| from < to) {
            shared.report_lost(from, to);
        }
    }

    /// So many rows of a segment, between these seqs, cannot be read.
    fn report_rows(&self, from: u64, to: u64, count: u64) {
        if let Some(shared) = &self.shared {
            shared.report(from, to, count);
        }
    }

    /// The segment that now has rows of a part that is gone: it was sealed or rewritten since the snapshot.
    fn successor(&self, seqs: &Range<u64>) -> Option<Arc<Sealed>> {
        match &self.shared {
            Some(shared) => shared.log().segments_in(seqs).first().cloned(),
            None => recover::find_segment(&*self.fs, seqs),
        }
    }
}

/// One journal file or one segment, not opened yet.
pub struct Part {
    ground: Ground,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Journal(FileView),
    /// A segment, and the seqs of it that are asked for.
    Segment(Arc<Sealed>, Range<u64>),
}

/// An opened part: its blocks, ready to be pruned and loaded from several threads.
pub struct OpenPart {
    content: Content,
}

enum Content {
    /// Evicted since the snapshot was taken.
    Gone,
    Journal(Box<JournalPart>),
    Segment(Box<SegmentPart>),
}

/// What is known of a block before it is loaded.
pub struct BlockView<'a> {
    /// Rows.
    pub rows: u64,
    /// Lowest and highest seq; other blocks may have rows between them.
    pub seqs: (u64, u64),
    /// Earliest and latest event time, nanoseconds since the Unix epoch.
    pub times: (i64, i64),
    /// Bytes of its bodies, about.
    pub body_bytes: u64,
    /// Bytes read to load all of it.
    pub disk_bytes: u64,
    /// Its resources, where they are known before it is loaded.
    pub resources: Option<BlockResources<'a>>,
}

/// The resources of a block.
#[derive(Clone, Copy)]
pub struct BlockResources<'a> {
    all: &'a [Arc<Resource>],
    indices: &'a [u32],
}

impl<'a> BlockResources<'a> {
    /// Each of them once.
    pub fn iter(&self) -> impl Iterator<Item = &'a Arc<Resource>> + use<'a> {
        let all = self.all;
        self.indices.iter().filter_map(move |&index| all.get(index as usize))
    }
}

/// How many rows of a block have one resource, minute of event time and severity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockCount {
    /// What produced them.
    pub resource: Arc<Resource>,
    /// Event time in minutes since the Unix epoch, rounded down.
    pub minute: i64,
    /// Severity number.
    pub severity: u8,
    /// Rows.
    pub rows: u64,
}

impl Part {
    pub(crate) fn journal(ground: Ground, view: FileView) -> Self {
        Self { ground, source: Source::Journal(view) }
    }

    pub(crate) fn segment(ground: Ground, sealed: Arc<Sealed>, from: u64) -> Self {
        let seqs = sealed.seqs.start.max(from)..sealed.seqs.end;
        Self { ground, source: Source::Segment(sealed, seqs) }
    }

    /// Event times between which all its rows lie, both included; nanoseconds since the Unix epoch.
    pub fn times(&self) -> (i64, i64) {
        match &self.source {
            Source::Journal(view) => (view.summary.min_time, view.summary.max_time),
            Source::Segment(sealed, _) => sealed.content.times,
        }
    }

    /// Seqs of its rows. There may be fewer rows than seqs.
    pub fn seqs(&self) -> Range<u64> {
        match &self.source {
            Source::Journal(view) => view.summary.first_seq..view.end_seq,
            Source::Segment(_, seqs) => seqs.clone(),
        }
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        match &self.source {
            Source::Journal(view) => view.bytes,
            Source::Segment(sealed, _) => sealed.disk_bytes,
        }
    }

    /// Rows, where that is known without opening it.
    pub fn rows(&self) -> Option<u64> {
        match &self.source {
            Source::Journal(view) => Some(view.end_seq - view.summary.first_seq),
            Source::Segment(sealed, seqs) => (sealed.seqs == *seqs).then_some(sealed.content.rows),
        }
    }

    /// Opens it. What was evicted since the snapshot was taken has no blocks.
    pub fn open(&self) -> Result<OpenPart, ReadError> {
        let mut source = self.source.clone();
        for _ in 0..SUCCESSORS_MAX {
            let content = match &source {
                Source::Journal(view) => {
                    let part = JournalPart::open(self.ground.clone(), view)?;
                    part.map(|journal| Content::Journal(Box::new(journal)))
                }
                Source::Segment(sealed, seqs) => {
                    let part = SegmentPart::open(self.ground.clone(), sealed, seqs.clone())?;
                    part.map(|segment| Content::Segment(Box::new(segment)))
                }
            };
            if let Some(content) = content {
                return Ok(OpenPart { content });
            }
            match (self.ground.successor(&self.seqs()), &source) {
                // It is what it was, and cannot be read.
                (Some(sealed), Source::Segment(gone, _)) if Arc::ptr_eq(&sealed, gone) => break,
                (Some(sealed), _) => source = Source::Segment(sealed, self.seqs()),
                (None, _) => break,
            }
        }
        Ok(OpenPart { content: Content::Gone })
    }
}

impl OpenPart {
    /// How many blocks it has.
    pub fn block_count(&self) -> usize {
        match &self.content {
            Content::Gone => 0,
            Content::Journal(journal) => journal.block_count(),
            Content::Segment(segment) => segment.block_count(),
        }
    }

    /// What is known of a block; nothing when there is no such block.
    pub fn block(&self, block: usize) -> BlockView<'_> {
        match &self.content {
            Content::Gone => BlockView::nothing(),
            Content::Journal(journal) => journal.block(block).unwrap_or(BlockView::nothing()),
            Content::Segment(segment) => segment.block(block).unwrap_or(BlockView::nothing()),
        }
    }

    /// Takes out the blocks that cannot meet a probe. `blocks` is a set of [`OpenPart::block_count`].
    pub fn prune(&self, probe: &Probe, blocks: &mut BlockSet) -> Result<(), ReadError> {
        match &self.content {
            Content::Gone | Content::Journal(_) => Ok(()),
            Content::Segment(segment) => segment.prune(probe, blocks),
        }
    }

    /// Rows of a block by resource, minute and severity, where they are kept.
    pub fn counts(&self, block: usize) -> Option<Vec<BlockCount>> {
        match &self.content {
            Content::Gone | Content::Journal(_) => None,
            Content::Segment(segment) => segment.counts(block),
        }
    }

    /// Loads columns of a block: batches whose seqs ascend, in no order among each other. A journal file gives every
    /// column. What was evicted meanwhile, or is damaged, gives no rows; damage is told to the store.
    pub fn load(&self, block: usize, columns: &Columns) -> Result<Vec<Batch>, ReadError> {
        match &self.content {
            Content::Gone => Ok(Vec::new()),
            Content::Journal(journal) => journal.load(block),
            Content::Segment(segment) => segment.load(block, columns),
        }
    }
}

impl BlockView<'_> {
    fn nothing() -> Self {
        Self {
            rows: 0,
            seqs: (u64::MAX, 0),
            times: (i64::MAX, i64::MIN),
            body_bytes: 0,
            disk_bytes: 0,
            resources: None,
        }
    }
}
