//! Truncation by outsiders and by power loss.

use logboom_model::{CountKind, GapReason};

use crate::fake_docker::FakeDocker;
use crate::memory_log::{MemoryLog, start};

#[track_caller]
fn assert_one_gap(log: &MemoryLog) {
    let gaps = log.gaps();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!((gaps[0].reason, gaps[0].count_kind), (GapReason::SourceTruncated, CountKind::Unknown));
}

#[test]
fn truncate_before_the_first_rotation() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.out("one");
    web.out("two");
    log.expect_lines(&web.id, &["one", "two"]);
    web.truncate();
    web.out("three");
    log.expect_lines(&web.id, &["one", "two", "three"]);
    assert_one_gap(&log);
}

#[test]
fn truncate_after_a_rotation_leaves_a_sparse_file() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.max_file = 2;
    web.rotate();
    web.out("one");
    web.out("two");
    log.expect_lines(&web.id, &["one", "two"]);
    // Docker's descriptor keeps its offset: the file begins with NULs now.
    web.truncate();
    web.out("three");
    assert_eq!(std::fs::read(web.log_path()).unwrap()[0], 0);
    log.expect_lines(&web.id, &["one", "two", "three"]);
    assert_one_gap(&log);
    web.out("four");
    log.expect_lines(&web.id, &["one", "two", "three", "four"]);
}

#[test]
fn truncate_a_huge_file_after_a_rotation() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.max_file = 2;
    web.rotate();
    web.out("one");
    log.expect_lines(&web.id, &["one"]);
    web.truncate();
    // A tebibyte of hole.
    web.seek_live(1 << 40);
    web.out("two");
    web.out("three");
    log.expect_lines(&web.id, &["one", "two", "three"]);
    assert_one_gap(&log);
}

#[test]
fn truncated_and_grown_past_the_offset() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.out("one");
    log.expect_lines(&web.id, &["one"]);
    log.set_full(true);
    // The reader is kept from looking: one row waits for room.
    web.out("blocks");
    std::thread::park_timeout(std::time::Duration::from_millis(1));
    web.truncate();
    for number in 0..1_000 {
        web.out(&format!("again {number}"));
    }
    log.set_full(false);
    log.wait_until("the last line", |log| log.lines(&web.id).last().is_some_and(|line| line == "again 999"));
    let lines: Vec<String> =
        log.lines(&web.id).into_iter().filter(|line| line.starts_with("again")).collect();
    assert_eq!(lines, (0..1_000).map(|number| format!("again {number}")).collect::<Vec<_>>());
    assert_one_gap(&log);
}

#[test]
fn truncated_and_grown_while_logboom_was_away() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.out("one");
    web.out("two");
    log.expect_lines(&web.id, &["one", "two"]);
    source.stop();
    web.truncate();
    (0..20).for_each(|number| web.out(&format!("again {number}")));
    let log = log.reopened();
    let source = start(docker.root(), &log);
    let mut expected = vec!["one".to_owned(), "two".to_owned()];
    expected.extend((0..20).map(|number| format!("again {number}")));
    log.expect_lines(&web.id, &expected);
    let gaps = log.gaps();
    // From outside, a file with another first record is another file.
    assert_eq!((gaps.len(), gaps[0].count_kind), (1, CountKind::Unknown), "{gaps:?}");
    source.stop();
    let log = log.reopened();
    let _source = start(docker.root(), &log);
    web.out("last");
    expected.push("last".to_owned());
    log.expect_lines(&web.id, &expected);
    assert_eq!(log.gaps().len(), 1, "told once");
}

#[test]
fn truncated_to_nothing_while_logboom_was_away_is_told_once() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.out("one");
    log.expect_lines(&web.id, &["one"]);
    source.stop();
    web.truncate();
    let mut log = log;
    for _ in 0..3 {
        log = log.reopened();
        let source = start(docker.root(), &log);
        log.wait_until("the gap", |log| !log.gaps().is_empty());
        source.stop();
    }
    assert_eq!(log.gaps().len(), 1, "{:?}", log.gaps());
    let log = log.reopened();
    let _source = start(docker.root(), &log);
    web.out("two");
    log.expect_lines(&web.id, &["one", "two"]);
}

#[test]
fn power_loss_of_dockers_own_file_then_grown_again() {
    for regrown in [3, 300] {
        let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
        let source = start(docker.root(), &log);
        let mut web = docker.run("web");
        (0..20).for_each(|number| web.out(&format!("line {number}")));
        let mut expected: Vec<String> = (0..20).map(|number| format!("line {number}")).collect();
        log.expect_lines(&web.id, &expected);
        source.stop();
        let size = std::fs::metadata(web.log_path()).unwrap().len();
        // In the middle of a record, as a disk leaves it.
        web.truncate_to(size / 2 + 7);
        web.start();
        (0..regrown).for_each(|number| web.out(&format!("after the loss {number}")));
        let log = log.reopened();
        let source = start(docker.root(), &log);
        log.wait_until("the last line", |log| {
            log.lines(&web.id)
                .last()
                .is_some_and(|line| line.ends_with(&format!("after the loss {}", regrown - 1)))
        });
        assert_one_gap(&log);
        // The first record after the loss is glued to the torn one: kept as it is.
        let lines = log.lines(&web.id);
        assert!(lines[20].contains("after the loss 0"), "{:?}", lines[20]);
        expected.push(lines[20].clone());
        expected.extend((1..regrown).map(|number| format!("after the loss {number}")));
        assert_eq!(lines, expected);
        source.stop();
        web.out("last");
        let log = log.reopened();
        let _source = start(docker.root(), &log);
        expected.push("last".to_owned());
        log.expect_lines(&web.id, &expected);
        assert_one_gap(&log);
    }
}

#[test]
fn power_loss_while_it_is_read_again_and_logboom_is_killed() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.run("web");
    let long = "x".repeat(2_000);
    let line = |number: usize| format!("{number} {long}");
    (0..1_000).for_each(|number| web.out(&line(number)));
    log.wait_until("all lines", |log| log.lines(&web.id).len() == 1_000);
    source.stop();
    let size = std::fs::metadata(web.log_path()).unwrap().len();
    web.truncate_to(size / 2);
    web.start();
    web.raw(b"\n");
    (1_000..2_000).for_each(|number| web.out(&line(number)));
    let mut log = log;
    for _ in 0..20 {
        log = log.reopened();
        log.kill_after(1);
        let source = start(docker.root(), &log);
        log.wait_until("the kill, or the end", |log| {
            log.is_killed() || log.lines(&web.id).last().is_some_and(|last| *last == line(1_999))
        });
        drop(source);
    }
    let log = log.reopened();
    let _source = start(docker.root(), &log);
    log.wait_until("the last line", |log| log.lines(&web.id).last().is_some_and(|last| *last == line(1_999)));
    // The torn record is a raw line.
    let lines: Vec<String> = log.lines(&web.id).into_iter().filter(|line| !line.starts_with('{')).collect();
    assert_eq!(lines.len(), 2_000);
    assert!(lines.iter().enumerate().all(|(number, text)| *text == line(number)));
}
