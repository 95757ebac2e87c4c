//! Bars: where they begin, what is counted, from the index and from rows alike.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use logboom_model::{Batch, Row, Severity};
use logboom_query::{Access, Histogram, HistogramInterval, HistogramRequest, SearchError, histogram, parse};

use crate::log::{Log, at, container, lines};

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;

fn request(query: &str, interval: HistogramInterval, by: Option<&str>) -> HistogramRequest {
    HistogramRequest {
        query: parse(query).unwrap(),
        since: i64::MIN,
        until: None,
        interval,
        by: by.map(str::to_owned),
        access: Access::all(),
        threads: 2,
        timeout: None,
    }
}

fn run(log: &Log, request: &HistogramRequest) -> Histogram {
    histogram(&log.snapshot(), request, &AtomicBool::new(false)).unwrap()
}

fn series(histogram: &Histogram) -> Vec<(Option<&str>, Vec<u64>)> {
    histogram.series.iter().map(|series| (series.name.as_deref(), series.counts.clone())).collect()
}

fn with_severities(name: &str, rows: &[(i64, Severity)]) -> Batch {
    let mut batch = Batch::new(container(name));
    for &(time, severity) in rows {
        batch.push(Row { severity, ..at(time) }, b"line of text");
    }
    batch
}

fn filled(seal: bool) -> Log {
    let mut log = Log::new();
    let first = [(MINUTE, Severity::INFO), (MINUTE + 1, Severity::ERROR), (2 * MINUTE, Severity::UNSET)];
    log.commit(vec![with_severities("a", &first)]);
    let second = [(3 * MINUTE - 1, Severity::CRITICAL), (4 * MINUTE, Severity::INFO)];
    log.commit(vec![with_severities("b", &second)]);
    if seal {
        log.seal();
    }
    log
}

#[test]
fn bars_by_severity_are_the_same_from_the_index_and_from_rows() {
    for seal in [false, true] {
        let log = filled(seal);
        let bars = run(&log, &request("*", HistogramInterval::Nanos(MINUTE), Some("severity")));
        assert_eq!((bars.start, bars.interval, bars.bars, bars.total), (MINUTE, MINUTE, 4, 5));
        assert_eq!(
            series(&bars),
            [(None, vec![0, 1, 0, 0]), (Some("info"), vec![1, 0, 0, 1]), (Some("error"), vec![1, 1, 0, 0])]
        );
        assert_eq!((bars.exact, bars.from_index), (true, seal));
        let errors =
            run(&log, &request("severity>=error -container:b", HistogramInterval::Nanos(MINUTE), None));
        assert_eq!((series(&errors), errors.from_index), (vec![(None, vec![1, 0, 0, 0])], seal));
        let words = run(&log, &request("text", HistogramInterval::Nanos(MINUTE), Some("container")));
        assert_eq!(series(&words), [(Some("a"), vec![2, 1, 0, 0]), (Some("b"), vec![0, 1, 0, 1])]);
        assert!(!words.from_index);
    }
}

#[test]
fn times_that_cut_a_minute_count_rows() {
    let log = filled(true);
    let cut = HistogramRequest {
        since: MINUTE + 1,
        until: Some(3 * MINUTE - 1),
        ..request("*", HistogramInterval::Nanos(MINUTE), None)
    };
    let bars = run(&log, &cut);
    assert_eq!((bars.start, bars.bars, bars.total), (MINUTE, 2, 2));
    let seconds = run(&log, &request("*", HistogramInterval::Nanos(30 * SECOND), None));
    assert_eq!((seconds.bars, seconds.total), (7, 5));
    assert_eq!(series(&seconds), [(None, vec![2, 0, 1, 1, 0, 0, 1])]);
}

#[test]
fn a_number_of_bars_gives_a_round_interval() {
    let log = filled(true);
    for (bars, interval, count) in
        [(100, 2 * SECOND, 91), (4, MINUTE, 4), (2, 5 * MINUTE, 1), (1, 5 * MINUTE, 1)]
    {
        let histogram = run(&log, &request("*", HistogramInterval::Bars(bars), None));
        assert_eq!((histogram.interval, histogram.bars, histogram.total), (interval, count, 5), "{bars}");
    }
    let wide = HistogramRequest {
        since: i64::MIN + 1,
        until: Some(i64::MAX),
        ..request("*", HistogramInterval::Bars(50), None)
    };
    let wide = run(&log, &wide);
    assert!(wide.bars <= 52 && wide.total == 5, "{}", wide.bars);
}

#[test]
fn what_makes_no_sense_is_refused_and_nothing_is_no_bars() {
    let log = filled(false);
    for (interval, by) in [
        (HistogramInterval::Nanos(0), None),
        (HistogramInterval::Nanos(1), None),
        (HistogramInterval::Nanos(MINUTE), Some("body")),
        (HistogramInterval::Nanos(MINUTE), Some("no name")),
    ] {
        let refused = histogram(&log.snapshot(), &request("*", interval, by), &AtomicBool::new(false));
        assert!(matches!(refused, Err(SearchError::Refused(_))), "{interval:?} {by:?}");
    }
    let nothing =
        HistogramRequest { since: 9, until: Some(9), ..request("*", HistogramInterval::Bars(9), None) };
    assert_eq!(run(&log, &nothing).bars, 0);
    let empty = run(&Log::new(), &request("*", HistogramInterval::Bars(9), None));
    assert_eq!((empty.bars, empty.total), (0, 0));
}

#[test]
fn values_of_attributes_are_series_and_what_may_not_be_seen_does_not_count() {
    for seal in [false, true] {
        let mut log = Log::new();
        log.write(
            "a",
            &[(0, r#"{"status":500}"#), (1, r#"{"status":200}"#), (2, "status=500"), (3, "plain")],
        );
        log.write("b", &[(4, r#"{"status":500}"#)]);
        if seal {
            log.seal();
        }
        let all = run(&log, &request("*", HistogramInterval::Nanos(MINUTE), Some("status")));
        assert_eq!(series(&all), [(Some("500"), vec![3]), (None, vec![1]), (Some("200"), vec![1])]);
        let access = Access::by(Arc::new(|resource| resource.container_name() == "b"));
        let some = HistogramRequest { access, ..request("*", HistogramInterval::Nanos(MINUTE), None) };
        assert_eq!(run(&log, &some).total, 1);
    }
}

#[test]
fn many_values_are_told_as_the_rest() {
    let mut log = Log::new();
    let many: Vec<String> = (0..50).map(|n| format!("n=v{n}")).collect();
    let rows: Vec<(i64, &str)> = many.iter().map(|body| (0, &**body)).collect();
    log.commit(vec![lines("a", &rows), lines("a", &[(0, "n=v7")])]);
    let bars = run(&log, &request("*", HistogramInterval::Nanos(MINUTE), Some("n")));
    let (first, last) = (&bars.series[0], &bars.series[bars.series.len() - 1]);
    assert_eq!((first.name.as_deref(), first.total), (Some("v7"), 2));
    assert_eq!((bars.series.len(), last.is_rest, last.total, bars.total), (33, true, 18, 51));
}
