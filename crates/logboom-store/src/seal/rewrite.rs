//! Room from the loud: a run of segments becomes one without their rows, with a gap row for each of them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use logboom_model::{Batch, CountKind, Flags, Gap, GapReason, Resource, ResourceId, StateUpdate};

use super::output::{self, Output};
use super::{Commits, SealError, Sealer};
use crate::cache::CacheError;
use crate::format::wire::{Input, Malformed, put_bytes, put_varint};
use crate::limits::{
    RESOURCE_SHARE_OF_BUDGET, REWRITE_BODY_BYTES_MAX, SEGMENT_OVERHEAD_BYTES, SEGMENT_PATH_BYTES_MAX,
};
use crate::names::{REWRITE_KEY, REWRITE_NAME, TEMPORARY_DIR};
use crate::sealed::Sealed;
use crate::segment::{SegmentError, SegmentMeta};
use crate::space::share::{self, Bounds, Choice};
use crate::writer::Pending;

/// A rewrite past its point of no return, see the table in `seal`.
pub struct Unfinished {
    inputs: Vec<Arc<Sealed>>,
    sealed: Sealed,
    made: Output,
}

/// What one resource loses.
struct Loss {
    resource: Arc<Resource>,
    rows: u64,
    bytes: u64,
    seqs: (u64, u64),
    times: (i64, i64),
}

/// The rows that stay, and what goes.
struct Parted {
    kept: Vec<Batch>,
    losses: BTreeMap<ResourceId, Loss>,
}

