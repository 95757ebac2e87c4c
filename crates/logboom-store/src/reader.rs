//! A reader with a position of its own: from the ring while it keeps up, from files and segments when it does not.

mod sealed;

use std::io;
use std::sync::Arc;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use logboom_model::{Batch, LogReader, TailEntry};

use crate::entries::{Entries, EntryError, Step};
use crate::log::{FileView, Holder, journal_path};
use crate::sealed::Sealed;
use crate::shared::Shared;

use sealed::{InSegment, SealedPlace};

/// See the top of the file. It reads durable records only and never holds up the writer.
pub struct Reader {
    shared: Arc<Shared>,
    position: u64,
    place: Option<Place>,
    sealed: Option<SealedPlace>,
    /// Its name where decoded stripes are shared.
    owner: u64,
    /// Missing rows before this seq have been told.
    thinned_to: u64,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.leave_sealed();
    }
}

/// Where a reader is in a file.
struct Place {
    file_id: u64,
    entries: Entries,
    offset: u64,
}

/// What the log has for a position.
enum Found {
    Nothing,
    Evicted(u64),
    Ring(Arc<[Batch]>),
    File(FileView),
    Segment(Arc<Sealed>),
    /// What is there begins with this seq.
    Hole(u64),
}

impl Found {
    /// Tells one file or segment from another.
    fn place(&self) -> (u8, u64) {
        match self {
            Self::Nothing => (0, 0),
            Self::Evicted(_) => (1, 0),
            Self::Ring(_) => (2, 0),
            Self::File(view) => (3, view.summary.id),
            Self::Segment(sealed) => (4, Arc::as_ptr(sealed) as usize as u64),
            Self::Hole(_) => (5, 0),
        }
    }
}

/// What a file has for a position.
enum InFile {
    Rows(Vec<Batch>),
    /// Rows are missing up to this seq.
    Missing(u64),
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>, from: u64) -> Self {
        let oldest = if from <= 1 { shared.log().oldest_seq() } else { from };
        let owner = shared.stripes.owner();
        Self { shared, position: oldest, place: None, sealed: None, owner, thinned_to: 0 }
    }

    fn find(&self) -> Found {
        let log = self.shared.log();
        if self.position < log.evicted_to {
            return Found::Evicted(log.evicted_to.min(log.end_seq));
        }
        if self.position >= log.end_seq {
            return Found::Nothing;
        }
        if let Some(entry) = log.ring.get(self.position) {
            return Found::Ring(entry.clone());
        }
        match log.holder_of(self.position) {
            Some(Holder::File(view)) => Found::File(view),
            Some(Holder::Segment(sealed)) => Found::Segment(sealed),
            Some(Holder::Nothing(next)) => Found::Hole(next),
            None => Found::Evicted(log.oldest_seq().max(self.position + 1)),
        }
    }

    fn read(&mut self, view: &FileView) -> io::Result<InFile> {
        if self.place.as_ref().is_none_or(|place| place.file_id != view.summary.id) {
            let name = journal_path(view.summary.first_seq, view.summary.id);
            let file = match self.shared.fs.open(&name, false) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(InFile::Missing(view.end_seq));
                }
                Err(error) => return Err(error),
            };
            let id = view.summary.id;
            self.place = Some(Place { file_id: id, entries: Entries::new(file, id), offset: 0 });
        }
        let Some(place) = &mut self.place else { return Ok(InFile::Missing(view.end_seq)) };
        loop {
            let limit = if view.limit == u64::MAX { place.entries.file().length()? } else { view.limit };
            let header = match place.entries.step(place.offset, limit, false)? {
                Step::End(_) => return Ok(InFile::Missing(view.end_seq)),
                Step::Damage(resumes_at) => {
                    place.offset = resumes_at;
                    continue;
                }
                Step::Entry(header) => header,
            };
            if header.rows == 0 || header.end_seq() <= self.position {
                place.offset = header.end();
                continue;
            }
            if header.end_seq() > view.end_seq {
                return Ok(InFile::Missing(view.end_seq));
            }
            if header.first_seq > self.position {
                return Ok(InFile::Missing(header.first_seq));
            }
            match place.entries.commit(&header) {
                Ok(commit) => {
                    place.offset = header.end();
                    return Ok(InFile::Rows(commit.batches));
                }
                Err(EntryError::Io(error)) => return Err(error),
                // The next entry shows what is missing.
                Err(EntryError::Damaged(_)) => place.offset = header.end(),
            }
        }
    }

    /// Goes on behind an entry of which everything before the position has been seen.
    fn take(&mut self, entry: Arc<[Batch]>) -> TailEntry {
        let from = self.position;
        self.position = entry.last().map_or(from, Batch::end_seq);
        if entry.first().is_some_and(|batch| batch.first_seq() >= from) {
            return TailEntry::Batches(entry);
        }
        let rest = entry.iter().filter(|batch| batch.end_seq() > from).map(|batch| behind(batch, from));
        TailEntry::Batches(rest.collect())
    }

    fn skip(&mut self, to: u64) -> TailEntry {
        let from = std::mem::replace(&mut self.position, to);
        TailEntry::Evicted { from, to }
    }
}

/// The rows of a batch from a seq on.
fn behind(batch: &Batch, from: u64) -> Batch {
    let skipped = from.saturating_sub(batch.first_seq()) as usize;
    if skipped == 0 {
        return batch.clone();
    }
    batch.rows(skipped..batch.len())
}

impl Reader {
    /// One look at the log; `None` when there must be another.
    fn look(&mut self) -> io::Result<Option<Option<TailEntry>>> {
        let found = self.find();
        let place = found.place();
        if !matches!(found, Found::File(_)) {
            self.place = None;
        }
        if !matches!(found, Found::Segment(_)) {
            self.leave_sealed();
        }
        let to = match found {
            Found::Nothing => return Ok(Some(None)),
            Found::Evicted(to) => return Ok(Some(Some(self.skip(to)))),
            Found::Ring(entry) => return Ok(Some(Some(self.take(entry)))),
            Found::Hole(to) => to,
            Found::File(view) => match self.read(&view)? {
                InFile::Rows(batches) => return Ok(Some(Some(self.take(batches.into())))),
                InFile::Missing(to) => to,
            },
            Found::Segment(sealed) => match self.read_sealed(&sealed)? {
                InSegment::Entry(entry) => return Ok(Some(Some(entry))),
                InSegment::Gone => return Ok(None),
                InSegment::Missing(to) => to,
            },
        };
        // What was evicted or sealed while it was being read is not lost to damage.
        if self.find().place() != place {
            return Ok(None);
        }
        self.shared.report_lost(self.position, to);
        Ok(Some(Some(self.skip(to))))
    }
}

impl LogReader for Reader {
    fn next_entry(&mut self) -> io::Result<Option<TailEntry>> {
        loop {
            if let Some(entry) = self.look()? {
                return Ok(entry);
            }
        }
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn wait(&mut self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let mut log = self.shared.log();
        loop {
            if log.end_seq > self.position {
                return true;
            }
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() || log.closed {
                return false;
            }
            log = self.shared.published.wait_timeout(log, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
