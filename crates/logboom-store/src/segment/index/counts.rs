//! Rows of a block by resource, minute and severity: gathered in one pass, kept as deltas.

use std::collections::BTreeMap;

use super::super::Count;
use crate::format::wire::{Input, put_signed, put_varint};
use crate::limits::{BLOCK_COUNTS_MAX, NANOS_PER_MINUTE};

/// Severity numbers are below this.
const SEVERITIES: usize = 25;

/// Counts the rows of one block.
#[derive(Debug, Default)]
pub(in super::super) struct Counter {
    counts: BTreeMap<(u32, i64, u8), u32>,
}

impl Counter {
    /// Adds the rows of one resource, which is the `part`-th of its block. Neighbours mostly share a minute.
    pub fn add(&mut self, part: u32, times: &[i64], severities: &[u8]) {
        let mut open = [0; SEVERITIES];
        let mut minute = None;
        let mut span = 0..0;
        for (&time, &severity) in times.iter().zip(severities) {
            if !span.contains(&time) {
                self.flush(part, minute, &mut open);
                let now = time.div_euclid(NANOS_PER_MINUTE);
                span = now.saturating_mul(NANOS_PER_MINUTE)..(now + 1).saturating_mul(NANOS_PER_MINUTE);
                minute = Some(now);
            }
            if let Some(count) = open.get_mut(usize::from(severity)) {
                *count += 1;
            }
        }
        self.flush(part, minute, &mut open);
    }

    fn flush(&mut self, part: u32, minute: Option<i64>, open: &mut [u32; SEVERITIES]) {
        let Some(minute) = minute else { return };
        for (severity, count) in open.iter_mut().enumerate().filter(|(_, count)| **count > 0) {
            // One beyond the limit tells that there were more.
            if self.counts.len() <= BLOCK_COUNTS_MAX {
                *self.counts.entry((part, minute, severity as u8)).or_default() += *count;
            }
            *count = 0;
        }
    }

    /// Appends the counts; says whether they were few enough.
    pub fn encode(&self, out: &mut Vec<u8>) -> bool {
        if self.counts.len() > BLOCK_COUNTS_MAX {
            return false;
        }
        let (mut part_before, mut minute_before) = (0, 0);
        for (&(part, minute, severity), &rows) in &self.counts {
            put_varint(out, u64::from(part - part_before));
            put_signed(out, minute - minute_before);
            out.push(severity);
            put_varint(out, u64::from(rows));
            (part_before, minute_before) = (part, minute);
        }
        true
    }
}

/// Reads counts back; `None` when they are not what was written, which a checksum makes all but impossible.
pub(in super::super) fn decode_counts(bytes: &[u8], resources: &[u32]) -> Option<Vec<Count>> {
    let mut input = Input::new(bytes);
    let mut counts = Vec::new();
    let (mut part, mut minute) = (0u64, 0i64);
    while input.remaining() > 0 {
        part = part.checked_add(input.varint().ok()?)?;
        minute = minute.checked_add(input.signed().ok()?)?;
        let resource = *resources.get(usize::try_from(part).ok()?)?;
        let severity = input.byte().ok()?;
        counts.push(Count { resource, minute, severity, rows: input.varint().ok()?.try_into().ok()? });
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_counted_once_in_any_order_of_times() {
        let minute = NANOS_PER_MINUTE;
        let mut counter = Counter::default();
        counter.add(0, &[minute, 0, 5, -1, minute + 1, i64::MIN, i64::MAX], &[9, 9, 9, 0, 17, 1, 2]);
        counter.add(1, &[0, 0], &[24, 24]);
        let mut bytes = Vec::new();
        assert!(counter.encode(&mut bytes));
        let counts = decode_counts(&bytes, &[4, 7]).unwrap();
        let of = |resource, minute, severity, rows| Count { resource, minute, severity, rows };
        let expected = vec![
            of(4, i64::MIN.div_euclid(minute), 1, 1),
            of(4, -1, 0, 1),
            of(4, 0, 9, 2),
            of(4, 1, 9, 1),
            of(4, 1, 17, 1),
            of(4, i64::MAX.div_euclid(minute), 2, 1),
            of(7, 0, 24, 2),
        ];
        assert_eq!(counts, expected);
        assert_eq!(decode_counts(&bytes, &[4]), None);
        assert_eq!(decode_counts(&bytes[..bytes.len() - 1], &[4, 7]), None);
    }

    #[test]
    fn too_many_are_none() {
        let times: Vec<i64> = (0..=BLOCK_COUNTS_MAX as i64).map(|at| at * NANOS_PER_MINUTE).collect();
        let mut counter = Counter::default();
        counter.add(0, &times, &vec![9; times.len()]);
        assert!(!counter.encode(&mut Vec::new()));
        let mut counter = Counter::default();
        counter.add(0, &times[1..], &vec![9; times.len() - 1]);
        assert!(counter.encode(&mut Vec::new()));
    }
}
