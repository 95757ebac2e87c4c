//! Wakes the reader out of `poll`: an eventfd, written by whoever has something for it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{EventfdFlags, eventfd};

/// A wake-up that stays until it is taken.
#[derive(Debug)]
pub struct Wake(OwnedFd);

impl Wake {
    /// A wake that nobody has rung.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
    }

    /// Rings. Ringing twice is ringing once.
    pub fn wake(&self) {
        // Fails only when the counter is full, and then it has been rung.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Takes the ring.
    pub fn clear(&self) {
        let _ = rustix::io::read(&self.0, &mut [0; 8]);
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
