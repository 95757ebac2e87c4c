//! inotify, and what to do without it: when its instances or watches are exhausted, the folders concerned are polled
//! and the status says so.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;

/// Bytes of the buffer events are read into; an event has at most 272.
const BUFFER_BYTES: usize = 64 << 10;

/// Events taken at once, so that a storm of them cannot keep the reader from reading.
const EVENTS_AT_ONCE_MAX: usize = 20_000;

/// How a look at inotify's queue ended.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drained {
    /// Events were lost.
    pub overflow: bool,
    /// The queue was empty at the end.
    pub complete: bool,
}

/// Watches folders.
pub struct Watcher {
    inotify: Option<OwnedFd>,
    buffer: Vec<MaybeUninit<u8>>,
    trouble: Option<String>,
    enabled: bool,
}

impl Watcher {
    /// A watcher; without an inotify instance it watches nothing and says so.
    pub fn new(enabled: bool) -> Self {
        let mut watcher =
            Self { inotify: None, buffer: vec![MaybeUninit::uninit(); BUFFER_BYTES], trouble: None, enabled };
        watcher.reopen();
        watcher
    }

    /// Tries again to get an inotify instance; says whether there is a new one, without any watch.
    pub fn reopen(&mut self) -> bool {
        if self.inotify.is_some() {
            return false;
        }
        if !self.enabled {
            self.trouble = Some("files are polled: inotify is switched off".to_owned());
            return false;
        }
        match inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK) {
            Ok(inotify) => self.inotify = Some(inotify),
            Err(error) => self.note(error, "fs.inotify.max_user_instances or the limit of open files"),
        }
        self.inotify.is_some()
    }

    fn note(&mut self, error: Errno, limit: &str) {
        self.trouble = Some(format!("inotify is exhausted ({error}), files are polled; raise {limit}"));
    }

    /// The descriptor to poll.
    pub fn descriptor(&self) -> Option<&OwnedFd> {
        self.inotify.as_ref()
    }

    /// Why something is polled, in words; cleared by asking.
    pub fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    /// Watches the folder of all containers.
    pub fn add_root(&mut self, path: &Path) -> Option<i32> {
        self.add(
            path,
            WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::DELETE | WatchFlags::MOVED_FROM,
        )
    }

    /// Watches the folder of one container.
    pub fn add_container(&mut self, path: &Path) -> Option<i32> {
        self.add(path, WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::MODIFY)
    }

    fn add(&mut self, path: &Path, flags: WatchFlags) -> Option<i32> {
        let inotify = self.inotify.as_ref()?;
        match inotify::add_watch(inotify, path, flags | WatchFlags::DELETE_SELF | WatchFlags::ONLYDIR) {
            Ok(watch) => Some(watch),
            Err(error @ (Errno::NOSPC | Errno::NOMEM)) => {
                self.note(error, "fs.inotify.max_user_watches");
                None
            }
            // The folder is gone again, or may not be read; the scan finds out.
            Err(_) => None,
        }
    }

    /// Stops watching a folder.
    pub fn remove(&mut self, watch: i32) {
        if let Some(inotify) = &self.inotify {
            // The kernel has removed it already when the folder is gone.
            let _ = inotify::remove_watch(inotify, watch);
        }
    }

    /// Hands over what happened, in order: watch, flags, name.
    pub fn drain(&mut self, mut event: impl FnMut(i32, ReadFlags, &[u8])) -> Drained {
        let mut drained = Drained::default();
        let Some(inotify) = &self.inotify else { return drained };
        let mut reader = inotify::Reader::new(inotify, &mut self.buffer);
        let mut count = 0;
        // Events in the buffer have left the kernel: they are all taken, whatever the limit says.
        while count < EVENTS_AT_ONCE_MAX || !reader.is_buffer_empty() {
            count += 1;
            match reader.next() {
                Ok(one) if one.events().contains(ReadFlags::QUEUE_OVERFLOW) => drained.overflow = true,
                Ok(one) => event(one.wd(), one.events(), one.file_name().map_or(b"", |name| name.to_bytes())),
                Err(Errno::INTR) => {}
                Err(_) => {
                    drained.complete = true;
                    break;
                }
            }
        }
        drained
    }
}
