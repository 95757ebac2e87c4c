//! Counts matches by interval of time and value.

use logboom_model::Severity;
use logboom_store::{BlockCount, Columns, ReadError, Snapshot};

use super::Scope;
use super::block::Found;
use super::group::{By, FIRST, Groups, REST, ValueId};
use super::order::Order;
use super::run::{Worker, run};
use crate::histogram::{Histogram, HistogramInterval, HistogramRequest, HistogramSeries};
use crate::limits::{HISTOGRAM_BARS_MAX, HISTOGRAM_SERIES_MAX, HISTOGRAM_VALUES_MAX};
use crate::search::SearchError;

/// Where the bars are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Axis {
    start: i64,
    interval: i64,
    bars: usize,
}

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Widths that a person reads well; those of whole minutes are counted from the index.
const ROUND: [i64; 24] = [
    SECOND / 1000,
    SECOND / 100,
    SECOND / 10,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    7 * DAY,
    30 * DAY,
    365 * DAY,
];

impl Axis {
    /// The bars of times from the first to before the last.
    fn new(first: i64, end: i64, interval: HistogramInterval) -> Result<Self, SearchError> {
        let bars_of = |interval: i64| {
            let bars = (i128::from(end) - 1).div_euclid(i128::from(interval))
                - i128::from(first).div_euclid(i128::from(interval))
                + 1;
            usize::try_from(bars).unwrap_or(0)
        };
        let interval = match interval {
            HistogramInterval::Nanos(nanos) if nanos > 0 => nanos,
            HistogramInterval::Nanos(_) => {
                return Err(SearchError::Refused("an interval is longer than nothing".to_owned()));
            }
            HistogramInterval::Bars(wanted) => {
                let wanted = wanted.clamp(1, HISTOGRAM_BARS_MAX);
                let fits = ROUND.into_iter().find(|&interval| bars_of(interval) <= wanted);
                fits.unwrap_or_else(|| (end / wanted as i64).saturating_sub(first / wanted as i64).max(1))
            }
        };
        let bars = bars_of(interval);
        if bars > HISTOGRAM_BARS_MAX {
            let message = format!("{bars} bars are more than {HISTOGRAM_BARS_MAX}: take a longer interval");
            return Err(SearchError::Refused(message));
        }
        Ok(Self { start: first.div_euclid(interval).saturating_mul(interval), interval, bars })
    }

    fn bar(&self, time: i64) -> Option<usize> {
        let bar = (i128::from(time) - i128::from(self.start)).div_euclid(i128::from(self.interval));
        usize::try_from(bar).ok().filter(|&bar| bar < self.bars)
    }
}

struct Bars {
    axis: Axis,
    groups: Groups,
    counts: Counts,
}

/// For each value, its bars.
#[derive(Default)]
struct Counts(Vec<Vec<u64>>);

impl Counts {
    fn add(&mut self, axis: Axis, id: ValueId, bar: usize, rows: u64) {
        if self.0.len() <= id {
            self.0.resize_with(id + 1, Vec::new);
        }
        let bars = &mut self.0[id];
        if bars.is_empty() {
            bars.resize(axis.bars, 0);
        }
        bars[bar] += rows;
    }
}

impl Worker for Bars {
    fn needs(&self) -> Columns {
        let mut needs = self.groups.needs();
        needs.time = true;
        needs
    }

    fn accept(&mut self, found: &Found<'_>) -> Result<(), ReadError> {
        let (axis, counts) = (self.axis, &mut self.counts);
        for (batch, rows) in found.batches {
            self.groups.of_rows(batch, rows.iter(), &mut |row, id| {
                if let Some(bar) = axis.bar(batch.columns().times[row]) {
                    counts.add(axis, id, bar, 1);
                }
            });
        }
        Ok(())
    }

    fn counts(&self) -> bool {
        self.axis.interval % MINUTE == 0 && self.groups.may_count()
    }

    fn count(&mut self, all: &[BlockCount]) -> bool {
        let mut cells = Vec::with_capacity(all.len());
        for count in all {
            let severity = Severity::from_number(count.severity).unwrap_or_default();
            let Some(id) = self.groups.of_cell(&count.resource, severity) else { return false };
            // A minute never lies in two bars, since these begin at multiples of whole minutes.
            cells.extend(self.axis.bar(count.minute.saturating_mul(MINUTE)).map(|bar| (id, bar, count.rows)));
        }
        cells.into_iter().for_each(|(id, bar, rows)| self.counts.add(self.axis, id, bar, rows));
        true
    }
}

