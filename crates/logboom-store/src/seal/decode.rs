//! A whole closed journal file, decoded.

use logboom_model::Batch;

use super::SealError;
use crate::entries::{Entries, EntryError, Step};
use crate::log::{FileView, journal_path};
use crate::shared::Shared;

/// The rows of a closed file in order of seqs. What is damaged is told and left out.
pub fn decode(shared: &Shared, view: &FileView) -> Result<Vec<Batch>, SealError> {
    let name = journal_path(view.summary.first_seq, view.summary.id);
    let file = match shared.fs.open(&name, false) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(SealError::GivenUp),
        Err(error) => return Err(SealError::io("open", &name)(error)),
    };
    let limit = file.length().map_err(SealError::io("read", &name))?.min(view.limit);
    let mut entries = Entries::new(file, view.summary.id);
    let (mut batches, mut offset, mut next_seq) = (Vec::new(), 0, view.summary.first_seq);
    let mut lost = Vec::new();
    loop {
        let header = match entries.step(offset, limit, false).map_err(SealError::io("read", &name))? {
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
        lost.push((next_seq, header.first_seq));
        next_seq = header.end_seq();
        match entries.commit(&header) {
            Ok(commit) => batches.extend(commit.batches),
            Err(EntryError::Io(error)) => return Err(SealError::io("read", &name)(error)),
            Err(EntryError::Damaged(_)) => lost.push((header.first_seq, header.end_seq())),
        }
    }
    lost.push((next_seq, view.end_seq));
    // A file that was evicted meanwhile is empty; its loss has been told.
    if shared.log().files.iter().all(|file| file.summary.id != view.summary.id) {
        return Err(SealError::GivenUp);
    }
    for (from, to) in lost {
        shared.report_lost(from, to);
    }
    Ok(batches)
}
