//! Time, behind a trait so that tests never sleep.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::limits::NANOS_PER_SECOND;

/// Two clocks: what people call the time, and what never jumps.
pub trait Clock: Send + Sync {
    /// Wall clock, nanoseconds since the Unix epoch.
    fn wall(&self) -> i64;

    /// A clock that only goes on, suspended hosts included, in nanoseconds from an arbitrary start.
    fn steady(&self) -> i64;
}

/// The clocks of the host.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn wall(&self) -> i64 {
        nanos(clock_gettime(ClockId::Realtime))
    }

    fn steady(&self) -> i64 {
        nanos(clock_gettime(ClockId::Boottime))
    }
}

fn nanos(time: Timespec) -> i64 {
    time.tv_sec.saturating_mul(NANOS_PER_SECOND).saturating_add(time.tv_nsec)
}

/// A clock that a test moves.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<(i64, i64)>,
}

impl ManualClock {
    /// A clock that stands at a wall time.
    pub fn at(wall: i64) -> Self {
        Self { now: Mutex::new((wall, 0)) }
    }

    /// Time passes on both clocks.
    pub fn advance(&self, time: Duration) {
        let nanos = time.as_nanos() as i64;
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = (now.0 + nanos, now.1 + nanos);
    }

    /// Somebody sets the wall clock, forward or back.
    pub fn jump(&self, nanos: i64) {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).0 += nanos;
    }
}

impl Clock for ManualClock {
    fn wall(&self) -> i64 {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn steady(&self) -> i64 {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}
