//! A part of the log as a search reads it: one journal file or one segment, in blocks. Nothing is opened before
//! [`Part::open`], so that a search which stops early touches only what it needs.

mod journal;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use logboom_model::{Batch, Resource};

use crate::fs::Fs;
use crate::log::FileView;
use crate::shared::Shared;
use crate::{BlockSet, Columns, Probe, ReadError};

use journal::JournalPart;

/// Where the parts of one snapshot lie, and who is told of damage.
#[derive(Clone)]
pub(crate) struct Ground {
    /// The files.
    pub fs: Arc<dyn Fs>,
    /// The data directory, for messages.
    pub dir: PathBuf,
    /// The open store, if it is ours.
    pub shared: Option<Arc<Shared>>,
}

impl Ground {
    /// Seqs turned out to be missing without having been evicted.
    fn report(&self, from: u64, to: u64) {
        if let Some(shared) = self.shared.as_ref().filter(|_| from < to) {
            shared.report_lost(from, to);
        }
    }
}

/// One journal file or one segment, not opened yet.
pub struct Part {
    ground: Ground,
    view: FileView,
}

/// An opened part: its blocks, ready to be pruned and loaded from several threads.
pub struct OpenPart {
    content: Content,
}

enum Content {
    /// Evicted since the snapshot was taken.
    Gone,
    Journal(Box<JournalPart>),
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
        Self { ground, view }
    }

    /// Event times between which all its rows lie, both included; nanoseconds since the Unix epoch.
    pub fn times(&self) -> (i64, i64) {
        (self.view.summary.min_time, self.view.summary.max_time)
    }

    /// Seqs of its rows. There may be fewer rows than seqs.
    pub fn seqs(&self) -> Range<u64> {
        self.view.summary.first_seq..self.view.end_seq
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        self.view.bytes
    }

    /// Rows, where that is known without opening it.
    pub fn rows(&self) -> Option<u64> {
        Some(self.view.end_seq - self.view.summary.first_seq)
    }

    /// Opens it. What was evicted since the snapshot was taken has no blocks.
    pub fn open(&self) -> Result<OpenPart, ReadError> {
        let content = match JournalPart::open(self.ground.clone(), self.view)? {
            Some(journal) => Content::Journal(Box::new(journal)),
            None => Content::Gone,
        };
        Ok(OpenPart { content })
    }
}

impl OpenPart {
    /// How many blocks it has.
    pub fn block_count(&self) -> usize {
        match &self.content {
            Content::Gone => 0,
            Content::Journal(journal) => journal.block_count(),
        }
    }

    /// What is known of a block; nothing when there is no such block.
    pub fn block(&self, block: usize) -> BlockView<'_> {
        match &self.content {
            Content::Gone => BlockView::nothing(),
            Content::Journal(journal) => journal.block(block).unwrap_or(BlockView::nothing()),
        }
    }

    /// Takes out the blocks that cannot meet a probe. `blocks` is a set of [`OpenPart::block_count`].
    pub fn prune(&self, _probe: &Probe, _blocks: &mut BlockSet) -> Result<(), ReadError> {
        match &self.content {
            Content::Gone | Content::Journal(_) => Ok(()),
        }
    }

    /// Rows of a block by resource, minute and severity, where they are kept.
    pub fn counts(&self, _block: usize) -> Option<Vec<BlockCount>> {
        match &self.content {
            Content::Gone | Content::Journal(_) => None,
        }
    }

    /// Loads columns of a block: batches whose seqs ascend, in no order among each other. A journal file gives every
    /// column. What was evicted meanwhile, or is damaged, gives no rows; damage is told to the store.
    pub fn load(&self, block: usize, _columns: &Columns) -> Result<Vec<Batch>, ReadError> {
        match &self.content {
            Content::Gone => Ok(Vec::new()),
            Content::Journal(journal) => journal.load(block),
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
