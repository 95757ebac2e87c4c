//! Notices that the wall clock has jumped ahead, so that a wrong clock does not evict a month of logs by age.

use crate::clock::Clock;
use crate::limits::{CLOCK_JUMP_NANOS, CLOCK_SLEW_NANOS, NANOS_PER_SECOND};

/// Compares the wall clock with the steady one since the store was opened.
#[derive(Debug)]
pub struct ClockGuard {
    /// Wall minus steady, as it should be.
    offset: i64,
}

impl ClockGuard {
    /// Trusts the clock as it is now.
    pub fn new(clock: &dyn Clock) -> Self {
        Self { offset: clock.wall().saturating_sub(clock.steady()) }
    }

    /// By how much the wall clock is ahead, in words, when that is a jump: eviction by age then waits until the
    /// clock is right again.
    pub fn jumped(&mut self, clock: &dyn Clock) -> Option<String> {
        let ahead = clock.wall().saturating_sub(clock.steady()).saturating_sub(self.offset);
        if ahead.abs() <= CLOCK_SLEW_NANOS {
            self.offset += ahead;
        }
        (ahead > CLOCK_JUMP_NANOS).then(|| {
            let seconds = ahead / NANOS_PER_SECOND;
            format!("the clock has jumped ahead by {seconds} s: nothing is evicted by age until it is back")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn only_a_jump_ahead_counts_and_only_while_it_lasts() {
        let clock = ManualClock::at(1_000);
        let mut guard = ClockGuard::new(&clock);
        clock.advance(Duration::from_secs(100 * 86_400));
        assert_eq!(guard.jumped(&clock), None, "time that passes is no jump");
        clock.jump(-2 * CLOCK_JUMP_NANOS);
        assert_eq!(guard.jumped(&clock), None, "clock set back an hour, and another");
        clock.jump(2 * CLOCK_JUMP_NANOS);
        assert_eq!(guard.jumped(&clock), None, "and put right");
        clock.jump(2 * CLOCK_JUMP_NANOS);
        assert!(guard.jumped(&clock).is_some());
        clock.jump(-2 * CLOCK_JUMP_NANOS);
        assert_eq!(guard.jumped(&clock), None);
    }
}
