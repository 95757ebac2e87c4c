//! Turns commits and snapshots into entries, reusing its buffers and the state of zstd: the journal's hot path.

use std::io;

use logboom_model::{Batch, StateUpdate};
use zstd::bulk::Compressor;

use crate::format::commit::{self, Definitions};
use crate::format::snapshot::{self, SnapshotState};
use crate::format::{EntryHeader, EntryKind, HEADER_BYTES};
use crate::limits::{
    DEFINITIONS_RAW_BYTES_MAX, ENTRY_RAW_BYTES_MAX, ENTRY_ROWS_MAX, IDLE_BUFFER_BYTES, JOURNAL_ZSTD_LEVEL,
};

/// Where an entry goes and when it was committed.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// Id of the file.
    pub file_id: u64,
    /// Offset in it.
    pub offset: u64,
    /// Seq of the first row, or the next to come.
    pub first_seq: u64,
    /// The commit clock.
    pub commit_time: i64,
}

/// Why there is no entry.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// It would pass the limits of one entry.
    #[error("{0} bytes are too many for one journal entry")]
    TooLarge(usize),
    /// zstd failed.
    #[error("failed to compress")]
    Compress(#[from] io::Error),
}

/// See the top of the file.
#[derive(Default)]
pub struct Encoder {
    compressor: Option<Compressor<'static>>,
    definitions: Vec<u8>,
    payload: Vec<u8>,
    /// Header, definitions, payload; never shorter than it has been, so that it is not cleared each time.
    out: Vec<u8>,
}

impl Encoder {
    /// One group commit, and its header. `known` must be put back if the entry does not get into the file.
    pub fn commit(
        &mut self,
        stamp: Stamp,
        updates: &[&StateUpdate],
        batches: &[&Batch],
        known: &mut Definitions,
    ) -> Result<(EntryHeader, &[u8]), EncodeError> {
        self.definitions.clear();
        self.payload.clear();
        let (mut rows, mut min_time, mut max_time) = (0, i64::MAX, i64::MIN);
        for batch in batches {
            rows += batch.len();
            if let Some((min, max)) = batch.time_range() {
                (min_time, max_time) = (min_time.min(min), max_time.max(max));
            }
        }
        if rows > ENTRY_ROWS_MAX {
            return Err(EncodeError::TooLarge(rows));
        }
        commit::encode(updates, batches, known, &mut self.definitions, &mut self.payload);
        self.seal(EntryKind::Commit, stamp, rows as u32, (min_time, max_time))
    }

    /// An opening snapshot.
    pub fn snapshot(
        &mut self,
        stamp: Stamp,
        snapshot: &SnapshotState,
    ) -> Result<(EntryHeader, &[u8]), EncodeError> {
        self.definitions.clear();
        self.payload.clear();
        snapshot::encode(snapshot, &mut self.payload);
        self.seal(EntryKind::Snapshot, stamp, 0, (i64::MAX, i64::MIN))
    }

    /// Gives back memory that only a busy store needs.
    pub fn shrink(&mut self) {
        if self.payload.capacity() + self.out.capacity() > IDLE_BUFFER_BYTES {
            *self = Self::default();
        }
    }

    fn seal(
        &mut self,
        kind: EntryKind,
        stamp: Stamp,
        rows: u32,
        times: (i64, i64),
    ) -> Result<(EntryHeader, &[u8]), EncodeError> {
        for (length, max) in
            [(self.payload.len(), ENTRY_RAW_BYTES_MAX), (self.definitions.len(), DEFINITIONS_RAW_BYTES_MAX)]
        {
            if length > max {
                return Err(EncodeError::TooLarge(length));
            }
        }
        let compressor = match &mut self.compressor {
            Some(compressor) => compressor,
            none => none.insert(Compressor::new(JOURNAL_ZSTD_LEVEL)?),
        };
        let mut end = HEADER_BYTES;
        let mut crcs = [0; 2];
        let mut lengths = [0; 2];
        for (index, raw) in [&self.definitions, &self.payload].into_iter().enumerate() {
            if raw.is_empty() {
                continue;
            }
            let room = end + zstd::zstd_safe::compress_bound(raw.len());
            if self.out.len() < room {
                self.out.resize(room, 0);
            }
            let length = compressor.compress_to_buffer(raw, &mut self.out[end..])?;
            crcs[index] = crc32c::crc32c(&self.out[end..end + length]);
            lengths[index] = length as u32;
            end += length;
        }
        let header = EntryHeader {
            kind,
            file_id: stamp.file_id,
            offset: stamp.offset,
            first_seq: stamp.first_seq,
            rows,
            definitions_bytes: lengths[0],
            definitions_raw: self.definitions.len() as u32,
            payload_bytes: lengths[1],
            payload_raw: self.payload.len() as u32,
            definitions_crc: crcs[0],
            payload_crc: crcs[1],
            min_time: times.0,
            max_time: times.1,
            commit_time: stamp.commit_time,
        };
        self.out[..HEADER_BYTES].copy_from_slice(&header.encode());
        Ok((header, &self.out[..end]))
    }
}
