//! The newest hits of a search, within its limits of records and bytes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use logboom_model::{Flags, Record, Resource, Severity, Stream};

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

    fn key(&self) -> Key {
        (self.time, self.seq)
    }

    fn bytes(&self) -> usize {
        self.body.len() + self.attributes.len()
    }
}

/// The order of results.
type Key = (i64, u64);

/// A hit in the heap, compared by its place in the order alone.
struct Hit(OwnedRecord);

impl Ord for Hit {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.key().cmp(&other.0.key())
    }
}

impl PartialOrd for Hit {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Hit {
    fn eq(&self, other: &Self) -> bool {
        self.0.key() == other.0.key()
    }
}

impl Eq for Hit {}

/// The newest hits so far. What it holds is always the newest without a hole: once a hit was given up, nothing
/// older is taken.
pub(crate) struct Kept {
    limit: usize,
    bytes_max: usize,
    bytes: usize,
    hits: BinaryHeap<Reverse<Hit>>,
    /// The newest hit that was given up.
    given_up: Option<Key>,
}

impl Kept {
    pub(crate) fn new(limit: usize, bytes_max: usize) -> Self {
        Self { limit, bytes_max, bytes: 0, hits: BinaryHeap::new(), given_up: None }
    }

    /// Takes a hit if it is new enough, and gives up the oldest beyond the limits.
    pub(crate) fn offer(&mut self, record: &Record<'_>, resource: &Arc<Resource>) {
        let key = (record.time, record.seq);
        let full = self.hits.len() >= self.limit;
        let too_old = full && self.oldest().is_none_or(|oldest| key < oldest);
        if too_old || self.given_up.is_some_and(|given_up| key <= given_up) {
            self.given_up = self.given_up.max(Some(key));
            return;
        }
        let hit = OwnedRecord::new(record, resource);
        self.bytes += hit.bytes();
        self.hits.push(Reverse(Hit(hit)));
        while self.hits.len() > self.limit || (self.bytes > self.bytes_max && self.hits.len() > 1) {
            let Some(Reverse(Hit(oldest))) = self.hits.pop() else { break };
            self.bytes -= oldest.bytes();
            self.given_up = self.given_up.max(Some(oldest.key()));
        }
    }

    /// Records older than this are of no use, not even to know whether there are more.
    pub(crate) fn useful_from(&self) -> i64 {
        match self.given_up {
            None => i64::MIN,
            Some((given_up, _)) if self.hits.len() < self.limit => given_up,
            Some((given_up, _)) => self.oldest().map_or(i64::MAX, |(oldest, _)| oldest.max(given_up)),
        }
    }

    fn oldest(&self) -> Option<Key> {
        self.hits.peek().map(|Reverse(Hit(record))| record.key())
    }

    pub(crate) fn len(&self) -> usize {
        self.hits.len()
    }

    /// The hits, oldest first, and whether there were more.
    pub(crate) fn finish(self) -> (Vec<OwnedRecord>, bool) {
        // Ascending order of `Reverse` is newest first.
        let sorted = self.hits.into_sorted_vec();
        let records = sorted.into_iter().rev().map(|Reverse(Hit(record))| record).collect();
        (records, self.given_up.is_some())
    }
}

#[cfg(test)]
mod tests {
    use logboom_model::{Batch, Row};
    use proptest::prelude::*;

    use super::*;

    fn keep(limit: usize, bytes_max: usize, hits: &[(i64, usize)]) -> (Vec<Key>, bool) {
        let resource = Arc::new(Resource::builder().build());
        let mut batch = Batch::new(resource.clone());
        for &(time, length) in hits {
            let row = Row {
                time,
                observed: 0,
                severity: Severity::UNSET,
                stream: Stream::None,
                flags: Flags::empty(),
            };
            batch.push(row, &vec![b'x'; length]);
        }
        let mut kept = Kept::new(limit, bytes_max);
        for record in batch.records() {
            if record.time >= kept.useful_from() {
                kept.offer(&record, &resource);
            }
        }
        let (records, more) = kept.finish();
        (records.iter().map(OwnedRecord::key).collect(), more)
    }

    #[test]
    fn equal_times_are_told_apart_by_seq() {
        assert_eq!(keep(2, 100, &[(5, 1), (5, 1), (5, 1)]), (vec![(5, 1), (5, 2)], true));
        assert_eq!(keep(3, 100, &[(5, 1), (4, 1), (6, 1)]), (vec![(4, 1), (5, 0), (6, 2)], false));
    }

    #[test]
    fn no_hole_where_a_large_hit_was_given_up() {
        assert_eq!(keep(9, 10, &[(9, 6), (8, 6), (7, 1)]), (vec![(9, 0)], true));
        assert_eq!(keep(9, 10, &[(9, 60), (8, 1)]), (vec![(9, 0)], true));
        assert_eq!(keep(0, 10, &[(9, 1)]), (vec![], true));
        assert_eq!(keep(0, 10, &[]), (vec![], false));
    }

    proptest! {
        #[test]
        fn the_newest_in_whatever_order_they_come(times in proptest::collection::vec(0_i64..20, 0..40), limit in 0_usize..10) {
            let hits: Vec<_> = times.iter().map(|&time| (time, 1)).collect();
            let mut expected: Vec<Key> = times.iter().enumerate().map(|(seq, &time)| (time, seq as u64)).collect();
            expected.sort_unstable();
            let more = expected.len() > limit;
            expected.drain(..expected.len().saturating_sub(limit));
            prop_assert_eq!(keep(limit, 1000, &hits), (expected, more));
        }
    }
}