impl Sealer {
    /// Makes some of the room that is wanted: by a rewrite if somebody is loud, else by dropping the oldest; seals first
    /// when it cannot know. Says whether it did anything.
    pub(super) fn make_room(&mut self, wanted: u64, commits: &mut dyn Commits) -> Result<bool, SealError> {
        let choice = self.choose(wanted);
        if let Some(choice) = choice {
            match self.rewrite(&choice, commits) {
                Ok(()) => return Ok(true),
                // Dropping needs no room.
                Err(SealError::NoRoom(why)) => tracing::warn!(why, "no room to rewrite segments"),
                // It is damaged; so much is known now.
                Err(SealError::Segment { name, source, .. }) => {
                    tracing::error!(name, error = %source, "a segment cannot be rewritten");
                }
                Err(error) => return Err(error),
            }
        }
        // What is not sealed yet cannot be told apart: the oldest may be the quiet's, and the loud behind them.
        if self.is_mostly_unsealed() {
            match self.seal(commits) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(SealError::NoRoom(why)) => tracing::warn!(why, "no room to seal before the oldest go"),
                Err(error) => return Err(error),
            }
        }
        let count = self.oldest_for(wanted);
        if count > 0 {
            commits.evict(count)?;
        }
        Ok(count > 0)
    }

    fn is_mostly_unsealed(&self) -> bool {
        let log = self.shared.log();
        log.unsealed_bytes() > log.segment_bytes()
    }

    /// Rewrites as if so many bytes were wanted; says whether there was anything to rewrite.
    pub fn rewrite_for(&mut self, wanted: u64, commits: &mut dyn Commits) -> Result<bool, SealError> {
        self.settle(commits)?;
        let Some(choice) = self.choose(wanted) else { return Ok(false) };
        self.rewrite(&choice, commits).map(|()| true)
    }

    fn choose(&self, wanted: u64) -> Option<Choice> {
        let options = &self.shared.options;
        let log = self.shared.log();
        let free = options.max_bytes.saturating_sub(log.slack).saturating_sub(log.bytes());
        let bounds = Bounds {
            share_bytes: options.max_bytes / RESOURCE_SHARE_OF_BUDGET,
            wanted,
            body_bytes_max: REWRITE_BODY_BYTES_MAX.min(options.segment_body_bytes),
            output_bytes_max: free.saturating_sub(2 * SEGMENT_OVERHEAD_BYTES),
        };
        share::choose(&log.segments, &self.unfit, bounds)
    }

    /// How many of the oldest segments and files hold so many bytes.
    fn oldest_for(&self, wanted: u64) -> usize {
        let log = self.shared.log();
        let closed = log.files.len().saturating_sub(1);
        let segments = log.segments.iter().map(|sealed| sealed.disk_bytes);
        let files = log.files[..closed].iter().map(|file| file.allocated);
        let mut freed = 0;
        let enough = segments.chain(files).take_while(|bytes| {
            let is_wanted = freed < wanted;
            freed += bytes;
            is_wanted
        });
        enough.count()
    }

    fn rewrite(&mut self, choice: &Choice, commits: &mut dyn Commits) -> Result<(), SealError> {
        self.pacer.begin();
        self.doubtful = None;
        let inputs: Vec<Arc<Sealed>> = self.shared.log().segments[choice.run.clone()].to_vec();
        let (Some(first), Some(last)) = (inputs.first(), inputs.last()) else { return Ok(()) };
        let parted = self.part(&inputs, &choice.loud)?;
        let lost: u64 = parted.losses.values().map(|loss| loss.rows).sum();
        let meta = SegmentMeta {
            store_id: self.shared.store_id,
            seqs: first.seqs.start..last.seqs.end,
            first_commit: first.content.commits.0,
            last_commit: last.content.commits.1,
            evicted: lost + inputs.iter().map(|input| input.content.evicted).sum::<u64>(),
        };
        let loud = |id: ResourceId| choice.loud.binary_search(&id).is_ok();
        let kept: u64 = inputs
            .iter()
            .map(|input| input.disk_bytes - input.disk_bytes_of(loud).min(input.disk_bytes))
            .sum();
        let estimate = kept + SEGMENT_OVERHEAD_BYTES;
        let (made, sealed) =
            output::write(&self.shared, &mut self.pacer, REWRITE_NAME, &meta, &parted.kept, estimate)?;
        drop(parted.kept);
        output::make_dirs(&self.shared, &sealed)?;
        self.shared.fs.sync_dir(TEMPORARY_DIR).map_err(SealError::io("sync", TEMPORARY_DIR))?;
        if !are_current(&self.shared.log().segments, &inputs) {
            return Err(SealError::GivenUp);
        }
        let mut made = made;
        // From the mark on it must stay. When its commit fails nobody knows whether the mark is durable until another
        // commit takes it back: so too then.
        made.commit_to();
        let mark =
            Pending { updates: mark(&sealed, &inputs), gaps: gaps(parted.losses), ..Pending::default() };
        if let Err(error) = commits.commit(mark) {
            self.doubtful = Some(made);
            self.must_clear_mark = true;
            return Err(error.into());
        }
        self.finish(Unfinished { inputs, sealed, made })?;
        self.settle(commits)
    }

    /// Reads the run, and tells what stays from what goes.
    fn part(&mut self, inputs: &[Arc<Sealed>], loud: &[ResourceId]) -> Result<Parted, SealError> {
        let mut parted = Parted { kept: Vec::new(), losses: BTreeMap::new() };
        for input in inputs {
            if let Err(error) = self.part_one(input, loud, &mut parted) {
                if matches!(&error, SealError::Segment { source, .. } if !matches!(source, SegmentError::Io(_)))
                {
                    self.unfit.push(input.seqs.start);
                }
                return Err(error);
            }
        }
        Ok(parted)
    }

    fn part_one(
        &mut self,
        input: &Arc<Sealed>,
        loud: &[ResourceId],
        parted: &mut Parted,
    ) -> Result<(), SealError> {
        let shared = self.shared.clone();
        let failed = |source| SealError::Segment { action: "read", name: input.path.clone(), source };
        let segment = match shared.segments.get(&*shared.fs, input) {
            Ok(segment) => segment,
            Err(CacheError::Gone) => return Err(SealError::GivenUp),
            Err(CacheError::Segment(error)) => return Err(failed(error)),
        };
        for stripe in 0..segment.stripes().len() {
            for batch in segment.stripe_in_order(stripe, input.seqs.start).map_err(failed)? {
                if loud.binary_search(&batch.resource().id()).is_ok() {
                    take_apart(&batch, parted);
                } else {
                    parted.kept.push(batch);
                }
            }
            self.pacer.pace().map_err(|_| SealError::GivenUp)?;
        }
        Ok(())
    }

    /// Puts the new segment into the place of the run, for every reader at once, and its name into that of the
    /// first, if it is the same: the lock keeps the writer from removing the one for the other.
    pub(super) fn finish(&mut self, unfinished: Unfinished) -> Result<(), SealError> {
        let Unfinished { inputs, sealed, mut made } = unfinished;
        let shared = self.shared.clone();
        let mut log = shared.log();
        let is_input = |kept: &Arc<Sealed>| inputs.iter().any(|input| Arc::ptr_eq(input, kept));
        let Some(from) = log.segments.iter().position(is_input) else {
            drop(log);
            // All of it was evicted meanwhile.
            made.renamed(REWRITE_NAME);
            self.must_clear_mark = true;
            return Ok(());
        };
        let to = from + log.segments[from..].iter().take_while(|kept| is_input(kept)).count();
        if let Err(error) = shared.fs.rename(REWRITE_NAME, &sealed.path) {
            drop(log);
            self.unfinished = Some(Unfinished { inputs, sealed, made });
            return Err(SealError::io("rename", REWRITE_NAME)(error));
        }
        made.keep(&mut log);
        log.sealed_bytes += sealed.disk_bytes;
        self.unsynced.extend([sealed.dir().to_owned(), TEMPORARY_DIR.to_owned()]);
        for input in &inputs {
            if input.path != sealed.path {
                log.reserved += input.disk_bytes;
                self.unremoved.push((input.path.clone(), input.disk_bytes));
            }
            log.note_unlinked(input.held.clone(), input.disk_bytes);
        }
        log.segments.splice(from..to, [Arc::new(sealed)]);
        drop(log);
        inputs.iter().for_each(|input| shared.segments.forget(input));
        self.must_clear_mark = true;
        Ok(())
    }
}

