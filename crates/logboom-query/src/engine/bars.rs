//! Counts matches by interval of time and value.

use logboom_model::Batch;
use logboom_store::Snapshot;

use super::Scope;
use super::group::{By, FIRST, Groups, MISSING, REST};
use super::run::{Worker, run};
use crate::histogram::{Histogram, HistogramInterval, HistogramRequest, HistogramSeries};
use crate::limits::{HISTOGRAM_BARS_MAX, HISTOGRAM_SERIES_MAX, HISTOGRAM_VALUES_MAX};
use crate::search::{SearchError, SearchProgress};
use crate::selection::Selection;

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
    /// For each value, its bars.
    counts: Vec<Vec<u64>>,
}

impl Worker for Bars {
    fn accept(&mut self, batch: &Batch, rows: &Selection) {
        let (axis, counts) = (self.axis, &mut self.counts);
        self.groups.of_rows(batch, rows.iter(), &mut |row, id| {
            let Some(bar) = axis.bar(batch.columns().times[row]) else { return };
            if counts.len() <= id {
                counts.resize_with(id + 1, || vec![0; axis.bars]);
            }
            counts[id][bar] += 1;
        });
    }

    fn useful_from(&self) -> i64 {
        i64::MIN
    }

    fn is_done_back_to(&mut self, _at: &SearchProgress) {}
}

/// Counts.
pub(crate) fn count(
    snapshot: &Snapshot,
    scope: &Scope<'_>,
    request: &HistogramRequest,
) -> Result<Histogram, SearchError> {
    let by = request.by.as_deref().map_or(Ok(By::Nothing), By::parse)?;
    let stats = snapshot.stats();
    let (first, last) = (stats.oldest.unwrap_or(0), stats.newest.unwrap_or(0));
    let first = if scope.times.start == i64::MIN { first } else { scope.times.start };
    let end = if scope.times.end == i64::MAX { last.saturating_add(1) } else { scope.times.end };
    if first >= end {
        return Ok(Histogram { exact: true, from_index: true, ..Histogram::default() });
    }
    let axis = Axis::new(first, end, request.interval)?;
    let groups = Groups::new(by.clone(), HISTOGRAM_VALUES_MAX);
    let mut bars = Bars { axis, groups, counts: Vec::new() };
    let counters = run(snapshot, scope, &mut bars)?;
    let mut histogram = bars.finish(&by);
    histogram.exact = counters.incomplete.is_none();
    histogram.from_index = counters.progress.scanned_records == 0;
    histogram.incomplete = counters.incomplete;
    Ok(histogram)
}

impl Bars {
    fn finish(self, by: &By) -> Histogram {
        let Self { axis, groups, counts } = self;
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
    debug_assert!(series.iter().filter(|series| series.name.is_none()).count() <= 1, "{MISSING} is one id");
}
