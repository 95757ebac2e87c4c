//! Walks the entries of one journal file and decodes them, believing nothing: what does not check out is damage,
//! and the walk goes on at the next entry that does.

use std::io;
use std::sync::Arc;

use logboom_model::{Resource, StateUpdate};
use memchr::memmem;
use zstd::bulk::Decompressor;

use crate::format::commit::{self, Commit, Resources};
use crate::format::snapshot::{self, SnapshotState};
use crate::format::wire::Malformed;
use crate::format::{EntryHeader, EntryKind, HEADER_BYTES, HeaderError, MAGIC};
use crate::fs::{FsFile, read_full};
use crate::limits::READ_BYTES;
use crate::window::Window;

/// What lies at an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An entry; the next one begins at its end.
    Entry(EntryHeader),
    /// Damage up to an offset where a sound entry begins.
    Damage(u64),
    /// No sound entry from here on: the end, or a torn tail. If an unknown version is to blame, which.
    End(Option<u16>),
}

/// Why an entry gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is damaged.
    #[error(transparent)]
    Damaged(#[from] Malformed),
}

/// See the top of the file.
pub struct Entries {
    window: Window,
    file_id: u64,
    resources: Resources,
    decompressor: Option<Decompressor<'static>>,
    raw: Vec<u8>,
}

impl Entries {
    /// The entries of an open file.
    pub fn new(file: Arc<dyn FsFile>, file_id: u64) -> Self {
        Self {
            window: Window::new(file),
            file_id,
            resources: Resources::default(),
            decompressor: None,
            raw: Vec::new(),
        }
    }

    /// The file.
    pub fn file(&self) -> &Arc<dyn FsFile> {
        self.window.file()
    }

    /// The resources defined by what has been looked at.
    pub fn resources(&self) -> Vec<Arc<Resource>> {
        self.resources.known().cloned().collect()
    }

    /// Looks at an offset, which must be the end of the entry before, and learns the resources defined there.
    /// Nothing at or beyond `limit` is looked at. `verify` reads the payload too and checks it.
    pub fn step(&mut self, offset: u64, limit: u64, verify: bool) -> io::Result<Step> {
        if offset >= limit {
            return Ok(Step::End(None));
        }
        let found = self.check(offset, limit, verify)?;
        let version = match found {
            Ok(header) => return Ok(Step::Entry(header)),
            Err(HeaderError::Version { version, file_id }) if file_id == self.file_id && version > 0 => {
                Some(version)
            }
            Err(_) => None,
        };
        match self.search(offset + 1, limit)? {
            Some(resumes_at) => Ok(Step::Damage(resumes_at)),
            None => Ok(Step::End(version)),
        }
    }

    /// The resources defined by what has been looked at, by their index.
    pub fn into_resources(self) -> Resources {
        self.resources
    }

    fn check(
        &mut self,
        offset: u64,
        limit: u64,
        verify: bool,
    ) -> io::Result<Result<EntryHeader, HeaderError>> {
        let header = match EntryHeader::decode(self.window.fetch(offset, HEADER_BYTES, limit)?) {
            Ok(header) => header,
            Err(error) => return Ok(Err(error)),
        };
        if header.file_id != self.file_id || header.offset != offset || header.end() > limit {
            return Ok(Err(HeaderError::Bounds("place of the entry")));
        }
        if header.definitions_bytes > 0 {
            match self.learn(&header) {
                Ok(()) => {}
                Err(EntryError::Io(error)) => return Err(error),
                Err(EntryError::Damaged(_)) => return Ok(Err(HeaderError::Checksum)),
            }
        }
        if verify {
            let stored = self.window.fetch(payload_at(&header), header.payload_bytes as usize, limit)?;
            if stored.len() < header.payload_bytes as usize || crc32c::crc32c(stored) != header.payload_crc {
                return Ok(Err(HeaderError::Checksum));
            }
        }
        Ok(Ok(header))
    }

