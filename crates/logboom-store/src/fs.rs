//! All access of the store to files, behind one small trait: the real disk, and one in memory that fails and
//! crashes on demand (`sim`). Names are relative to the data directory.

mod real;
mod sim;
mod sim_disk;

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

pub use real::RealFs;
pub use sim::{Fault, FaultKind, SimFs};

/// One data directory.
pub trait Fs: Debug + Send + Sync {
    /// Makes a directory (0700) if it is not there; the one above it must be.
    fn create_dir(&self, name: &str) -> io::Result<()>;

    /// Makes a file (0600) that must not exist, for reading and writing.
    fn create(&self, name: &str) -> io::Result<Arc<dyn FsFile>>;

    /// Opens a file, for reading and writing or for reading only.
    fn open(&self, name: &str, write: bool) -> io::Result<Arc<dyn FsFile>>;

    /// Removes an empty directory.
    fn remove_dir(&self, name: &str) -> io::Result<()>;

    /// Names of the files and directories in a directory, in no order.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;

    /// Renames a file, replacing what has the new name. Across directories both must be synced, the new one first.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a name.
    fn unlink(&self, name: &str) -> io::Result<()>;

    /// Makes creations, renames and removals in a directory durable; not that it exists itself.
    fn sync_dir(&self, dir: &str) -> io::Result<()>;

    /// Bytes of the disk that this user may still fill.
    fn disk_free(&self) -> io::Result<u64>;

    /// Takes the exclusive lock on a file, made when absent, and writes this process's id into it.
    fn lock(&self, name: &str) -> io::Result<LockOutcome>;

    /// Whether somebody holds the exclusive lock; changes nothing on disk.
    fn is_locked(&self, name: &str) -> io::Result<bool>;
}

/// One open file. Reads and writes may be short.
pub trait FsFile: Debug + Send + Sync {
    /// Reads at an offset; 0 at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes at an offset; says how much was written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Makes what was written durable.
    fn sync_data(&self) -> io::Result<()>;

    /// Reserves disk space for the first `length` bytes without changing the file's length. A file system that
    /// cannot is no error.
    fn allocate(&self, length: u64) -> io::Result<()>;

    /// Sets the length, and gives back space reserved beyond it.
    fn truncate(&self, length: u64) -> io::Result<()>;

    /// Length in bytes.
    fn length(&self) -> io::Result<u64>;

    /// Bytes it takes on disk.
    fn allocated(&self) -> io::Result<u64>;
}

/// What came of asking for the lock.
#[derive(Debug)]
pub enum LockOutcome {
    /// It is ours until this is dropped.
    Taken(Box<dyn Debug + Send + Sync>),
    /// Another process has it; 0 when it does not say which.
    Held(u32),
}

/// Reads until the buffer is full or the file ends; says how much was read.
pub fn read_full(file: &dyn FsFile, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read_at(&mut buffer[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}
