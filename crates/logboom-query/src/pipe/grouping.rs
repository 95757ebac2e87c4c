//! `count`, `stats`, `timechart`, `top` and `uniq` at work: keys and measures over rows, and the rows they give.

use std::cmp::Reverse;

use logboom_model::Batch;

use crate::pipe::PipeLimits;
use crate::pipe::cell::Cell;
use crate::pipe::groups::{self, Groups, Key, Place};
use crate::pipe::measure::State;
use crate::pipe::room::Room;
use crate::pipe::source::{BatchRow, CODES, Row};
use crate::pipe::syntax::{Interval, Measure, Operand, Pipe};
use crate::pipe::table::Value;
use crate::selection::Selection;

/// A pipe that gathers rows into groups.
#[derive(Debug)]
pub(crate) struct Grouping {
    shape: Shape,
    interval: Option<Interval>,
    /// How many of the operands make the key; those of the measures follow.
    keys: usize,
    /// Operands that are measured, and which measures take each: it is read once for all of them.
    reads: Vec<(usize, Vec<usize>)>,
    measures: Vec<Measure>,
    groups: Groups,
    key: Key,
}

/// What becomes of the groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One row even without records: nothing to group by.
    One,
    /// The largest first.
    ByCount,
    /// In order of their keys.
    ByKey,
    /// The largest so many for each combination of the first keys.
    Top { count: usize, by: usize },
    /// Keys without measures.
    Keys,
}

/// The operands of a pipe that groups, in the order that [`Grouping`] reads them; `None` for other pipes. A timechart
/// reads `time` first.
pub(crate) fn operands(pipe: &Pipe, time: &Operand) -> Option<Vec<Operand>> {
    let of_measures =
        |measures: &[Measure]| measures.iter().filter_map(|measure| measure.of.clone()).collect();
    let (keys, measured): (Vec<&Operand>, Vec<Operand>) = match pipe {
        Pipe::Count { by } => (by.iter().collect(), Vec::new()),
        Pipe::Stats { measures, by } => (by.iter().collect(), of_measures(measures)),
        Pipe::Timechart { measures, by, .. } => {
            ([time].into_iter().chain(by).collect(), of_measures(measures))
        }
        Pipe::Top { of, by, .. } => (by.iter().chain(of).collect(), Vec::new()),
        Pipe::Uniq { of } => (of.iter().collect(), Vec::new()),
        Pipe::Fields(_) | Pipe::Sort(_) | Pipe::Limit(_) => return None,
    };
    Some(keys.into_iter().cloned().chain(measured).collect())
}

impl Grouping {
    /// Gets ready; `None` for pipes that do not group.
    pub(crate) fn new(pipe: &Pipe, limits: &PipeLimits) -> Option<Self> {
        let by_count = |by: &[Operand]| if by.is_empty() { Shape::One } else { Shape::ByCount };
        let (shape, interval, keys, measures) = match pipe {
            Pipe::Count { by } => (by_count(by), None, by.len(), vec![Measure::count()]),
            Pipe::Stats { measures, by } if by.is_empty() => (Shape::One, None, 0, measures.clone()),
            Pipe::Stats { measures, by } => (Shape::ByKey, None, by.len(), measures.clone()),
            Pipe::Timechart { interval, measures, by } => {
                (Shape::ByKey, Some(*interval), by.len() + 1, measures.clone())
            }
            Pipe::Top { count, of, by } => {
                let shape = Shape::Top { count: *count, by: by.len() };
                (shape, None, by.len() + of.len(), vec![Measure::count()])
            }
            Pipe::Uniq { of } => (Shape::Keys, None, of.len(), Vec::new()),
            Pipe::Fields(_) | Pipe::Sort(_) | Pipe::Limit(_) => return None,
        };
        let reads = reads(keys, &measures);
        let room = Room::new(limits.groups, limits.bytes);
        // The intervals of what has no group are far fewer than groups.
        let rest_room = Room::new(limits.groups / 10, limits.bytes / 10);
        let groups = Groups::new(measures.clone(), interval.is_some(), room, rest_room);
        Some(Self { shape, interval, keys, reads, measures, groups, key: Key::default() })
    }

    /// The width of intervals, where there are any.
    pub(crate) fn interval_nanos(&self) -> Option<i64> {
        self.interval.map(|interval| interval.nanos)
    }

    /// Whether there is no measure but counts.
    pub(crate) fn only_counts(&self) -> bool {
        self.reads.is_empty()
    }

    /// Takes one row.
    pub(crate) fn add(&mut self, row: &mut dyn Row) {
        let place = self.place(row);
        self.groups.count(place, 1);
        self.measure(place, row);
    }

    /// Counts so many rows of which all keys are those of this one.
    pub(crate) fn add_rows(&mut self, row: &mut dyn Row, rows: u64) {
        let place = self.place(row);
        self.groups.count(place, rows);
    }

    /// Takes the selected rows of a batch.
    pub(crate) fn add_batch(&mut self, batch: &Batch, row: &mut BatchRow<'_>, rows: &Selection) {
        let first = usize::from(self.interval.is_some());
        if rows.is_empty() {
            return;
        }
        if !row.is_coded(first..self.keys) {
            for index in rows.iter() {
                row.row = index;
                self.add(row);
            }
            return;
        }
        let only_counts = self.only_counts();
        if only_counts && self.interval.is_none() && row.is_constant(first..self.keys) {
            let place = self.place(row);
            return self.groups.count(place, rows.count() as u64);
        }
        self.add_coded(batch, row, rows, only_counts);
    }

