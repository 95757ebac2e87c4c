//! Aggregates of one group while it is filled.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher as _};

use crate::number::Number;
use crate::pipe::cell::Cell;
use crate::pipe::quantile::Quantiles;
use crate::pipe::room::Room;
use crate::pipe::syntax::How;
use crate::pipe::table::Value;

/// Bytes of a text that `min` and `max` compare and show.
const TEXT_BYTES_MAX: usize = 1024;

/// Memory of one distinct value in a set that may be half empty.
const DISTINCT_BYTES: usize = 18;

/// What one measure knows of one group.
#[derive(Debug, Clone)]
pub(crate) enum State {
    /// The group counts its rows itself.
    Count,
    Sum(Sum),
    Least(Option<Value>),
    Greatest(Option<Value>),
    Quantile(Box<Quantiles>),
    /// Hashes of the texts of values: two in 2^64 are taken for one.
    Uniq(HashSet<u64>),
}

/// A sum that is exact as long as there are integers only.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    count: u64,
    integers: i128,
    has_floats: bool,
    floats: f64,
    /// What adding floats has lost so far (Neumaier).
    lost: f64,
}

impl Sum {
    fn add(&mut self, number: Number) {
        self.count += 1;
        match number {
            Number::Integer(integer) => self.integers = self.integers.saturating_add(i128::from(integer)),
            Number::Float(float) => {
                self.has_floats = true;
                self.add_float(float);
            }
        }
    }

    fn add_float(&mut self, float: f64) {
        let sum = self.floats + float;
        let (large, small) =
            if self.floats.abs() >= float.abs() { (self.floats, float) } else { (float, self.floats) };
        self.lost += (large - sum) + small;
        self.floats = sum;
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.integers = self.integers.saturating_add(other.integers);
        self.has_floats |= other.has_floats;
        self.add_float(other.floats);
        self.lost += other.lost;
    }

    fn total(self) -> Value {
        match i64::try_from(self.integers) {
            _ if self.count == 0 => Value::Null,
            Ok(integers) if !self.has_floats => Value::Integer(integers),
            _ => float(self.as_float()),
        }
    }

    fn as_float(self) -> f64 {
        self.integers as f64 + (self.floats + self.lost)
    }

    fn average(self) -> Value {
        if self.count == 0 { Value::Null } else { float(self.as_float() / self.count as f64) }
    }
}

/// Sums beyond every number are nothing.
fn float(value: f64) -> Value {
    if value.is_finite() { Value::Float(value) } else { Value::Null }
}

impl State {
    pub(crate) fn new(how: How) -> Self {
        match how {
            How::Count => Self::Count,
            How::Sum | How::Avg => Self::Sum(Sum::default()),
            How::Min => Self::Least(None),
            How::Max => Self::Greatest(None),
            How::Quantile(_) => Self::Quantile(Box::default()),
            How::Uniq => Self::Uniq(HashSet::new()),
        }
    }

    /// Takes one value.
    pub(crate) fn add(&mut self, cell: Cell<'_>, room: &mut Room) {
        if cell == Cell::Null {
            return;
        }
        match self {
            Self::Count => {}
            Self::Sum(sum) => {
                if let Some(number) = measurable(cell) {
                    sum.add(number);
                }
            }
            Self::Least(best) => keep(best, cell, false, room),
            Self::Greatest(best) => keep(best, cell, true, room),
            Self::Quantile(quantiles) => {
                if let Some(number) = measurable(cell) {
                    quantiles.add(number.float(), room);
                }
            }
            Self::Uniq(seen) => insert(seen, hash(cell), room),
        }
    }

    /// Takes what another group of the same measure knows.
    pub(crate) fn merge(&mut self, other: Self, room: &mut Room) {
        match (self, other) {
            (Self::Sum(sum), Self::Sum(other)) => sum.merge(other),
            (Self::Least(best), Self::Least(Some(value))) => keep(best, value.as_cell(), false, room),
            (Self::Greatest(best), Self::Greatest(Some(value))) => keep(best, value.as_cell(), true, room),
            (Self::Quantile(quantiles), Self::Quantile(other)) => quantiles.merge(*other, room),
            (Self::Uniq(seen), Self::Uniq(other)) => {
                other.into_iter().for_each(|hash| insert(seen, hash, room));
            }
            _ => {}
        }
    }

    /// The value of the measure for a group of so many rows.
    pub(crate) fn value(self, how: How, rows: u64) -> Value {
        match (self, how) {
            (Self::Count, _) => integer(rows),
            (Self::Sum(sum), How::Avg) => sum.average(),
            (Self::Sum(sum), _) => sum.total(),
            (Self::Least(best) | Self::Greatest(best), _) => best.unwrap_or(Value::Null),
            (Self::Quantile(quantiles), How::Quantile(quantile)) => {
                quantiles.at(quantile).map_or(Value::Null, float)
            }
            (Self::Quantile(_), _) => Value::Null,
            (Self::Uniq(seen), _) => integer(seen.len() as u64),
        }
    }
}

/// A count as a value.
pub(crate) fn integer(count: u64) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Numbers that can be added up: not times.
fn measurable(cell: Cell<'_>) -> Option<Number> {
    if let Cell::Time(_) = cell { None } else { cell.number() }
}

/// Keeps the least or greatest; texts count only as long as there is no number.
fn keep(best: &mut Option<Value>, cell: Cell<'_>, greatest: bool, room: &mut Room) {
    let cell = match cell {
        Cell::Text(text) => Cell::Text(&text[..text.len().min(TEXT_BYTES_MAX)]),
        other => other,
    };
    let is_better =
        best.as_ref().is_none_or(|best| cell.order_towards(best.as_cell(), greatest) == Ordering::Less);
    if is_better {
        let value = cell.to_value();
        let held = best.as_ref().map_or(0, Value::memory_bytes);
        room.take(value.memory_bytes().saturating_sub(held));
        *best = Some(value);
    }
}

fn insert(seen: &mut HashSet<u64>, hash: u64, room: &mut Room) {
    if room.has_any() {
        if seen.insert(hash) {
            room.take(DISTINCT_BYTES);
        }
    } else if !seen.contains(&hash) {
        room.uniq_is_low = true;
    }
}

/// The same for every worker, and for a number and its text.
fn hash(cell: Cell<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    match cell {
        Cell::Text(text) => hasher.write(text),
        other => {
            let mut text = Vec::new();
            other.write(&mut text);
            hasher.write(&text);
        }
    }
    hasher.finish()
}
