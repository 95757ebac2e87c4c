//! Search over a store: order, limits, times, cancellation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use logboom_model::{Batch, Flags, Intake as _, Resource, Row, Severity, Stream, Submission};
use logboom_query::{OwnedRecord, SearchError, SearchOutcome, SearchRequest, collect, limits, parse};
use logboom_store::{Store, StoreOptions};

struct Log {
    store: Store,
    _dir: tempfile::TempDir,
}

impl Log {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store"), StoreOptions::default()).unwrap();
        Self { store, _dir: dir }
    }

    /// One commit of lines of one container.
    fn commit(&self, container: &str, lines: &[(i64, &str)]) {
        let mut batch = Batch::new(Arc::new(Resource::builder().with("container.name", container).build()));
        for (time, body) in lines {
            let row = Row {
                time: *time,
                observed: *time,
                severity: Severity::UNSET,
                stream: Stream::Stdout,
                flags: Flags::empty(),
            };
            batch.push(row, body.as_bytes());
        }
        let submission = Submission { batches: vec![batch], ..Submission::default() };
        assert!(self.store.try_submit(submission).is_ok());
        self.store.flush().unwrap();
    }

    fn search(&self, request: &SearchRequest) -> Found {
        let cancel = AtomicBool::new(false);
        let (records, outcome) = collect(&self.store.snapshot(), request, &cancel, &mut |_| {}).unwrap();
        Found { records, outcome }
    }
}

struct Found {
    records: Vec<OwnedRecord>,
    outcome: SearchOutcome,
}

fn request(query: &str, limit: usize) -> SearchRequest {
    SearchRequest::new(parse(query).unwrap(), limit)
}

fn bodies(result: &Found) -> Vec<String> {
    result.records.iter().map(|record| String::from_utf8_lossy(&record.body).into_owned()).collect()
}

#[test]
fn the_newest_by_event_time_whatever_the_order_of_commits() {
    let log = Log::new();
    log.commit("a", &[(50, "five"), (10, "one")]);
    log.commit("b", &[(40, "four"), (20, "two")]);
    log.commit("a", &[(30, "three"), (40, "four again"), (5, "none")]);
    let all = log.search(&request("*", 100));
    assert_eq!(bodies(&all), ["none", "one", "two", "three", "four", "four again", "five"]);
    assert_eq!((all.outcome.more, all.outcome.scanned_records), (false, 7));
    assert_eq!(all.records[6].as_record().resource.container_name(), "a");
    let newest = log.search(&request("*", 3));
    assert_eq!(
        (bodies(&newest), newest.outcome.more),
        (vec!["four".into(), "four again".into(), "five".into()], true)
    );
    let exactly = log.search(&request("container:b", 2));
    assert_eq!((bodies(&exactly), exactly.outcome.more), (vec!["two".into(), "four".into()], false));
    assert_eq!(bodies(&log.search(&request("four", 1))), ["four again"]);
}

#[test]
fn since_is_the_first_instant_and_until_the_first_too_late() {
    let log = Log::new();
    log.commit("a", &[(10, "one"), (20, "two"), (30, "three")]);
    for (since, until, expected) in [
        (10, Some(30), &["one", "two"][..]),
        (11, None, &["two", "three"]),
        (20, Some(20), &[]),
        (30, Some(10), &[]),
    ] {
        let request = SearchRequest { since, until, ..request("*", 10) };
        assert_eq!(bodies(&log.search(&request)), expected, "{since} {until:?}");
    }
}

#[test]
fn a_time_in_the_query_bounds_the_search_too() {
    let log = Log::new();
    log.commit("a", &[(0, "then"), (1_795_338_780_500_000_000, "now")]);
    let result = log.search(&request("time:2026-11-22", 10));
    assert_eq!(bodies(&result), ["now"]);
    assert_eq!(bodies(&log.search(&request("time<2026-11-22", 10))), ["then"]);
}

#[test]
fn older_commits_are_not_read_once_nothing_in_them_can_count() {
    let log = Log::new();
    for commit in 0..10 {
        log.commit("a", &[(commit * 10, "x"), (commit * 10 + 1, "y")]);
    }
    let result = log.search(&request("*", 2));
    assert_eq!(bodies(&result), ["x", "y"]);
    assert!(result.outcome.more);
    assert!(result.outcome.scanned_records <= 4, "{}", result.outcome.scanned_records);
}

#[test]
fn a_raised_flag_ends_the_search_at_once() {
    let log = Log::new();
    log.commit("a", &[(1, "x")]);
    log.commit("a", &[(2, "x")]);
    let cancel = AtomicBool::new(false);
    let mut calls = 0;
    let result = collect(&log.store.snapshot(), &request("*", 10), &cancel, &mut |progress| {
        calls += 1;
        assert_eq!((progress.matches, progress.scanned_records), (1, 1));
        cancel.store(true, Ordering::Relaxed);
    });
    assert!(matches!(result, Err(SearchError::Cancelled)));
    assert_eq!(calls, 1);
}

#[test]
fn the_limits_of_a_search_are_told() {
    let log = Log::new();
    let too_many = collect(
        &log.store.snapshot(),
        &request("*", limits::SEARCH_LIMIT_MAX + 1),
        &AtomicBool::new(false),
        &mut |_| {},
    );
    assert!(matches!(too_many, Err(SearchError::LimitTooLarge { .. })));
    let large = "x".repeat(1 << 20);
    let kept = limits::SEARCH_KEPT_BYTES_MAX >> 20;
    for time in 0..kept as i64 + 6 {
        log.commit("a", &[(time, &large)]);
    }
    let result = log.search(&request("*", 1000));
    assert_eq!((result.records.len(), result.outcome.more), (kept, true));
    assert_eq!(result.records[0].time, 6);
}
