//! A disk in memory for tests: it fails and shortens operations on demand, stops at any operation, and loses power.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use super::sim_disk::{Disk, Random, parent};
use super::{Fs, FsFile, LockOutcome};

/// Which operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// [`FsFile::read_at`].
    Read,
    /// [`FsFile::write_at`].
    Write,
    /// [`FsFile::sync_data`].
    Sync,
    /// [`FsFile::allocate`].
    Allocate,
    /// [`Fs::create`].
    Create,
    /// [`Fs::create_dir`] of a directory that is not there, and [`Fs::remove_dir`].
    CreateDir,
    /// [`Fs::rename`].
    Rename,
    /// [`Fs::sync_dir`].
    SyncDir,
}

/// One failure to come.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Which operation.
    pub kind: FaultKind,
    /// How many of them succeed before.
    pub after: usize,
    /// How many then fail.
    pub times: usize,
    /// The error; `None` makes a write short instead.
    pub errno: Option<Errno>,
}

/// See the top of the file. Clones share one disk.
#[derive(Debug, Clone, Default)]
pub struct SimFs {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    disk: Disk,
    random: Random,
    faults: Vec<Fault>,
    capacity: u64,
    locked: BTreeSet<String>,
    /// Handles of an earlier life are dead.
    life: u64,
    operations: u64,
    stop_after: Option<u64>,
    used_max: u64,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            disk: Disk::default(),
            random: Random(1),
            faults: Vec::new(),
            capacity: 1 << 40,
            locked: BTreeSet::new(),
            life: 0,
            operations: 0,
            stop_after: None,
            used_max: 0,
        }
    }
}

impl Inner {
    /// Counts an operation; says how it fails, if it does (`Some(None)` = short).
    fn enter(&mut self, kind: FaultKind, life: u64) -> io::Result<Option<Fault>> {
        if life != self.life {
            return Err(Errno::IO.into());
        }
        if kind != FaultKind::Read {
            if self.stop_after.is_some_and(|limit| self.operations >= limit) {
                return Err(Errno::IO.into());
            }
            self.operations += 1;
        }
        let Some(index) = self.faults.iter().position(|fault| fault.kind == kind) else { return Ok(None) };
        let fault = &mut self.faults[index];
        if fault.after > 0 {
            fault.after -= 1;
            return Ok(None);
        }
        fault.times -= 1;
        let taken = *fault;
        if taken.times == 0 {
            self.faults.remove(index);
        }
        Ok(Some(taken))
    }

    fn check(&mut self, kind: FaultKind, life: u64) -> io::Result<()> {
        match self.enter(kind, life)? {
            Some(fault) => Err(fault.errno.unwrap_or(Errno::IO).into()),
            None => Ok(()),
        }
    }

    fn free(&self) -> u64 {
        self.capacity.saturating_sub(self.disk.used())
    }

    fn note_use(&mut self) {
        self.used_max = self.used_max.max(self.disk.used());
    }
}

impl SimFs {
    /// An empty disk.
    pub fn new(seed: u64) -> Self {
        let fs = Self::default();
        fs.inner().random = Random(seed);
        fs
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something will fail.
    pub fn inject(&self, fault: Fault) {
        self.inner().faults.push(fault);
    }

    /// Nothing will fail any more.
    pub fn heal(&self) {
        let mut inner = self.inner();
        inner.faults.clear();
        inner.stop_after = None;
    }

    /// Size of the disk.
    pub fn set_capacity(&self, bytes: u64) {
        self.inner().capacity = bytes;
    }

    /// Writes, syncs and changes of names so far.
    pub fn operations(&self) -> u64 {
        self.inner().operations
    }

    /// Every such operation beyond this many fails, as if the process had been stopped there.
    pub fn stop_after(&self, operations: u64) {
        self.inner().stop_after = Some(operations);
    }

    /// The process dies; what it wrote stays.
    pub fn kill(&self) {
        let mut inner = self.inner();
        inner.life += 1;
        inner.locked.clear();
        inner.faults.clear();
        inner.stop_after = None;
    }

    /// The power goes: see [`Disk::lose_power`].
    pub fn crash(&self, seed: u64) {
        self.kill();
        let inner = &mut *self.inner();
        inner.random = Random(seed);
        inner.disk.lose_power(&mut inner.random);
    }

    /// Bytes on the disk now.
    pub fn used(&self) -> u64 {
        self.inner().disk.used()
    }

    /// Most bytes that ever were on the disk at once.
    pub fn used_max(&self) -> u64 {
        self.inner().used_max
    }

    /// A copy of the disk as it is, with a life of its own.
    pub fn fork(&self) -> Self {
        let inner = self.inner();
        let copy = Inner {
            disk: inner.disk.clone(),
            random: inner.random,
            capacity: inner.capacity,
            ..Inner::default()
        };
        Self { inner: Arc::new(Mutex::new(copy)) }
    }

    /// The bytes of a file.
    pub fn content(&self, name: &str) -> Option<Vec<u8>> {
        let inner = self.inner();
        Some(inner.disk.content(inner.disk.lookup(name)?).to_vec())
    }

    /// Replaces the bytes of a file, durably.
    pub fn set_content(&self, name: &str, content: Vec<u8>) {
        self.inner().disk.set_content(name, content);
    }

    fn handle(&self, inode: u64, life: u64) -> Arc<dyn FsFile> {
        Arc::new(SimFile { fs: self.clone(), inode, life })
    }
}

impl Fs for SimFs {
    fn create_dir(&self, name: &str) -> io::Result<()> {
        let mut inner = self.inner();
        let life = inner.life;
        if inner.disk.is_dir(name) {
            return Ok(());
        }
        inner.check(FaultKind::CreateDir, life)?;
        if inner.disk.create_dir(name) { Ok(()) } else { Err(Errno::NOENT.into()) }
    }

