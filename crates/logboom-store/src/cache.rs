//! Open segments: their indexes stay in memory, within a budget, for whoever reads next.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::fs::Fs;
use crate::limits::{SEGMENT_CACHE_BYTES_MAX, SEGMENT_CACHE_FILES_MAX};
use crate::sealed::Sealed;
use crate::segment::{Segment, SegmentError};

/// See the top of the file.
#[derive(Debug, Default)]
pub struct SegmentCache {
    /// Least recently used first.
    slots: Mutex<VecDeque<Slot>>,
}

#[derive(Debug)]
struct Slot {
    /// Keeps the space of the file counted while it is open.
    sealed: Arc<Sealed>,
    segment: Segment,
    bytes: usize,
}

/// Why a segment could not be opened.
#[derive(Debug)]
pub enum CacheError {
    /// It is not there any more, or a rewritten one is in its place.
    Gone,
    /// It cannot be read.
    Segment(SegmentError),
}

impl SegmentCache {
    /// The open segment.
    pub fn get(&self, fs: &dyn Fs, sealed: &Arc<Sealed>) -> Result<Segment, CacheError> {
        if let Some(segment) = self.find(sealed) {
            return Ok(segment);
        }
        let segment = open(fs, sealed)?;
        let slot = Slot { sealed: sealed.clone(), segment: segment.clone(), bytes: segment.memory_bytes() };
        let mut slots = self.slots();
        slots.push_back(slot);
        let mut bytes: usize = slots.iter().map(|slot| slot.bytes).sum();
        while slots.len() > 1 && (bytes > SEGMENT_CACHE_BYTES_MAX || slots.len() > SEGMENT_CACHE_FILES_MAX) {
            let Some(slot) = slots.pop_front() else { break };
            bytes -= slot.bytes;
        }
        Ok(segment)
    }

    fn find(&self, sealed: &Arc<Sealed>) -> Option<Segment> {
        let mut slots = self.slots();
        let index = slots.iter().rposition(|slot| Arc::ptr_eq(&slot.sealed, sealed))?;
        let slot = slots.remove(index)?;
        let segment = slot.segment.clone();
        slots.push_back(slot);
        Some(segment)
    }

    /// Closes a segment that is no longer part of the log.
    pub fn forget(&self, sealed: &Arc<Sealed>) {
        self.slots().retain(|slot| !Arc::ptr_eq(&slot.sealed, sealed));
    }

    /// Names of attributes that have columns in the segments that are open.
    pub fn attribute_names(&self) -> Vec<Box<str>> {
        let slots = self.slots();
        let mut names: Vec<Box<str>> =
            slots.iter().flat_map(|slot| slot.segment.summary().attribute_names.iter().cloned()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, VecDeque<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(fs: &dyn Fs, sealed: &Sealed) -> Result<Segment, CacheError> {
    let file = match fs.open(&sealed.path, false) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(CacheError::Gone),
        Err(error) => return Err(CacheError::Segment(error.into())),
    };
    // An evicted segment is emptied before its name goes.
    if file.length().is_ok_and(|length| length == 0) {
        return Err(CacheError::Gone);
    }
    let segment = Segment::open(file).map_err(CacheError::Segment)?;
    let meta = &segment.summary().meta;
    if meta.seqs != sealed.seqs || meta.evicted < sealed.content.evicted {
        return Err(CacheError::Segment(SegmentError::Damaged("its name says other seqs than its index")));
    }
    if meta.evicted > sealed.content.evicted {
        return Err(CacheError::Gone);
    }
    Ok(segment)
}
