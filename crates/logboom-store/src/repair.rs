//! What a crash left is put right, by the one that holds the lock: the torn tail of the last file is cut, what remains
//! of it made durable before anyone sees it, and leftovers are removed.

use std::io;

use crate::fs::{Fs, read_full};
use crate::log::JournalFile;
use crate::names::{JOURNAL_DIR, NEW_FILE_NAME};
use crate::recover::{RecoverError, Recovered, Tail};

/// Puts right what a crash left. Only for the one that holds the lock.
pub fn repair(fs: &dyn Fs, recovered: &mut Recovered) -> Result<(), RecoverError> {
    if let Some(tail) = recovered.tail.take() {
        repair_tail(fs, &tail)?;
    }
    let mut leftovers = std::mem::take(&mut recovered.leftovers);
    if fs.list(JOURNAL_DIR).is_ok_and(|names| names.iter().any(|name| name == NEW_FILE_NAME)) {
        leftovers.push(format!("{JOURNAL_DIR}/{NEW_FILE_NAME}"));
    }
    for name in &leftovers {
        fs.unlink(name).map_err(RecoverError::io("remove", name))?;
    }
    fs.sync_dir(JOURNAL_DIR).map_err(RecoverError::io("sync", JOURNAL_DIR))?;
    for file in &mut recovered.files {
        release(fs, file);
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
