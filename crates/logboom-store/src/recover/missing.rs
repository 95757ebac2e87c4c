//! What should be in the log and is not.

use std::collections::HashMap;

use super::{Listed, RecoverError, Recovered, walk};
use crate::format::snapshot::FileSummary;
use crate::fs::Fs;
use crate::limits::VERIFY_BYTES_MAX;

/// Seqs that nobody evicted and that are in no segment and no file; files that an opening snapshot names and that
/// are not there.
pub fn find(recovered: &mut Recovered, listed: &[Listed], known: &HashMap<u64, FileSummary>) {
    let mut expected = recovered.evicted_to;
    let starts = recovered.segments.iter().map(|sealed| (sealed.seqs.start, sealed.seqs.end));
    for (start, end) in starts.chain(listed.first().map(|file| (file.first_seq, file.first_seq))) {
        if expected < start {
            recovered.lost.push((expected, start));
        }
        expected = expected.max(end);
    }
    for pair in listed.windows(2) {
        if let Some(summary) = known.get(&pair[0].id)
            && summary.end_seq < pair[1].first_seq
        {
            recovered.lost.push((summary.end_seq.max(pair[0].first_seq), pair[1].first_seq));
        }
    }
}

/// Checks the newest of the files that recovery had no other reason to read: all of `older` but the last.
pub fn verify_older(fs: &dyn Fs, recovered: &mut Recovered, older: &[Listed]) -> Result<(), RecoverError> {
    let mut bytes = 0;
    for pair in older.windows(2).rev() {
        let (file, next) = (&pair[0], &pair[1]);
        bytes += file.length;
        if bytes > VERIFY_BYTES_MAX || file.first_seq < recovered.evicted_to {
            break;
        }
        let walked = walk(fs, file, file.first_seq, next.first_seq)?;
        recovered.lost.extend(walked.lost);
    }
    Ok(())
}