    fn remove_dir(&self, name: &str) -> io::Result<()> {
        let mut inner = self.inner();
        let life = inner.life;
        if !inner.disk.is_dir(name) {
            return Err(Errno::NOENT.into());
        }
        if !inner.disk.list(name).is_empty() {
            return Err(Errno::NOTEMPTY.into());
        }
        inner.check(FaultKind::CreateDir, life)?;
        inner.disk.remove_dir(name);
        Ok(())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn FsFile>> {
        let mut inner = self.inner();
        let life = inner.life;
        inner.check(FaultKind::Create, life)?;
        if inner.disk.lookup(name).is_some() {
            return Err(Errno::EXIST.into());
        }
        if !inner.disk.is_dir(parent(name)) {
            return Err(Errno::NOENT.into());
        }
        let inode = inner.disk.create(name);
        drop(inner);
        Ok(self.handle(inode, life))
    }

    fn open(&self, name: &str, _write: bool) -> io::Result<Arc<dyn FsFile>> {
        let inner = self.inner();
        let (inode, life) = (inner.disk.lookup(name).ok_or(Errno::NOENT)?, inner.life);
        drop(inner);
        Ok(self.handle(inode, life))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let inner = self.inner();
        if inner.disk.is_dir(dir) { Ok(inner.disk.list(dir)) } else { Err(Errno::NOENT.into()) }
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.inner();
        let life = inner.life;
        inner.check(FaultKind::Rename, life)?;
        if inner.disk.is_dir(parent(to)) && inner.disk.rename(from, to) {
            Ok(())
        } else {
            Err(Errno::NOENT.into())
        }
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        let mut inner = self.inner();
        let life = inner.life;
        // Counted, so that a test stops here too; no fault of its own.
        inner.check(FaultKind::Rename, life)?;
        if inner.disk.unlink(name) { Ok(()) } else { Err(Errno::NOENT.into()) }
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        let mut inner = self.inner();
        let life = inner.life;
        inner.check(FaultKind::SyncDir, life)?;
        inner.disk.sync_dir(dir);
        Ok(())
    }

    fn disk_free(&self) -> io::Result<u64> {
        Ok(self.inner().free())
    }

    fn lock(&self, name: &str) -> io::Result<LockOutcome> {
        let mut inner = self.inner();
        if !inner.locked.insert(name.to_owned()) {
            return Ok(LockOutcome::Held(std::process::id()));
        }
        let guard = SimLock { fs: self.clone(), name: name.to_owned(), life: inner.life };
        Ok(LockOutcome::Taken(Box::new(guard)))
    }

    fn is_locked(&self, name: &str) -> io::Result<bool> {
        Ok(self.inner().locked.contains(name))
    }
}

#[derive(Debug)]
struct SimLock {
    fs: SimFs,
    name: String,
    life: u64,
}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut inner = self.fs.inner();
        if inner.life == self.life {
            inner.locked.remove(&self.name);
        }
    }
}

#[derive(Debug)]
struct SimFile {
    fs: SimFs,
    inode: u64,
    life: u64,
}

impl FsFile for SimFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut inner = self.fs.inner();
        inner.check(FaultKind::Read, self.life)?;
        let content = inner.disk.content(self.inode);
        let rest = content.get(offset as usize..).unwrap_or(&[]);
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let inner = &mut *self.fs.inner();
        let mut count = bytes.len();
        match inner.enter(FaultKind::Write, self.life)? {
            Some(Fault { errno: Some(errno), .. }) => {
                // What an error leaves behind is anybody's guess.
                let part = inner.random.below(count + 1);
                inner.disk.write(self.inode, offset, &bytes[..part]);
                return Err(errno.into());
            }
            Some(Fault { errno: None, .. }) => count = inner.random.below(count),
            None => {}
        }
        let free = inner.free();
        while inner.disk.growth(self.inode, offset + count as u64) > free {
            if count == 0 {
                return Err(Errno::NOSPC.into());
            }
            count = count.saturating_sub(4096);
        }
        inner.disk.write(self.inode, offset, &bytes[..count]);
        inner.note_use();
        Ok(count)
    }

    fn sync_data(&self) -> io::Result<()> {
        let inner = &mut *self.fs.inner();
        match inner.enter(FaultKind::Sync, self.life)? {
            None => inner.disk.sync(self.inode),
            Some(fault) => {
                inner.disk.fail_sync(self.inode, &mut inner.random);
                return Err(fault.errno.unwrap_or(Errno::IO).into());
            }
        }
        Ok(())
    }

    fn allocate(&self, length: u64) -> io::Result<()> {
        let inner = &mut *self.fs.inner();
        inner.check(FaultKind::Allocate, self.life)?;
        if inner.disk.growth(self.inode, length) > inner.free() {
            return Err(Errno::NOSPC.into());
        }
        inner.disk.allocate(self.inode, length);
        inner.note_use();
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let mut inner = self.fs.inner();
        inner.check(FaultKind::Allocate, self.life)?;
        inner.disk.truncate(self.inode, length);
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.fs.inner().disk.content(self.inode).len() as u64)
    }

    fn allocated(&self) -> io::Result<u64> {
        Ok(self.fs.inner().disk.allocated(self.inode))
    }
}

#[cfg(test)]
mod tests;
