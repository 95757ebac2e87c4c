//! The segments of a data directory: which of them count, and what is known of them. See the tables in `seal`.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use logboom_model::{StateUpdate, parse_rfc3339};

use super::{Listed, RecoverCause, RecoverError, Recovered};
use crate::fs::Fs;
use crate::names::{DATE_PREFIX, HOUR_PREFIX, REWRITE_KEY, REWRITE_NAME, SEGMENTS_DIR};
use crate::seal::{mark_removal, parse_mark};
use crate::sealed::{Content, Sealed, key_first_seq, parent, parse_name, state_key};
use crate::segment::{Segment, SegmentError, SegmentMeta};

struct Found {
    seqs: Range<u64>,
    path: String,
    disk_bytes: u64,
}

/// Finds the segments that count. Knows the journal files, small state and the eviction mark already.
pub fn survey(fs: &dyn Fs, recovered: &mut Recovered, journal: &[Listed]) -> Result<(), RecoverError> {
    let mut found = list(fs, &mut recovered.dirs)?;
    let marked = finish_mark(fs, recovered, &mut found)?;
    let is_left_over = |found: &Found| {
        found.seqs.end <= recovered.evicted_to || is_in_journal(&found.seqs, journal, recovered)
    };
    let (left_over, mut kept): (Vec<_>, Vec<_>) = found.into_iter().partition(is_left_over);
    if left_over.iter().any(|found| found.path == REWRITE_NAME) {
        recovered.unfinished = None;
    }
    recovered.leftovers.extend(left_over.into_iter().map(|found| found.path));
    // One inside another is the other's past.
    kept.sort_by_key(|found| (found.seqs.start, std::cmp::Reverse(found.seqs.end)));
    let mut end = 0;
    for found in kept {
        if found.seqs.start < end {
            tracing::warn!(file = found.path, "a segment of seqs that another one holds goes");
            recovered.leftovers.push(found.path);
            continue;
        }
        end = found.seqs.end;
        let sealed = know(fs, recovered, found, marked.as_ref())?;
        recovered.segments.push(Arc::new(sealed));
    }
    recovered.next_seq = recovered.next_seq.max(end);
    forget_stale(recovered);
    if recovered.store_id.is_none() {
        recovered.store_id = recovered.segments.iter().rev().find_map(|sealed| store_id(fs, sealed));
    }
    Ok(())
}

/// The segment that holds seqs, as the directory is now; for those who read while another process writes.
pub fn find_segment(fs: &dyn Fs, seqs: &Range<u64>) -> Option<Arc<Sealed>> {
    let found = list(fs, &mut Vec::new()).ok()?;
    let found =
        found.into_iter().find(|found| found.seqs.start <= seqs.start && seqs.end <= found.seqs.end)?;
    let content = look(fs, &found.path).ok()?;
    Some(Arc::new(Sealed::new(found.seqs, found.path, found.disk_bytes, content)))
}

fn list(fs: &dyn Fs, dirs: &mut Vec<String>) -> Result<Vec<Found>, RecoverError> {
    let mut found = Vec::new();
    for date in names(fs, SEGMENTS_DIR)?.into_iter().filter(|name| name.starts_with(DATE_PREFIX)) {
        let date = format!("{SEGMENTS_DIR}/{date}");
        for hour in names(fs, &date)?.into_iter().filter(|name| name.starts_with(HOUR_PREFIX)) {
            let hour = format!("{date}/{hour}");
            for name in names(fs, &hour)? {
                if let Some(seqs) = parse_name(&name) {
                    let path = format!("{hour}/{name}");
                    found.extend(disk_bytes(fs, &path)?.map(|disk_bytes| Found { seqs, path, disk_bytes }));
                }
            }
            dirs.push(hour);
        }
        dirs.push(date);
    }
    Ok(found)
}

/// Nothing, when there is no such directory.
fn names(fs: &dyn Fs, dir: &str) -> Result<Vec<String>, RecoverError> {
    match fs.list(dir) {
        Ok(names) => Ok(names),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(RecoverError::io("list", dir)(error)),
    }
}

