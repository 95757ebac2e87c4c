//! A segment in blocks, or those of its rows that belong to the part: a segment that was rewritten together with its
//! neighbours since the snapshot holds theirs too.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use logboom_model::{Batch, Resource};

use super::{BlockCount, BlockResources, BlockView, Ground};
use crate::cache::CacheError;
use crate::sealed::Sealed;
use crate::segment::{BlockInfo, Segment, SegmentError};
use crate::{BlockSet, Columns, Probe, ReadError};

/// See the top of the file.
pub struct SegmentPart {
    ground: Ground,
    sealed: Arc<Sealed>,
    segment: Segment,
    resources: Vec<Arc<Resource>>,
    seqs: Range<u64>,
    /// The blocks that have rows of the part, when not all have.
    blocks: Option<Vec<usize>>,
}

impl SegmentPart {
    /// Opens a segment; `None` when it is gone. One that is damaged is told, and is as good as empty.
    pub fn open(ground: Ground, sealed: &Arc<Sealed>, seqs: Range<u64>) -> Result<Option<Self>, ReadError> {
        let segment = match ground.segments.get(&*ground.fs, sealed) {
            Ok(segment) => segment,
            Err(CacheError::Gone) if is_current(&ground, sealed) => {
                ground.report_rows(seqs.start, seqs.end, sealed.content.rows);
                return Ok(None);
            }
            Err(CacheError::Gone) => return Ok(None),
            Err(CacheError::Segment(SegmentError::Damaged(what))) => {
                if is_current(&ground, sealed) {
                    tracing::error!(file = sealed.path, what, "a segment is damaged");
                    ground.report_rows(seqs.start, seqs.end, sealed.content.rows);
                }
                return Ok(None);
            }
            Err(CacheError::Segment(_)) if !is_current(&ground, sealed) => return Ok(None),
            Err(CacheError::Segment(source)) => return Err(failed(&ground, sealed, source)),
        };
        let is_inside = |info: &BlockInfo| info.seqs.0 < seqs.end && info.seqs.1 >= seqs.start;
        let blocks = (sealed.seqs != seqs).then(|| {
            let blocks = segment.blocks().iter().enumerate();
            blocks.filter(|(_, info)| is_inside(info)).map(|(index, _)| index).collect()
        });
        let resources = segment.summary().resources.iter().map(|share| share.resource.clone()).collect();
        Ok(Some(Self { ground, sealed: sealed.clone(), segment, resources, seqs, blocks }))
    }

    /// How many blocks it has.
    pub fn block_count(&self) -> usize {
        self.blocks.as_ref().map_or(self.segment.blocks().len(), Vec::len)
    }

    /// The block of the segment.
    fn index(&self, block: usize) -> usize {
        self.blocks.as_ref().map_or(block, |blocks| blocks.get(block).copied().unwrap_or(usize::MAX))
    }

    /// Whether every row of a block belongs to the part.
    fn is_whole(&self, info: &BlockInfo) -> bool {
        self.blocks.is_none() || info.seqs.0 >= self.seqs.start && info.seqs.1 < self.seqs.end
    }

