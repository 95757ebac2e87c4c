//! A journal file in blocks: some consecutive entries each. Its index is read from the headers of the entries, and a
//! block is decoded without any state that threads would have to share.

use std::io;
use std::sync::Arc;

use logboom_model::Batch;

use super::{BlockView, Ground};
use crate::ReadError;
use crate::entries::{Entries, EntryError, Step, read_commit};
use crate::format::EntryHeader;
use crate::format::commit::Resources;
use crate::fs::FsFile;
use crate::limits::JOURNAL_BLOCK_BYTES;
use crate::log::{FileView, Held, journal_path};

/// See the top of the file.
pub struct JournalPart {
    ground: Ground,
    name: String,
    file: Arc<dyn FsFile>,
    resources: Resources,
    headers: Vec<EntryHeader>,
    /// Keeps the space of the file counted while it is open.
    _held: Held,
    /// Where each block begins among the headers; one more for the end.
    blocks: Vec<usize>,
}

impl JournalPart {
    /// Reads the headers of a file; `None` when the file is gone.
    pub fn open(ground: Ground, view: &FileView) -> Result<Option<Self>, ReadError> {
        let name = journal_path(view.summary.first_seq, view.summary.id);
        let failed = |source| ReadError::Io { path: ground.dir.join(&name), source };
        let file = match ground.fs.open(&name, false) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut entries = Entries::new(file.clone(), view.summary.id);
        let headers = index(&ground, view, &mut entries).map_err(failed)?;
        let blocks = group(&headers);
        Ok(Some(Self {
            ground,
            name,
            file,
            resources: entries.into_resources(),
            headers,
            _held: view.held.clone(),
            blocks,
        }))
    }

    /// How many blocks it has.
    pub fn block_count(&self) -> usize {
        self.blocks.len() - 1
    }

    fn headers(&self, block: usize) -> &[EntryHeader] {
        let bounds = self.blocks.get(block).zip(self.blocks.get(block + 1));
        bounds.and_then(|(&from, &to)| self.headers.get(from..to)).unwrap_or(&[])
    }

    /// What is known of a block.
    pub fn block(&self, block: usize) -> Option<BlockView<'static>> {
        let headers = self.headers(block);
        let (first, last) = (headers.first()?, headers.last()?);
        Some(BlockView {
            rows: headers.iter().map(|header| u64::from(header.rows)).sum(),
            seqs: (first.first_seq, last.end_seq() - 1),
            times: (
                headers.iter().map(|header| header.min_time).min()?,
                headers.iter().map(|header| header.max_time).max()?,
            ),
            body_bytes: headers.iter().map(|header| u64::from(header.payload_raw)).sum(),
            disk_bytes: headers.iter().map(EntryHeader::entry_bytes).sum(),
            resources: None,
        })
    }

    /// Decodes a block. Damaged entries are told and left out.
    pub fn load(&self, block: usize) -> Result<Vec<Batch>, ReadError> {
        let mut batches = Vec::new();
        for header in self.headers(block) {
            match read_commit(&*self.file, header, &self.resources) {
                Ok(commit) => batches.extend(commit.batches),
                Err(EntryError::Io(source)) => {
                    return Err(ReadError::Io { path: self.ground.dir.join(&self.name), source });
                }
                Err(EntryError::Damaged(_)) => self.ground.report(header.first_seq, header.end_seq()),
            }
        }
        Ok(batches)
    }
}

/// The entries that hold rows, by their headers.
fn index(ground: &Ground, view: &FileView, entries: &mut Entries) -> io::Result<Vec<EntryHeader>> {
    let limit = if view.limit == u64::MAX { entries.file().length()? } else { view.limit };
    let (mut headers, mut offset, mut next_seq) = (Vec::new(), 0, view.summary.first_seq);
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
        ground.report(next_seq, header.first_seq);
        next_seq = header.end_seq();
        headers.push(header);
    }
    ground.report(next_seq, view.end_seq);
    Ok(headers)
}

/// Where blocks begin: entries are taken together up to a size.
fn group(headers: &[EntryHeader]) -> Vec<usize> {
    let (mut blocks, mut bytes) = (vec![0], 0);
    for (index, header) in headers.iter().enumerate() {
        if bytes > 0 && bytes + u64::from(header.payload_raw) > JOURNAL_BLOCK_BYTES {
            blocks.push(index);
            bytes = 0;
        }
        bytes += u64::from(header.payload_raw).max(1);
    }
    if !headers.is_empty() {
        blocks.push(headers.len());
    }
    blocks
}
