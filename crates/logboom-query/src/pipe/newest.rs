//! Records that become rows: the newest, or the first in an order that is asked for.

use std::cmp::Ordering;

use logboom_model::Batch;

use crate::pipe::source::{BatchRow, Row};
use crate::pipe::table::Value;
use crate::selection::Selection;

/// A record that is kept.
#[derive(Debug, Clone)]
struct Kept {
    /// Values of the fields to sort by.
    keys: Vec<Value>,
    time: i64,
    seq: u64,
    values: Vec<Value>,
}

/// The rows so far: never worse than what was given up.
#[derive(Debug)]
pub(crate) struct Newest {
    /// For each field to sort by, whether the greatest comes first.
    descending: Vec<bool>,
    limit: usize,
    bytes_max: usize,
    bytes: usize,
    rows: Vec<Kept>,
    /// The best record that was given up; none after it is of use.
    given_up: Option<Kept>,
    /// Whether it was given up for want of memory.
    is_short: bool,
}

impl Newest {
    /// Room for so many rows and bytes. The first operands are those to sort by; without any the newest are kept.
    pub(crate) fn new(descending: Vec<bool>, limit: usize, bytes_max: usize) -> Self {
        Self { descending, limit, bytes_max, bytes: 0, rows: Vec::new(), given_up: None, is_short: false }
    }

    /// Takes the selected rows of a batch; `operands` is how many there are, those to sort by among them.
    pub(crate) fn add_batch(
        &mut self,
        batch: &Batch,
        row: &mut BatchRow<'_>,
        rows: &Selection,
        operands: usize,
    ) {
        for index in rows.iter() {
            row.row = index;
            let mut kept = Kept {
                keys: Vec::with_capacity(self.descending.len()),
                time: batch.columns().times[index],
                seq: batch.seq(index),
                values: Vec::new(),
            };
            for key in 0..self.descending.len() {
                row.show(key, &mut |cell| kept.keys.push(cell.to_value()));
            }
            if self.is_useless(&kept) {
                continue;
            }
            kept.values.reserve_exact(operands - self.descending.len());
            for operand in self.descending.len()..operands {
                row.show(operand, &mut |cell| kept.values.push(cell.to_value()));
            }
            self.push(kept);
        }
    }

    fn is_useless(&self, kept: &Kept) -> bool {
        self.given_up.as_ref().is_some_and(|given_up| self.order(kept, given_up).is_ge())
    }

    fn push(&mut self, kept: Kept) {
        self.bytes += kept.memory_bytes();
        self.rows.push(kept);
        // Sorting twice as many as are asked for once in a while is cheaper than keeping them in order.
        if self.rows.len() >= self.limit.saturating_mul(2) || self.bytes > self.bytes_max {
            self.settle();
        }
    }

    /// Puts the rows in order and gives up those beyond the limits.
    fn settle(&mut self) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by(|one, two| self.order(one, two));
        while rows.len() > self.limit || (self.bytes > self.bytes_max && rows.len() > 1) {
            let Some(worst) = rows.pop() else { break };
            self.is_short |= rows.len() < self.limit;
            self.bytes -= worst.memory_bytes();
            self.give_up(worst);
        }
        self.rows = rows;
    }

    fn give_up(&mut self, mut worst: Kept) {
        worst.values = Vec::new();
        if self.given_up.as_ref().is_none_or(|given_up| self.order(&worst, given_up).is_lt()) {
            self.given_up = Some(worst);
        }
    }

    /// What is asked for first comes first: by the fields to sort by and then oldest first, or newest first.
    fn order(&self, one: &Kept, two: &Kept) -> Ordering {
        let keys = one.keys.iter().zip(&two.keys).zip(&self.descending);
        let order =
            keys.map(|((one, two), descending)| one.as_cell().order_towards(two.as_cell(), *descending));
        let times = (one.time, one.seq).cmp(&(two.time, two.seq));
        let last = if self.descending.is_empty() { times.reverse() } else { times };
        order.fold(Ordering::Equal, Ordering::then).then(last)
    }

    /// Event time before which nothing is of use.
    pub(crate) fn useful_from(&self) -> i64 {
        match &self.given_up {
            Some(given_up) if self.descending.is_empty() => given_up.time,
            _ => i64::MIN,
        }
    }

    /// Adds what another worker took.
    pub(crate) fn merge(&mut self, other: Self) {
        self.is_short |= other.is_short;
        if let Some(given_up) = other.given_up {
            self.give_up(given_up);
        }
        for kept in other.rows {
            if !self.is_useless(&kept) {
                self.push(kept);
            }
        }
    }

    /// The rows in the order that was asked for, else oldest first; and whether there were more, or memory for more
    /// was missing.
    pub(crate) fn finish(mut self) -> (Vec<Vec<Value>>, More) {
        self.settle();
        let mut rows = std::mem::take(&mut self.rows);
        if let Some(given_up) = &self.given_up {
            // What another worker gave up may be better than what this one kept.
            rows.retain(|kept| self.order(kept, given_up).is_lt());
        }
        let more = match self.given_up {
            None => More::No,
            Some(_) if self.is_short && rows.len() < self.limit => More::NoMemory,
            Some(_) => More::Yes,
        };
        let mut rows: Vec<_> = rows.into_iter().map(|kept| kept.values).collect();
        if self.descending.is_empty() {
            rows.reverse();
        }
        (rows, more)
    }
}

/// Whether there are more rows than are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum More {
    No,
    /// Beyond the limit.
    Yes,
    /// Beyond what memory there is.
    NoMemory,
}

impl Kept {
    fn memory_bytes(&self) -> usize {
        let values = self.keys.iter().chain(&self.values).map(Value::memory_bytes);
        size_of::<Self>() + values.sum::<usize>()
    }
}
