//! Quantiles of any number of values: exact for a few, within one per cent for many.
//!
//! Many values are counted in buckets whose borders grow by a constant factor, as in DDSketch (Masson, Rim, Lee, VLDB
//! 2019); the value given is at most [`ERROR`] of itself away from the true one, whatever their distribution. Buckets
//! exist where values are and are never merged, so that one odd value does not spoil the others. The order in which
//! values come, and by which workers, changes nothing.

use std::collections::BTreeMap;

use crate::pipe::room::Room;

/// How far a quantile of many values may be off, as a part of it.
const ERROR: f64 = 0.01;

/// Values that are kept as they are: most groups have few, and theirs are exact.
const EXACT_MAX: usize = 64;

/// Memory of one bucket, its share of the tree included.
const BUCKET_BYTES: usize = 24;

/// The values of one group.
#[derive(Debug, Clone, Default)]
pub(crate) struct Quantiles {
    exact: Vec<f64>,
    /// Counts by bucket, once there are too many values.
    buckets: BTreeMap<i32, u64>,
}

impl Quantiles {
    /// Takes a finite value.
    pub(crate) fn add(&mut self, value: f64, room: &mut Room) {
        if !self.buckets.is_empty() {
            return self.count(bucket(value), 1, room);
        }
        if self.exact.len() == EXACT_MAX || (self.exact.len() == self.exact.capacity() && !room.has_any()) {
            self.spread(room);
            return self.count(bucket(value), 1, room);
        }
        let before = self.exact.capacity();
        self.exact.push(value);
        room.take((self.exact.capacity() - before) * size_of::<f64>());
    }

    /// Adds the values of another.
    pub(crate) fn merge(&mut self, other: Self, room: &mut Room) {
        for value in other.exact {
            self.add(value, room);
        }
        if !other.buckets.is_empty() {
            self.spread(room);
        }
        for (bucket, values) in other.buckets {
            self.count(bucket, values, room);
        }
    }

    /// Moves to buckets.
    fn spread(&mut self, room: &mut Room) {
        for value in std::mem::take(&mut self.exact) {
            self.count(bucket(value), 1, room);
        }
    }

    /// Counts in a bucket, or in the nearest one there is when there is no room for another.
    fn count(&mut self, bucket: i32, values: u64, room: &mut Room) {
        if let Some(count) = self.buckets.get_mut(&bucket) {
            *count += values;
            return;
        }
        let mut at = bucket;
        if !self.buckets.is_empty() && !room.has_any() {
            room.quantiles_are_rough = true;
            let below = self.buckets.range(..bucket).next_back().map(|(key, _)| *key);
            let above = self.buckets.range(bucket..).next().map(|(key, _)| *key);
            let distance = |key: &i32| key.abs_diff(bucket);
            at = below.into_iter().chain(above).min_by_key(distance).unwrap_or(bucket);
        } else {
            room.take(BUCKET_BYTES);
        }
        *self.buckets.entry(at).or_default() += values;
    }

    /// The value at a place from 0 to 1 of the values in order: the one below where it lies between two.
    pub(crate) fn at(&self, quantile: f64) -> Option<f64> {
        let values = self.exact.len() as u64 + self.buckets.values().sum::<u64>();
        let rank = (quantile * values.checked_sub(1)? as f64) as u64;
        if self.buckets.is_empty() {
            let mut sorted = self.exact.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            return sorted.get(rank as usize).copied();
        }
        let mut below = 0;
        for (bucket, values) in &self.buckets {
            below += values;
            if below > rank {
                return Some(middle(*bucket));
            }
        }
        None
    }
}

/// The buckets of values next to zero; the smallest float is about 37,300 buckets from one.
const TINY: i32 = 40_000;

fn ratio_ln() -> f64 {
    ((1.0 + ERROR) / (1.0 - ERROR)).ln()
}

/// 0 for zero; the same distance above and below it for a value and its negative.
fn bucket(value: f64) -> i32 {
    if value == 0.0 {
        return 0;
    }
    let bucket = (value.abs().ln() / ratio_ln()).ceil() as i32 + TINY;
    if value < 0.0 { -bucket } else { bucket }
}

/// The value that is no further than [`ERROR`] from every value of the bucket.
fn middle(bucket: i32) -> f64 {
    if bucket == 0 {
        return 0.0;
    }
    let upper = (f64::from(bucket.abs() - TINY) * ratio_ln()).exp();
    let middle = (upper * (1.0 - ERROR)).min(f64::MAX);
    if bucket < 0 { -middle } else { middle }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn room() -> Room {
        Room::new(usize::MAX, usize::MAX)
    }

    fn of(values: &[f64]) -> Quantiles {
        let mut quantiles = Quantiles::default();
        values.iter().for_each(|value| quantiles.add(*value, &mut room()));
        quantiles
    }

    #[test]
    fn few_values_are_exact() {
        assert_eq!(of(&[]).at(0.5), None);
        assert_eq!(of(&[3.0, 1.0, 2.0]).at(0.5), Some(2.0));
        assert_eq!(of(&[3.0, 1.0, 2.0, 4.0]).at(0.5), Some(2.0));
        assert_eq!(of(&[3.0, 1.0, 2.0]).at(1.0), Some(3.0));
    }

    #[test]
    fn without_room_values_go_to_the_nearest_bucket() {
        let mut room = Room::new(0, 0);
        let mut quantiles = Quantiles::default();
        for value in [100.0, 101.0, 1e9, -5.0] {
            quantiles.add(value, &mut room);
        }
        assert_eq!(quantiles.buckets.values().sum::<u64>(), 4);
        assert!(quantiles.buckets.len() == 1 && room.quantiles_are_rough);
    }

    proptest! {
        #[test]
        fn many_values_are_within_the_error(
            values in proptest::collection::vec(prop_oneof![
                any::<f64>().prop_filter("finite", |value| value.is_finite()),
                -1e3..1e3,
                Just(0.0),
            ], 1..400),
            quantile in 0.0..=1.0,
            split in 0_usize..400,
        ) {
            let (one, two) = values.split_at(split.min(values.len()));
            let mut merged = of(one);
            merged.merge(of(two), &mut room());
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let truth = sorted[(quantile * (sorted.len() - 1) as f64) as usize];
            let found = merged.at(quantile).unwrap();
            // Subnormal numbers have too few digits for any relative error.
            let close = (found - truth).abs() <= truth.abs() * ERROR * 1.000_001 || truth.abs() < f64::MIN_POSITIVE;
            prop_assert!(close, "{found} for {truth}");
            prop_assert_eq!(of(&values).at(quantile), merged.at(quantile));
        }
    }
}
