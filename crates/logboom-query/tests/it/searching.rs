//! Search over a store: order, limits, times, cancellation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use logboom_model::{Batch, Flags, Intake as _, Resource, Row, Severity, Stream, Submission};
use logboom_query::{
    Access, OwnedRecord, SearchError, SearchEvent, SearchOutcome, SearchRequest, collect, limits, parse,
    search,
};
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

/// A commit that is a block of its own.
fn large_commit(log: &Log, container: &str, time: i64) {
    let filler = "x".repeat(700 << 10);
    log.commit(container, &[(time, &filler), (time + 1, "y")]);
}

#[test]
fn older_commits_are_not_read_once_nothing_in_them_can_count() {
    let log = Log::new();
    for commit in 0..10 {
        large_commit(&log, "a", commit * 10);
    }
    let result = log.search(&SearchRequest { threads: 1, ..request("y", 2) });
    assert_eq!(bodies(&result), ["y", "y"]);
    assert!(result.outcome.more);
    let SearchOutcome { scanned_records, blocks, skipped_blocks, .. } = result.outcome;
    assert!(scanned_records <= 6, "{scanned_records}");
    assert!((blocks, skipped_blocks) == (10, 7), "{blocks} {skipped_blocks}");
}

#[test]
fn hits_are_told_newest_first_as_soon_as_they_are_final() {
    let log = Log::new();
    for commit in 0..6 {
        large_commit(&log, "a", commit * 10);
    }
    for threads in [1, 3] {
        let (mut times, mut back_to, mut told_early) = (Vec::new(), i64::MAX, false);
        let request = SearchRequest { threads, ..request("y", 100) };
        let outcome =
            search(&log.store.snapshot(), &request, &AtomicBool::new(false), &mut |event| match event {
                SearchEvent::Records(records) => {
                    times.extend(records.iter().map(|record| record.time));
                    told_early |= times.len() < 6;
                }
                SearchEvent::Progress(progress) => {
                    assert!(progress.back_to <= back_to, "it never goes back");
                    back_to = progress.back_to;
                    assert!(progress.bytes_done <= progress.bytes_total);
                    assert!(times.iter().all(|&time| time > back_to));
                }
            });
        assert!(outcome.is_ok());
        assert_eq!(times, [51, 41, 31, 21, 11, 1]);
        assert!(told_early || threads > 1, "one thread tells each block before it reads the next");
    }
}

#[test]
fn a_raised_flag_ends_the_search_at_once() {
    let log = Log::new();
    large_commit(&log, "a", 1);
    large_commit(&log, "a", 11);
    let cancel = AtomicBool::new(false);
    let request = SearchRequest { threads: 1, ..request("*", 10) };
    let mut most = 0;
    let result = collect(&log.store.snapshot(), &request, &cancel, &mut |progress| {
        most = most.max(progress.scanned_records);
        cancel.store(progress.scanned_records > 0, Ordering::Relaxed);
    });
    assert!(matches!(result, Err(SearchError::Cancelled)));
    assert_eq!(most, 2);
}

#[test]
fn a_search_whose_time_is_over_says_so() {
    let log = Log::new();
    log.commit("a", &[(1, "x")]);
    let result = log.search(&SearchRequest { timeout: Some(Duration::ZERO), ..request("*", 10) });
    assert!(result.records.is_empty());
    assert!(result.outcome.incomplete.is_some_and(|reason| reason.contains("time range")));
}

#[test]
fn what_may_not_be_seen_is_not_there() {
    let log = Log::new();
    log.commit("mine", &[(1, "one"), (3, "three")]);
    log.commit("theirs", &[(2, "two"), (4, "four")]);
    let access = Access::by(Arc::new(|resource| resource.container_name() == "mine"));
    let all = log.search(&SearchRequest { access: access.clone(), ..request("*", 10) });
    assert_eq!((bodies(&all), all.outcome.scanned_records), (vec!["one".into(), "three".into()], 2));
    let table = log.search(&SearchRequest { access, ..request("* | count by container", 10) });
    assert_eq!(table.outcome.table.map(|table| table.rows.len()), Some(1));
}

#[test]
fn pipes_give_a_table_and_limit_the_newest() {
    let log = Log::new();
    log.commit("a", &[(1, "x"), (2, "x"), (3, "y")]);
    log.commit("b", &[(4, "x")]);
    let table = log.search(&request("x | count by container", 1000)).outcome.table;
    let table = table.map(|table| table.rows.iter().map(|row| format!("{row:?}")).collect::<Vec<_>>());
    assert_eq!(table, Some(vec![r#"[Text("a"), Integer(2)]"#.into(), r#"[Text("b"), Integer(1)]"#.into()]));
    let two = log.search(&request("x | limit 2", 1000));
    assert_eq!(
        (two.records.iter().map(|record| record.time).collect::<Vec<_>>(), two.outcome.more),
        (vec![2, 4], true)
    );
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
