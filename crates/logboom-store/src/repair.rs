//! What a crash left is put right, by the one that holds the lock: the torn tail of the last file is cut, what remains
//! of it made durable before anyone sees it, and leftovers are removed.

use std::io;
use std::sync::Arc;

use crate::fs::{Fs, read_full};
use crate::log::JournalFile;
use crate::names::{JOURNAL_DIR, NEW_FILE_NAME, REWRITE_NAME, SEGMENTS_DIR, TEMPORARY_DIR};
use crate::recover::{RecoverError, Recovered, Tail};
use crate::sealed::{Sealed, parent};

/// Puts right what a crash left. Only for the one that holds the lock.
pub fn repair(fs: &dyn Fs, recovered: &mut Recovered) -> Result<(), RecoverError> {
    if let Some(tail) = recovered.tail.take() {
        repair_tail(fs, &tail)?;
    }
    if let Some(path) = recovered.unfinished.take() {
        finish_rewrite(fs, recovered, path)?;
    }
    let mut leftovers = std::mem::take(&mut recovered.leftovers);
    for (dir, is_ours) in [(JOURNAL_DIR, Some(NEW_FILE_NAME)), (TEMPORARY_DIR, None)] {
        let names = fs.list(dir).map_err(RecoverError::io("list", dir))?;
        let left = names.into_iter().filter(|name| is_ours.is_none_or(|ours| name == ours));
        leftovers.extend(left.map(|name| format!("{dir}/{name}")));
    }
    for name in &leftovers {
        match fs.unlink(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(RecoverError::io("remove", name)(error));
            }
            _ => {}
        }
    }
    let mut dirs: Vec<&str> = leftovers.iter().map(|name| parent(name)).chain([JOURNAL_DIR]).collect();
    dirs.sort_unstable();
    dirs.dedup();
    for dir in dirs {
        fs.sync_dir(dir).map_err(RecoverError::io("sync", dir))?;
    }
    // The hours come before their dates; what is not empty stays.
    for dir in std::mem::take(&mut recovered.dirs) {
        let _ = fs.remove_dir(&dir);
    }
    for file in &mut recovered.files {
        release(fs, file);
    }
    Ok(())
}

/// The output of a rewrite takes its place; what it replaces is among the leftovers.
fn finish_rewrite(fs: &dyn Fs, recovered: &mut Recovered, path: String) -> Result<(), RecoverError> {
    let hour = parent(&path);
    let date = parent(hour);
    for (dir, above) in [(SEGMENTS_DIR, ""), (date, SEGMENTS_DIR), (hour, date)] {
        fs.create_dir(dir).map_err(RecoverError::io("make", dir))?;
        fs.sync_dir(above).map_err(RecoverError::io("sync", above))?;
    }
    fs.rename(REWRITE_NAME, &path).map_err(RecoverError::io("rename", REWRITE_NAME))?;
    for dir in [hour, TEMPORARY_DIR] {
        fs.sync_dir(dir).map_err(RecoverError::io("sync", dir))?;
    }
    if let Some(sealed) = recovered.segments.iter_mut().find(|sealed| sealed.path == REWRITE_NAME) {
        *sealed = Arc::new(Sealed::new(sealed.seqs.clone(), path, sealed.disk_bytes, sealed.content.clone()));
    }
    Ok(())
}

/// Cuts what is torn, and makes the rest durable before anyone sees it. The last entry is written once more: when
/// its sync had failed in an earlier life, the kernel holds its pages for clean and would not write them again.
fn repair_tail(fs: &dyn Fs, tail: &Tail) -> Result<(), RecoverError> {
    let (from, end) = tail.last_entry;
    let file = fs.open(&tail.name, true).map_err(RecoverError::io("open", &tail.name))?;
    if end < tail.length {
        tracing::warn!(file = tail.name, bytes = tail.length - end, "the torn tail of the journal is cut");
        file.truncate(end).map_err(RecoverError::io("cut", &tail.name))?;
    }
    let mut bytes = vec![0; (end - from) as usize];
    let read = read_full(&*file, &mut bytes, from).map_err(RecoverError::io("read", &tail.name))?;
    let mut done = 0;
    while done < read {
        match file
            .write_at(&bytes[done..read], from + done as u64)
            .map_err(RecoverError::io("write", &tail.name))?
        {
            0 => return Err(RecoverError::io("write", &tail.name)(io::ErrorKind::WriteZero.into())),
            count => done += count,
        }
    }
    file.sync_data().map_err(RecoverError::io("sync", &tail.name))
}

/// Gives back what an earlier life had preallocated.
fn release(fs: &dyn Fs, journal: &mut JournalFile) {
    let Ok(file) = fs.open(&journal.path(), true) else { return };
    let Ok(length) = file.length() else { return };
    if journal.allocated > length.next_multiple_of(crate::limits::ALLOCATE_BYTES_MIN) {
        let _ = file.truncate(length);
    }
    journal.allocated = file.allocated().unwrap_or(journal.allocated);
}