fn are_current(segments: &[Arc<Sealed>], inputs: &[Arc<Sealed>]) -> bool {
    inputs.iter().all(|input| segments.iter().any(|kept| Arc::ptr_eq(kept, input)))
}

/// The lines of a loud resource go. What tells of it stays: gap rows, which say what went before, and its life.
fn take_apart(batch: &Batch, parted: &mut Parted) {
    let mut from = 0;
    while from < batch.len() {
        let stays = tells_of_it(batch, from);
        let run = (from..batch.len()).take_while(|&row| tells_of_it(batch, row) == stays).count();
        if stays {
            parted.kept.push(batch.rows(from..from + run));
        } else {
            note(&mut parted.losses, batch, from..from + run);
        }
        from += run;
    }
}

fn tells_of_it(batch: &Batch, row: usize) -> bool {
    batch.flags(row).intersects(Flags::GAP | Flags::LIFECYCLE)
}

fn note(losses: &mut BTreeMap<ResourceId, Loss>, batch: &Batch, rows: Range<usize>) {
    let loss = losses.entry(batch.resource().id()).or_insert_with(|| Loss {
        resource: batch.resource().clone(),
        rows: 0,
        bytes: 0,
        seqs: (batch.seq(rows.start), 0),
        times: (i64::MAX, i64::MIN),
    });
    let columns = batch.columns();
    loss.rows += rows.len() as u64;
    loss.bytes += u64::from(columns.offsets[rows.end] - columns.offsets[rows.start]);
    loss.seqs.1 = batch.seq(rows.end - 1) + 1;
    for &time in &columns.times[rows] {
        loss.times = (loss.times.0.min(time), loss.times.1.max(time));
    }
}

fn gaps(losses: BTreeMap<ResourceId, Loss>) -> Vec<Gap> {
    let gap = |loss: Loss| {
        let detail = format!(
            "{} records between seqs {} and {} made room: the container takes more than its share of the store",
            loss.rows,
            loss.seqs.0,
            loss.seqs.1 - 1
        );
        let mut gap = Gap::unknown(loss.resource, "store", GapReason::Evicted, &detail);
        (gap.count, gap.count_kind, gap.seqs) = (loss.rows, CountKind::Exact, Some(loss.seqs));
        (gap.bytes, gap.from, gap.to) = (Some(loss.bytes), Some(loss.times.0), Some(loss.times.1));
        gap
    };
    losses.into_values().map(gap).collect()
}

/// The small state of the point of no return: the mark, and what is known of the new segment.
fn mark(sealed: &Sealed, inputs: &[Arc<Sealed>]) -> Vec<StateUpdate> {
    let mut value = Vec::new();
    put_varint(&mut value, sealed.seqs.start);
    put_varint(&mut value, sealed.seqs.end);
    put_bytes(&mut value, sealed.path.as_bytes());
    let mut updates = vec![StateUpdate { key: REWRITE_KEY.into(), value: Some(value) }, sealed.update()];
    updates.extend(
        inputs.iter().filter(|input| input.seqs.start != sealed.seqs.start).map(|input| input.removal()),
    );
    updates
}

/// The change of small state that takes the mark back.
pub fn mark_removal() -> StateUpdate {
    StateUpdate { key: REWRITE_KEY.into(), value: None }
}

/// The seqs and the name in a mark.
pub fn parse_mark(value: &[u8]) -> Result<(Range<u64>, String), Malformed> {
    let mut input = Input::new(value);
    let seqs = input.varint()?..input.varint()?;
    let path = input.bytes(SEGMENT_PATH_BYTES_MAX)?;
    input.finish()?;
    let path = std::str::from_utf8(path).map_err(|_| Malformed("the name of a segment is not UTF-8"))?;
    Ok((seqs, path.to_owned()))
}
