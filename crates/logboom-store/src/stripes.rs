//! Decoded stripes of segments: few of them at once in the whole process, whoever reads. A reader that does not read
//! on, because its destination is down, loses its stripe when another wants one, and decodes it again later.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::{STRIPE_HOLD_MS_MAX, STRIPE_IDLE_MS_MAX, STRIPES_MAX};
use crate::segment::InOrder;

/// How often one that waits looks whether a slot may be taken from its owner.
const LOOK: Duration = Duration::from_millis(20);

/// See the top of the file.
#[derive(Debug, Default)]
pub struct Stripes {
    inner: Mutex<Inner>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    slots: Vec<Slot>,
    owners: u64,
}

#[derive(Debug)]
struct Slot {
    owner: u64,
    /// What is left of the stripe; `None` while its owner works on it.
    rest: Option<InOrder>,
    used: Instant,
    began: Instant,
}

impl Slot {
    fn new(owner: u64) -> Self {
        let now = Instant::now();
        Self { owner, rest: None, used: now, began: now }
    }

    fn may_be_taken(&self) -> bool {
        let is_idle = self.used.elapsed() >= Duration::from_millis(STRIPE_IDLE_MS_MAX);
        let is_long = self.began.elapsed() >= Duration::from_millis(STRIPE_HOLD_MS_MAX);
        self.rest.is_some() && (is_idle || is_long)
    }
}

impl Stripes {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name for one reader.
    pub fn owner(&self) -> u64 {
        let mut inner = self.inner();
        inner.owners += 1;
        inner.owners
    }

    /// What is left of a reader's stripe, if it still has it. It comes back with [`Stripes::put`], or the slot is
    /// given up with [`Stripes::release`].
    pub fn take(&self, owner: u64) -> Option<InOrder> {
        self.inner().slots.iter_mut().find(|slot| slot.owner == owner)?.rest.take()
    }

    /// Gets a slot for a reader that has none, which may take some time; it may decode one stripe then.
    pub fn reserve(&self, owner: u64) {
        let mut inner = self.inner();
        loop {
            if let Some(slot) = inner.slots.iter_mut().find(|slot| slot.owner == owner) {
                *slot = Slot::new(owner);
                return;
            }
            if inner.slots.len() < STRIPES_MAX {
                inner.slots.push(Slot::new(owner));
                return;
            }
            let idle = inner.slots.iter_mut().filter(|slot| slot.may_be_taken());
            if let Some(slot) = idle.min_by_key(|slot| slot.used) {
                *slot = Slot::new(owner);
                return;
            }
            inner = self.freed.wait_timeout(inner, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Leaves what is left until the next time.
    pub fn put(&self, owner: u64, rest: InOrder) {
        if let Some(slot) = self.inner().slots.iter_mut().find(|slot| slot.owner == owner) {
            slot.rest = Some(rest);
            slot.used = Instant::now();
        }
    }

    /// The reader needs no slot any more.
    pub fn release(&self, owner: u64) {
        self.inner().slots.retain(|slot| slot.owner != owner);
        self.freed.notify_one();
    }
}
