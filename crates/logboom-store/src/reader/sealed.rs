//! The rows of a segment in order of seqs, a piece at a time.

use std::io;
use std::sync::Arc;

use logboom_model::{Batch, TailEntry};

use super::Reader;
use crate::cache::CacheError;
use crate::limits::READ_BYTES;
use crate::sealed::Sealed;
use crate::segment::{InOrder, Segment, SegmentError};

/// Where a reader is in a segment.
pub(super) struct SealedPlace {
    sealed: Arc<Sealed>,
    /// The decoded stripe stands for the seqs up to here.
    end: u64,
}

/// What a segment has for a position.
pub(super) enum InSegment {
    /// Something for the reader.
    Entry(TailEntry),
    /// It is not there any more: look again.
    Gone,
    /// Rows could not be read up to this seq.
    Missing(u64),
}

impl Reader {
    pub(super) fn read_sealed(&mut self, sealed: &Arc<Sealed>) -> io::Result<InSegment> {
        match self.try_sealed(sealed) {
            Ok(found) => Ok(found),
            // Another look tells whether it was evicted meanwhile.
            Err(_) if !self.is_current(sealed) => Ok(InSegment::Gone),
            Err(SegmentError::Io(error)) => Err(error),
            Err(SegmentError::Damaged(what)) => {
                tracing::error!(file = sealed.path, what, "a segment is damaged");
                self.leave_sealed();
                Ok(InSegment::Missing(self.damaged_to(sealed)))
            }
            Err(error) => Err(io::Error::other(error)),
        }
    }

    fn try_sealed(&mut self, sealed: &Arc<Sealed>) -> Result<InSegment, SegmentError> {
        let is_same = self.sealed.as_ref().is_some_and(|place| Arc::ptr_eq(&place.sealed, sealed));
        if is_same && let Some(rest) = self.shared.stripes.take(self.owner) {
            if let Some(batches) = self.piece(rest) {
                return Ok(InSegment::Entry(self.take(batches.into())));
            }
            // The stripe is done.
            self.position = self.sealed.as_ref().map_or(self.position, |place| place.end.max(self.position));
            self.leave_sealed();
            return Ok(InSegment::Gone);
        }
        self.leave_sealed();
        let segment = match self.shared.segments.get(&*self.shared.fs, sealed) {
            Ok(segment) => segment,
            Err(CacheError::Gone) if self.is_current(sealed) => {
                tracing::error!(file = sealed.path, "a segment is missing");
                return Ok(InSegment::Missing(sealed.seqs.end));
            }
            Err(CacheError::Gone) => return Ok(InSegment::Gone),
            Err(CacheError::Segment(error)) => return Err(error),
        };
        let stripes = segment.stripes();
        let Some(stripe) = stripes.iter().position(|stripe| stripe.seqs.end > self.position) else {
            let (from, to) = (self.position, sealed.seqs.end);
            self.position = to;
            return Ok(InSegment::Entry(TailEntry::Evicted { from, to }));
        };
        let end = stripes.get(stripe + 1).map_or(sealed.seqs.end, |next| next.seqs.start);
        if sealed.content.rows < sealed.seqs.end - sealed.seqs.start
            && let Some(thinned) = self.thinned(&segment, stripe, end)?
        {
            return Ok(InSegment::Entry(thinned));
        }
        self.shared.stripes.reserve(self.owner);
        self.sealed = Some(SealedPlace { sealed: sealed.clone(), end });
        let rows = segment.stripe_in_order(stripe, self.position).inspect_err(|_| self.leave_sealed())?;
        self.shared.stripes.put(self.owner, rows);
        Ok(InSegment::Gone)
    }

    /// How many rows of a stripe are missing from the position on, once for each stripe.
    fn thinned(
        &mut self,
        segment: &Segment,
        stripe: usize,
        end: u64,
    ) -> Result<Option<TailEntry>, SegmentError> {
        if self.thinned_to >= end {
            return Ok(None);
        }
        let info = &segment.stripes()[stripe];
        let rows = if self.position <= info.seqs.start {
            info.rows
        } else {
            self.shared.stripes.reserve(self.owner);
            let rows = segment.stripe_in_order(stripe, self.position);
            let rows = rows.map(|rows| rows.map(|batch| batch.len() as u64).sum());
            self.shared.stripes.release(self.owner);
            rows?
        };
        self.thinned_to = end;
        let (from, to) = (self.position, end);
        let count = (to - from).saturating_sub(rows);
        Ok((count > 0).then_some(TailEntry::Thinned { from, to, count }))
    }

    /// Batches up to about a mebibyte; what is left goes back to its slot. `None` at the end.
    fn piece(&mut self, mut rest: InOrder) -> Option<Vec<Batch>> {
        let (mut batches, mut bytes) = (Vec::new(), 0);
        while bytes < READ_BYTES
            && let Some(batch) = rest.next()
        {
            if batch.end_seq() > self.position {
                bytes += batch.memory_bytes();
                batches.push(batch);
            }
        }
        self.shared.stripes.put(self.owner, rest);
        (!batches.is_empty()).then_some(batches)
    }

    /// Gives up the place in a segment and the stripe that is decoded.
    pub(super) fn leave_sealed(&mut self) {
        if self.sealed.take().is_some() {
            self.shared.stripes.release(self.owner);
        }
    }

    fn is_current(&self, sealed: &Arc<Sealed>) -> bool {
        self.shared.log().segments.iter().any(|kept| Arc::ptr_eq(kept, sealed))
    }

    /// Where to go on behind damage: with the next stripe, if the index can be read at all.
    fn damaged_to(&self, sealed: &Arc<Sealed>) -> u64 {
        let segment = self.shared.segments.get(&*self.shared.fs, sealed);
        let starts = segment.iter().flat_map(Segment::stripes).map(|stripe| stripe.seqs.start);
        starts.filter(|start| *start > self.position).min().unwrap_or(sealed.seqs.end)
    }
}