    /// The next sound entry at or after an offset.
    fn search(&mut self, from: u64, limit: u64) -> io::Result<Option<u64>> {
        let mut start = from;
        while start < limit {
            let piece = self.window.fetch(start, READ_BYTES, limit)?.to_vec();
            if piece.len() < MAGIC.len() {
                break;
            }
            for at in memmem::find_iter(&piece, &MAGIC) {
                let candidate = start + at as u64;
                if self.check(candidate, limit, true)?.is_ok() {
                    return Ok(Some(candidate));
                }
            }
            start += (piece.len() - (MAGIC.len() - 1)) as u64;
        }
        Ok(None)
    }

    fn learn(&mut self, header: &EntryHeader) -> Result<(), EntryError> {
        let at = header.offset + HEADER_BYTES as u64;
        self.inflate(
            at,
            header.definitions_bytes,
            header.definitions_raw,
            header.definitions_crc,
            header.end(),
        )?;
        Ok(self.resources.define(&self.raw)?)
    }

    fn payload(&mut self, header: &EntryHeader, kind: EntryKind) -> Result<&[u8], EntryError> {
        if header.kind != kind {
            return Err(Malformed("an entry of another kind").into());
        }
        self.inflate(
            payload_at(header),
            header.payload_bytes,
            header.payload_raw,
            header.payload_crc,
            header.end(),
        )?;
        Ok(&self.raw)
    }

    fn inflate(&mut self, at: u64, bytes: u32, raw: u32, crc: u32, limit: u64) -> Result<(), EntryError> {
        let stored = self.window.fetch(at, bytes as usize, limit)?;
        if stored.len() < bytes as usize || crc32c::crc32c(stored) != crc {
            return Err(Malformed("the checksum does not match").into());
        }
        let decompressor = match &mut self.decompressor {
            Some(decompressor) => decompressor,
            none => none.insert(Decompressor::new()?),
        };
        self.raw.clear();
        self.raw.reserve_exact(raw as usize);
        // Its capacity is what bounds it; `raw` was checked with the header.
        match decompressor.decompress_to_buffer(stored, &mut self.raw) {
            Ok(length) if length == raw as usize => Ok(()),
            _ => Err(Malformed("the compressed bytes do not decompress").into()),
        }
    }

    /// Decodes a commit.
    pub fn commit(&mut self, header: &EntryHeader) -> Result<Commit, EntryError> {
        self.payload(header, EntryKind::Commit)?;
        Ok(commit::decode(&self.raw, header.first_seq, header.rows, &self.resources)?)
    }

    /// Decodes the small state of a commit, not its rows.
    pub fn updates(&mut self, header: &EntryHeader) -> Result<Vec<StateUpdate>, EntryError> {
        Ok(commit::decode_updates(self.payload(header, EntryKind::Commit)?)?)
    }

    /// Decodes a snapshot.
    pub fn snapshot(&mut self, header: &EntryHeader) -> Result<SnapshotState, EntryError> {
        Ok(snapshot::decode(self.payload(header, EntryKind::Snapshot)?)?)
    }
}

/// Decodes one commit of a file all of whose resources are known, whatever was read before.
pub fn read_commit(
    file: &dyn FsFile,
    header: &EntryHeader,
    resources: &Resources,
) -> Result<Commit, EntryError> {
    if header.kind != EntryKind::Commit {
        return Err(Malformed("an entry of another kind").into());
    }
    let mut stored = vec![0; header.payload_bytes as usize];
    let count = read_full(file, &mut stored, payload_at(header))?;
    if count < stored.len() || crc32c::crc32c(&stored) != header.payload_crc {
        return Err(Malformed("the checksum does not match").into());
    }
    // The capacity is what bounds it; `payload_raw` was checked with the header.
    match zstd::bulk::decompress(&stored, header.payload_raw as usize) {
        Ok(raw) if raw.len() == header.payload_raw as usize => {
            Ok(commit::decode(&raw, header.first_seq, header.rows, resources)?)
        }
        _ => Err(Malformed("the compressed bytes do not decompress").into()),
    }
}

fn payload_at(header: &EntryHeader) -> u64 {
    header.offset + HEADER_BYTES as u64 + u64::from(header.definitions_bytes)
}