/// `None` when the file is gone: the logboom that runs has removed it since.
fn disk_bytes(fs: &dyn Fs, path: &str) -> Result<Option<u64>, RecoverError> {
    match fs.open(path, false) {
        Ok(file) => file.allocated().map(Some).map_err(RecoverError::io("read", path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(RecoverError::io("open", path)(error)),
    }
}

/// A rewrite past its point of no return: what it replaces goes, and its output takes its place. Gives back the seqs
/// it stands for, of which only what the files themselves say is to be believed.
fn finish_mark(
    fs: &dyn Fs,
    recovered: &mut Recovered,
    found: &mut Vec<Found>,
) -> Result<Option<Range<u64>>, RecoverError> {
    let Some(value) = recovered.state.get(REWRITE_KEY) else { return Ok(None) };
    recovered.updates.push(mark_removal());
    let Ok((seqs, path)) = parse_mark(value) else {
        tracing::error!("the mark of a rewrite is damaged");
        return Ok(None);
    };
    let output = disk_bytes(fs, REWRITE_NAME)?.filter(|_| has_seqs(fs, REWRITE_NAME, &seqs));
    let is_inside = |found: &Found| found.seqs.start >= seqs.start && found.seqs.end <= seqs.end;
    if let Some(disk_bytes) = output {
        let (inside, others): (Vec<_>, Vec<_>) = std::mem::take(found).into_iter().partition(is_inside);
        *found = others;
        recovered.leftovers.extend(inside.into_iter().map(|found| found.path).filter(|old| *old != path));
        found.push(Found { seqs: seqs.clone(), path: REWRITE_NAME.to_owned(), disk_bytes });
        recovered.unfinished = Some(path);
    } else if found.iter().any(|found| found.path == path) {
        let (inside, others): (Vec<_>, Vec<_>) =
            std::mem::take(found).into_iter().partition(|found| is_inside(found) && found.path != path);
        *found = others;
        recovered.leftovers.extend(inside.into_iter().map(|found| found.path));
    }
    Ok(Some(seqs))
}

/// Whether a file is a whole segment of these seqs.
fn has_seqs(fs: &dyn Fs, name: &str, seqs: &Range<u64>) -> bool {
    meta(fs, name).is_ok_and(|meta| meta.seqs == *seqs)
}

fn meta(fs: &dyn Fs, name: &str) -> Result<SegmentMeta, SegmentError> {
    Ok(Segment::open(fs.open(name, false)?)?.summary().meta.clone())
}

fn store_id(fs: &dyn Fs, sealed: &Sealed) -> Option<logboom_model::StoreId> {
    meta(fs, &sealed.path).ok().map(|meta| meta.store_id)
}

/// While a journal file exists it is authoritative.
fn is_in_journal(seqs: &Range<u64>, journal: &[Listed], recovered: &Recovered) -> bool {
    let ends = journal.iter().skip(1).map(|file| file.first_seq).chain([recovered.next_seq]);
    journal.iter().zip(ends).any(|(file, end)| {
        let is_kept = file.first_seq < end && end > recovered.evicted_to;
        is_kept && file.first_seq < seqs.end && seqs.start < end
    })
}

/// What is known of a segment: by small state, or by itself.
fn know(
    fs: &dyn Fs,
    recovered: &mut Recovered,
    found: Found,
    marked: Option<&Range<u64>>,
) -> Result<Sealed, RecoverError> {
    let Found { seqs, path, disk_bytes } = found;
    let is_doubtful = marked.is_some_and(|marked| marked.start <= seqs.start && seqs.end <= marked.end);
    let value = recovered.state.get(&state_key(seqs.start)).filter(|_| !is_doubtful);
    if let Some(Ok(content)) = value.map(|value| Content::decode(value, seqs.end)) {
        return Ok(Sealed::new(seqs, path, disk_bytes, content));
    }
    let content = match look(fs, &path) {
        Ok(content) => content,
        Err(SegmentError::Newer(version)) => {
            let version = u16::try_from(version).unwrap_or(u16::MAX);
            return Err(RecoverError { name: path, action: "read", cause: RecoverCause::Newer(version) });
        }
        Err(SegmentError::Io(source)) if source.kind() == io::ErrorKind::NotFound => {
            Content::unknown(&seqs, recovered.last_commit)
        }
        Err(error) => {
            tracing::error!(file = path, %error, "a segment cannot be read");
            Content::unknown(&seqs, hour(&path).unwrap_or(recovered.last_commit))
        }
    };
    let sealed = Sealed::new(seqs, path, disk_bytes, content);
    recovered.updates.push(sealed.update());
    Ok(sealed)
}

fn look(fs: &dyn Fs, path: &str) -> Result<Content, SegmentError> {
    Ok(Content::of(Segment::open(fs.open(path, false)?)?.summary()))
}

/// The hour of commit in the name of a segment.
fn hour(path: &str) -> Option<i64> {
    let hour = parent(path).rsplit('/').next()?.strip_prefix(HOUR_PREFIX)?;
    let date = parent(parent(path)).rsplit('/').next()?.strip_prefix(DATE_PREFIX)?;
    parse_rfc3339(format!("{date}T{hour}:00:00Z").as_bytes()).ok()
}

/// What is known of segments that are not there.
fn forget_stale(recovered: &mut Recovered) {
    let is_there = |first: u64| recovered.segments.iter().any(|sealed| sealed.seqs.start == first);
    let keys = recovered.state.keys().filter(|key| key_first_seq(key).is_some_and(|first| !is_there(first)));
    let stale: Vec<_> = keys.map(|key| StateUpdate { key: key.clone(), value: None }).collect();
    recovered.updates.extend(stale);
}
