//! The first hits of a search in its order, within its limits of records and bytes, handed out as they become final.

use std::collections::BTreeMap;
use std::sync::Arc;

use logboom_model::{Flags, Record, Resource, Severity, Stream};

use crate::engine::order::{Order, Rank};

/// A record of its own, apart from the batch it was found in. The fields are those of [`Record`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRecord {
    /// Number in the local log.
    pub seq: u64,
    /// Event time, nanoseconds since the Unix epoch.
    pub time: i64,
    /// When logboom read it, nanoseconds since the Unix epoch.
    pub observed: i64,
    /// OpenTelemetry severity.
    pub severity: Severity,
    /// Standard stream.
    pub stream: Stream,
    /// Marks.
    pub flags: Flags,
    /// The line, byte for byte.
    pub body: Box<[u8]>,
    /// A JSON object, or empty.
    pub attributes: Box<[u8]>,
    /// What produced it.
    pub resource: Arc<Resource>,
}

impl OwnedRecord {
    /// A copy of a record; `resource` is the record's own, shared.
    pub fn new(record: &Record<'_>, resource: &Arc<Resource>) -> Self {
        Self {
            seq: record.seq,
            time: record.time,
            observed: record.observed,
            severity: record.severity,
            stream: record.stream,
            flags: record.flags,
            body: record.body.into(),
            attributes: record.attributes.into(),
            resource: resource.clone(),
        }
    }

    /// The record as everything else takes it.
    pub fn as_record(&self) -> Record<'_> {
        Record {
            seq: self.seq,
            time: self.time,
            observed: self.observed,
            severity: self.severity,
            stream: self.stream,
            flags: self.flags,
            body: &self.body,
            attributes: &self.attributes,
            resource: &self.resource,
        }
    }

    fn bytes(&self) -> usize {
        self.body.len() + self.attributes.len()
    }
}

/// The first hits so far. What it holds is always the first without a hole: once a hit was given up, nothing behind
/// it is taken.
#[derive(Debug)]
pub(crate) struct Kept {
    order: Order,
    limit: usize,
    bytes_max: usize,
    /// Hits handed out; they count, since nothing comes before them.
    taken: usize,
    /// Bytes of all hits, those handed out included.
    bytes: usize,
    hits: BTreeMap<Rank, OwnedRecord>,
    /// The first hit that was given up.
    given_up: Option<Rank>,
}

impl Kept {
    /// Keeps nothing yet.
    pub(crate) fn new(order: Order, limit: usize, bytes_max: usize) -> Self {
        Self { order, limit, bytes_max, taken: 0, bytes: 0, hits: BTreeMap::new(), given_up: None }
    }

    /// Whether a hit of this place would be taken.
    pub(crate) fn wants(&self, rank: Rank) -> bool {
        let too_late = self.len() >= self.limit && self.last().is_none_or(|last| rank < last);
        !too_late && self.given_up.is_none_or(|given_up| rank > given_up)
    }

    /// Takes a hit if it comes early enough, and gives up the last beyond the limits.
    pub(crate) fn offer(&mut self, hit: OwnedRecord) {
        let rank = self.order.of(hit.time, hit.seq);
        if !self.wants(rank) {
            return self.give_up(rank);
        }
        self.bytes += hit.bytes();
        self.hits.insert(rank, hit);
        while self.len() > self.limit || (self.bytes > self.bytes_max && self.len() > 1) {
            let Some((rank, last)) = self.hits.pop_first() else { break };
            self.bytes -= last.bytes();
            self.give_up(rank);
        }
    }

    /// A hit that is not even offered, since others come before it.
    pub(crate) fn give_up(&mut self, rank: Rank) {
        self.given_up = self.given_up.max(Some(rank));
    }

    /// Places of times behind which nothing is of use, not even to know whether there is more.
    pub(crate) fn floor(&self) -> i64 {
        match self.given_up {
            None => i64::MIN,
            Some((given_up, _)) if self.len() < self.limit => given_up,
            Some((given_up, _)) => self.last().map_or(i64::MAX, |(last, _)| last.max(given_up)),
        }
    }

    fn last(&self) -> Option<Rank> {
        self.hits.first_key_value().map(|(rank, _)| *rank)
    }

    /// How many hits there are so far.
    pub(crate) fn len(&self) -> usize {
        self.taken + self.hits.len()
    }

    /// Hands out the hits before a place of time: nothing else will come before them. In order.
    pub(crate) fn take_before(&mut self, rank: i64) -> Vec<OwnedRecord> {
        let Some(first) = rank.checked_add(1) else { return Vec::new() };
        let ready = self.hits.split_off(&(first, 0));
        self.hand_out(ready)
    }