    /// Looks groups up once for each code and interval.
    fn add_coded(&mut self, batch: &Batch, row: &mut BatchRow<'_>, rows: &Selection, only_counts: bool) {
        // Each with the number of the run of rows of one interval in which it was looked up.
        let mut places: [Option<(usize, Place)>; CODES] = [None; CODES];
        let (mut within, mut run) = (0..0, 0);
        for index in rows.iter() {
            row.row = index;
            if let Some(interval) = self.interval {
                let time = batch.columns().times[index];
                if !within.contains(&time) {
                    let start = interval.start(time);
                    within = start..start.saturating_add(interval.nanos);
                    run += 1;
                }
            }
            let code = row.code();
            let place = match places[code] {
                Some((of_run, place)) if of_run == run => place,
                _ => places[code].insert((run, self.place(row))).1,
            };
            self.groups.count(place, 1);
            if !only_counts {
                self.measure(place, row);
            }
        }
    }

    fn place(&mut self, row: &mut dyn Row) -> Place {
        self.key.clear();
        for operand in 0..self.keys {
            let interval = self.interval.filter(|_| operand == 0);
            let key = &mut self.key;
            row.show(operand, &mut |cell| match (interval, cell) {
                (None, cell) => key.push(cell),
                (Some(interval), Cell::Time(time)) => key.push(Cell::Time(interval.start(time))),
                (Some(_), _) => key.push(Cell::Null),
            });
        }
        self.groups.place(&self.key)
    }

    fn measure(&mut self, place: Place, row: &mut dyn Row) {
        let groups = &mut self.groups;
        for (operand, measures) in &self.reads {
            row.show(*operand, &mut |cell| {
                for measure in measures {
                    let (state, room) = groups.state(place, *measure);
                    state.add(cell, room);
                }
            });
        }
    }

    /// Adds what another worker took.
    pub(crate) fn merge(&mut self, other: Self) {
        self.groups.merge(other.groups);
    }

    /// The rows, and what a reader must know of them.
    pub(crate) fn finish(self) -> (Vec<Vec<Value>>, Vec<String>) {
        let mut notes = self.groups.room.notes();
        let (mut rows, rest) = self.groups.finish();
        if !rest.is_empty() {
            let left_out: u64 = rest.iter().map(|row| row.rows).sum();
            let shown = rows.len();
            let how = match self.shape {
                Shape::Top { .. } | Shape::Keys => "and are left out",
                _ => "and are counted as (other)",
            };
            notes.push(format!(
                "there was room for {shown} groups; {left_out} records belong to others {how}"
            ));
        }
        match self.shape {
            Shape::One if rows.is_empty() => {
                let measures =
                    self.measures.iter().map(|measure| State::new(measure.how).value(measure.how, 0));
                rows.push(groups::Row { key: Vec::new(), rows: 0, measures: measures.collect() });
            }
            Shape::One | Shape::ByKey | Shape::Keys => {}
            Shape::ByCount => rows.sort_by_key(|row| Reverse(row.rows)),
            Shape::Top { count, by } => rows = top(rows, count, by),
        }
        let rest = match self.shape {
            Shape::Top { .. } | Shape::Keys => Vec::new(),
            _ => rest,
        };
        let values = rows.into_iter().chain(rest).map(|row| {
            let mut values = row.key;
            values.resize(self.keys, Value::Null);
            values.extend(row.measures);
            values
        });
        let mut rows: Vec<Vec<Value>> = values.collect();
        if self.interval.is_some() {
            // The rest of an interval stands behind its groups.
            rows.sort_by(|one, two| groups::order(&one[..1], &two[..1]));
        }
        (rows, notes)
    }
}

/// Which measures take which operands; those of the measures follow the keys, one for each that has any.
fn reads(keys: usize, measures: &[Measure]) -> Vec<(usize, Vec<usize>)> {
    let mut reads: Vec<(usize, Vec<usize>)> = Vec::new();
    let operands: Vec<_> = measures
        .iter()
        .enumerate()
        .filter_map(|(index, measure)| measure.of.as_ref().map(|operand| (index, operand)))
        .collect();
    for (place, (index, operand)) in operands.iter().enumerate() {
        let first = operands.iter().position(|(_, other)| other == operand).unwrap_or(place);
        match reads.iter_mut().find(|(known, _)| *known == keys + first) {
            Some((_, measures)) => measures.push(*index),
            None => reads.push((keys + first, vec![*index])),
        }
    }
    reads
}

/// The largest so many groups of each run of equal first keys; the rows come in order of their keys.
fn top(rows: Vec<groups::Row>, count: usize, by: usize) -> Vec<groups::Row> {
    let mut kept: Vec<groups::Row> = Vec::new();
    let mut run = Vec::new();
    let mut end = |run: &mut Vec<groups::Row>| {
        run.sort_by_key(|row| Reverse(row.rows));
        run.truncate(count);
        kept.append(run);
    };
    for row in rows {
        if run.first().is_some_and(|first: &groups::Row| first.key[..by] != row.key[..by]) {
            end(&mut run);
        }
        run.push(row);
    }
    end(&mut run);
    kept
}

/// The first Monday of the Unix epoch: where weeks begin.
const MONDAY: i64 = 4 * 86_400_000_000_000;
const WEEK: i64 = 7 * 86_400_000_000_000;

impl Interval {
    /// The start of the interval that a time lies in: whole multiples since the Unix epoch, weeks from Monday.
    pub(crate) fn start(self, time: i64) -> i64 {
        let offset = if self.nanos % WEEK == 0 { MONDAY } else { 0 };
        let into = (i128::from(time) - i128::from(offset)).rem_euclid(i128::from(self.nanos));
        time.saturating_sub(i64::try_from(into).unwrap_or(0))
    }
}