    /// What is known of a block.
    pub fn block(&self, block: usize) -> Option<BlockView<'_>> {
        let info = self.segment.blocks().get(self.index(block))?;
        Some(BlockView {
            rows: info.rows as u64,
            seqs: (info.seqs.0.max(self.seqs.start), info.seqs.1.min(self.seqs.end - 1)),
            times: info.times,
            body_bytes: info.body_bytes,
            disk_bytes: info.disk_bytes,
            resources: Some(BlockResources { all: &self.resources, indices: &info.resources }),
        })
    }

    /// Takes out the blocks that cannot meet a probe.
    pub fn prune(&self, probe: &Probe, blocks: &mut BlockSet) -> Result<(), ReadError> {
        let Some(own) = &self.blocks else {
            return self.check(self.segment.prune(probe, blocks)).map(drop);
        };
        let mut all = BlockSet::none(self.segment.blocks().len());
        own.iter().for_each(|&index| all.insert(index));
        if self.check(self.segment.prune(probe, &mut all))?.is_some() {
            own.iter().enumerate().filter(|(_, index)| !all.contains(**index)).for_each(|(block, _)| {
                blocks.remove(block);
            });
        }
        Ok(())
    }

    /// Rows of a block by resource, minute and severity.
    pub fn counts(&self, block: usize) -> Option<Vec<BlockCount>> {
        let index = self.index(block);
        if !self.is_whole(self.segment.blocks().get(index)?) {
            return None;
        }
        let counts = self.segment.counts(index)?;
        let named = counts.into_iter().map(|count| {
            let resource = self.resources.get(count.resource as usize)?.clone();
            let (minute, severity, rows) = (count.minute, count.severity, u64::from(count.rows));
            Some(BlockCount { resource, minute, severity, rows })
        });
        named.collect()
    }

    /// Loads columns of a block.
    pub fn load(&self, block: usize, columns: &Columns) -> Result<Vec<Batch>, ReadError> {
        let index = self.index(block);
        let Some(info) = self.segment.blocks().get(index) else { return Ok(Vec::new()) };
        if self.is_whole(info) {
            let loaded = self.check_block(info, self.segment.load(index, columns))?;
            return Ok(loaded.unwrap_or_default());
        }
        // Views of columns would have to be cut as well; from whole rows everything can be had.
        let loaded = self.check_block(info, self.segment.load(index, &Columns::all()))?.unwrap_or_default();
        Ok(loaded.iter().filter_map(|batch| within(batch, &self.seqs)).collect())
    }

    /// Damage is told; what was evicted meanwhile is nothing.
    fn check_block<T>(
        &self,
        info: &BlockInfo,
        read: Result<T, SegmentError>,
    ) -> Result<Option<T>, ReadError> {
        if matches!(read, Err(SegmentError::Damaged(_))) && is_current(&self.ground, &self.sealed) {
            self.ground.report_rows(info.seqs.0, info.seqs.1 + 1, info.rows as u64);
        }
        self.check(read)
    }

    fn check<T>(&self, read: Result<T, SegmentError>) -> Result<Option<T>, ReadError> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(SegmentError::Damaged(what)) => {
                tracing::error!(file = self.sealed.path, what, "a segment is damaged");
                Ok(None)
            }
            Err(_) if !is_current(&self.ground, &self.sealed) => Ok(None),
            Err(source) => Err(failed(&self.ground, &self.sealed, source)),
        }
    }
}

/// Whether a segment is still part of the log, as far as anybody can know.
fn is_current(ground: &Ground, sealed: &Arc<Sealed>) -> bool {
    match &ground.shared {
        Some(shared) => shared.log().segments.iter().any(|kept| Arc::ptr_eq(kept, sealed)),
        None => {
            ground.fs.open(&sealed.path, false).and_then(|file| file.length()).is_ok_and(|bytes| bytes > 0)
        }
    }
}

fn failed(ground: &Ground, sealed: &Sealed, source: SegmentError) -> ReadError {
    let path: PathBuf = ground.dir.join(&sealed.path);
    match source {
        SegmentError::Io(source) => ReadError::Io { path, source },
        source => ReadError::Segment { path, source },
    }
}

/// The rows of a batch with such seqs.
fn within(batch: &Batch, seqs: &Range<u64>) -> Option<Batch> {
    let rows: Vec<usize> = (0..batch.len()).filter(|&row| seqs.contains(&batch.seq(row))).collect();
    let mut cut = Batch::new(batch.resource().clone());
    for &row in &rows {
        cut.push_with_attributes(batch.row(row), batch.body(row), batch.attributes(row));
    }
    // They ascend as they did.
    cut.assign_each_seq(rows.iter().map(|&row| batch.seq(row)).collect()).ok()?;
    (!cut.is_empty()).then_some(cut)
}