    /// Hands out what is left, in order.
    pub(crate) fn take_rest(&mut self) -> Vec<OwnedRecord> {
        let rest = std::mem::take(&mut self.hits);
        self.hand_out(rest)
    }

    fn hand_out(&mut self, hits: BTreeMap<Rank, OwnedRecord>) -> Vec<OwnedRecord> {
        self.taken += hits.len();
        hits.into_values().rev().collect()
    }

    /// Whether there were more hits than it could keep.
    pub(crate) fn more(&self) -> bool {
        self.given_up.is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hit(time: i64, seq: u64, length: usize) -> OwnedRecord {
        OwnedRecord {
            seq,
            time,
            observed: 0,
            severity: Severity::UNSET,
            stream: Stream::None,
            flags: Flags::empty(),
            body: vec![b'x'; length].into(),
            attributes: Box::default(),
            resource: Arc::new(Resource::builder().build()),
        }
    }

    fn keep(order: Order, limit: usize, bytes_max: usize, hits: &[(i64, usize)]) -> (Vec<(i64, u64)>, bool) {
        let mut kept = Kept::new(order, limit, bytes_max);
        for (seq, &(time, length)) in hits.iter().enumerate() {
            if order.of(time, 0).0 >= kept.floor() {
                kept.offer(hit(time, seq as u64, length));
            }
        }
        let records = kept.take_rest();
        (records.iter().map(|record| (record.time, record.seq)).collect(), kept.more())
    }

    #[test]
    fn equal_times_are_told_apart_by_seq() {
        let newest = |limit, hits: &[(i64, usize)]| keep(Order::Newest, limit, 100, hits);
        assert_eq!(newest(2, &[(5, 1), (5, 1), (5, 1)]), (vec![(5, 2), (5, 1)], true));
        assert_eq!(newest(3, &[(5, 1), (4, 1), (6, 1)]), (vec![(6, 2), (5, 0), (4, 1)], false));
        let oldest = keep(Order::Oldest, 2, 100, &[(5, 1), (4, 1), (4, 1), (i64::MIN, 1)]);
        assert_eq!(oldest, (vec![(i64::MIN, 3), (4, 1)], true));
    }

    #[test]
    fn no_hole_where_a_large_hit_was_given_up() {
        let keep = |limit, bytes_max, hits: &[(i64, usize)]| keep(Order::Newest, limit, bytes_max, hits);
        assert_eq!(keep(9, 10, &[(9, 6), (8, 6), (7, 1)]), (vec![(9, 0)], true));
        assert_eq!(keep(9, 10, &[(7, 1), (8, 6), (9, 6)]), (vec![(9, 2)], true));
        assert_eq!(keep(9, 10, &[(9, 60), (8, 1)]), (vec![(9, 0)], true));
        assert_eq!(keep(0, 10, &[(9, 1)]), (vec![], true));
        assert_eq!(keep(0, 10, &[]), (vec![], false));
    }

    #[test]
    fn what_was_handed_out_still_counts() {
        let mut kept = Kept::new(Order::Newest, 2, usize::MAX);
        kept.offer(hit(9, 1, 0));
        kept.offer(hit(7, 2, 0));
        assert_eq!(kept.take_before(7).iter().map(|hit| hit.time).collect::<Vec<_>>(), [9]);
        kept.offer(hit(8, 3, 0));
        assert_eq!((kept.more(), kept.len(), kept.floor()), (true, 2, 8));
        assert_eq!(kept.take_before(6).iter().map(|hit| hit.time).collect::<Vec<_>>(), [8]);
        assert_eq!((kept.floor(), kept.wants((8, 4))), (i64::MAX, false));
        assert!(kept.take_before(i64::MAX).is_empty());
    }

    proptest! {
        #[test]
        fn the_first_in_whatever_order_they_come(
            times in proptest::collection::vec(0_i64..20, 0..40),
            limit in 0_usize..10,
            order in prop::sample::select(&[Order::Newest, Order::Oldest][..]),
        ) {
            let hits: Vec<_> = times.iter().map(|&time| (time, 1)).collect();
            let mut expected: Vec<_> = times.iter().enumerate().map(|(seq, &time)| (time, seq as u64)).collect();
            expected.sort_unstable();
            if order == Order::Newest {
                expected.reverse();
            }
            let more = expected.len() > limit;
            expected.truncate(limit);
            prop_assert_eq!(keep(order, limit, 1000, &hits), (expected, more));
        }
    }
}
