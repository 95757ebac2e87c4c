//! Which records come first: the newest, or the oldest. Both are one order of ranks, greatest first.

use std::ops::RangeInclusive;

/// The direction of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Newest,
    Oldest,
}

/// A place in the order: of times, then seqs; greater comes first.
pub(crate) type Rank = (i64, u64);

impl Order {
    /// The place of a record.
    pub(crate) fn of(self, time: i64, seq: u64) -> Rank {
        match self {
            Self::Newest => (time, seq),
            Self::Oldest => (!time, !seq),
        }
    }

    /// The best place that a record with a time in the range can have.
    pub(crate) fn best(self, times: RangeInclusive<i64>) -> i64 {
        match self {
            Self::Newest => *times.end(),
            Self::Oldest => !*times.start(),
        }
    }
}