/// Counts.
pub(crate) fn count(
    snapshot: &Snapshot,
    scope: &Scope<'_>,
    request: &HistogramRequest,
) -> Result<Histogram, SearchError> {
    let by = request.by.as_deref().map_or(Ok(By::Nothing), By::parse)?;
    let Some((first, end)) = ends(snapshot, scope) else {
        return Ok(Histogram { exact: true, from_index: true, ..Histogram::default() });
    };
    let axis = Axis::new(first, end, request.interval)?;
    let worker = |_| {
        let groups = Groups::new(by.clone(), HISTOGRAM_VALUES_MAX);
        Bars { axis, groups, counts: Counts::default() }
    };
    let workers = (0..scope.threads).map(worker).collect();
    let (workers, counters) = run(snapshot, scope, Order::Newest, workers, &mut |_| {})?;
    let merged = workers.into_iter().reduce(|one, other| one.merge(&other));
    let mut histogram = merged.map(|bars| bars.finish(&by)).unwrap_or_default();
    histogram.exact = counters.incomplete.is_none();
    histogram.from_index = counters.progress.scanned_records == 0;
    histogram.incomplete = counters.incomplete;
    Ok(histogram)
}

/// The times of the bars: those asked for, as far as the log has any.
fn ends(snapshot: &Snapshot, scope: &Scope<'_>) -> Option<(i64, i64)> {
    let parts = snapshot.parts(scope.times.clone(), scope.seqs.clone());
    let first = parts.iter().map(|part| part.times().0).min();
    let last = parts.iter().map(|part| part.times().1).max();
    let start = if scope.times.start == i64::MIN { first? } else { scope.times.start };
    let end = if scope.times.end == i64::MAX { last?.saturating_add(1) } else { scope.times.end };
    (start < end).then_some((start, end))
}

impl Bars {
    fn merge(mut self, other: &Self) -> Self {
        for (id, bars) in other.counts.0.iter().enumerate() {
            let id = self.groups.id_of(&other.groups, id);
            for (bar, &rows) in bars.iter().enumerate().filter(|(_, rows)| **rows > 0) {
                self.counts.add(self.axis, id, bar, rows);
            }
        }
        self
    }

    fn finish(self, by: &By) -> Histogram {
        let Self { axis, groups, counts: Counts(counts) } = self;
        let mut rest = HistogramSeries { is_rest: true, counts: vec![0; axis.bars], ..Default::default() };
        let mut series = Vec::new();
        for (id, counts) in counts.into_iter().enumerate() {
            let total = counts.iter().sum();
            let name = (id >= FIRST).then(|| groups.name(id).to_string());
            match id {
                _ if total == 0 => {}
                REST => rest.add(&counts, total),
                _ => series.push(HistogramSeries { name, counts, total, is_rest: false }),
            }
        }
        order(&mut series, by);
        for beyond in series.drain(HISTOGRAM_SERIES_MAX.min(series.len())..) {
            rest.add(&beyond.counts, beyond.total);
        }
        series.extend(Some(rest).filter(|rest| rest.total > 0));
        Histogram {
            start: axis.start,
            interval: axis.interval,
            bars: axis.bars,
            total: series.iter().map(|series| series.total).sum(),
            series,
            ..Histogram::default()
        }
    }
}

impl HistogramSeries {
    fn add(&mut self, counts: &[u64], total: u64) {
        self.counts.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        self.total += total;
    }
}

/// Severities by what they mean, everything else by how much there is of it.
fn order(series: &mut [HistogramSeries], by: &By) {
    if *by == By::Severity {
        let rank = |name: &Option<String>| {
            let name = name.as_deref().unwrap_or_default();
            ["", "trace", "debug", "info", "warn", "error", "fatal"].iter().position(|known| *known == name)
        };
        series.sort_by_key(|series| rank(&series.name));
    } else {
        series.sort_by(|one, two| two.total.cmp(&one.total).then_with(|| one.name.cmp(&two.name)));
    }
}
