//! The first start on a host with history.

use std::time::Duration;

use logboom_model::Flags;
use logboom_sources::docker::{Backlog, DockerOptions};

use crate::fake_docker::{FakeContainer, FakeDocker};
use crate::memory_log::{MemoryLog, options, start_with};

const HOUR: i64 = 3_600_000_000_000;

fn backlog(log: &MemoryLog, id: &str, flagged: bool) -> Vec<String> {
    let rows = log.rows();
    let of = rows.iter().filter(|row| {
        row.container == id
            && !row.flags.contains(Flags::LIFECYCLE)
            && row.flags.contains(Flags::BACKLOG) == flagged
    });
    of.map(|row| row.body.clone()).collect()
}

fn with(docker: &FakeDocker, backlog: Backlog) -> DockerOptions {
    DockerOptions { backlog, ..options(docker.root()) }
}

/// `old 0` 48 hours ago … `old 47` an hour ago, a file for every ten of them.
fn with_history(docker: &mut FakeDocker, compress: bool) -> FakeContainer {
    let mut web = docker.run("web");
    (web.max_file, web.compress) = (10, compress);
    let now = web.now();
    for number in 0..48_i64 {
        if number > 0 && number % 10 == 0 {
            web.rotate();
        }
        web.record("stdout", &format!("old {number}\n"), now - (48 - number) * HOUR);
    }
    web
}

fn old(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("old {number}")).collect()
}

#[test]
fn none_reads_from_the_end() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let mut web = with_history(&mut docker, false);
    let _source = start_with(with(&docker, Backlog::None), &log);
    web.out("new");
    log.expect_lines(&web.id, &["new"]);
    assert!(backlog(&log, &web.id, true).is_empty());
    // A container created after the first start is read from its beginning.
    let mut young = docker.run("young");
    young.out("all of it");
    log.expect_lines(&young.id, &["all of it"]);
}

#[test]
fn all_fills_in_behind_the_live_lines() {
    for compress in [false, true] {
        let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
        let mut web = with_history(&mut docker, compress);
        let _source = start_with(with(&docker, Backlog::All), &log);
        web.out("new");
        log.wait_until("all", |log| log.lines(&web.id).len() == 49);
        assert_eq!(backlog(&log, &web.id, true), old(0..48), "compress={compress}");
        assert_eq!(backlog(&log, &web.id, false), ["new"]);
        log.wait_until("its position is gone", |log| {
            !log.keys().iter().any(|key| key.starts_with("docker/backlog/"))
        });
    }
}

#[test]
fn by_age() {
    for compress in [false, true] {
        let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
        let mut web = with_history(&mut docker, compress);
        let age = Duration::from_secs(24 * 3600 + 60);
        let _source = start_with(with(&docker, Backlog::Age(age)), &log);
        web.out("new");
        log.wait_until("the last day", |log| log.lines(&web.id).len() == 25);
        assert_eq!(backlog(&log, &web.id, true), old(24..48), "compress={compress}");
    }
}

#[test]
fn by_bytes_the_newest_of_each_container() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let mut one = with_history(&mut docker, false);
    let mut two = with_history(&mut docker, false);
    let record = 80;
    let options = DockerOptions { backlog_bytes_max: 20 * record, ..with(&docker, Backlog::All) };
    let source = start_with(options, &log);
    assert!(source.status().detail.unwrap().contains("more than its share of the store"));
    for web in [&mut one, &mut two] {
        web.out("new");
        let id = web.id.clone();
        log.wait_until("its share", |log| {
            log.lines(&id).iter().any(|line| line == "old 47")
                && log.lines(&id).iter().any(|line| line == "new")
        });
        let lines = backlog(&log, &id, true);
        assert!((5..=12).contains(&lines.len()), "{lines:?}");
        assert_eq!(lines, old(48 - lines.len()..48));
    }
}

#[test]
fn a_kill_in_the_middle_of_the_backlog() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let mut web = docker.run("web");
    web.max_file = 50;
    let text = "z".repeat(10_000);
    for number in 0..500 {
        if number % 100 == 99 {
            web.rotate();
        }
        web.out(&format!("{number} {text}"));
    }
    let mut log = log;
    for round in 0..12 {
        log.kill_after(2);
        let source = start_with(with(&docker, Backlog::All), &log);
        web.out(&format!("live {round}"));
        log.wait_until("the kill, or all", |log| log.is_killed() || log.lines(&web.id).len() > 500 + round);
        drop(source);
        web.rotate();
        log = log.reopened();
    }
    let _source = start_with(with(&docker, Backlog::All), &log);
    log.wait_until("all", |log| log.lines(&web.id).len() >= 512);
    let expected: Vec<String> = (0..500).map(|number| format!("{number} {text}")).collect();
    let history: Vec<String> =
        log.lines(&web.id).into_iter().filter(|line| !line.starts_with("live")).collect();
    assert!(history == expected, "every line of the history once, in order: {}", history.len());
    let live: Vec<String> = log.lines(&web.id).into_iter().filter(|line| line.starts_with("live")).collect();
    assert_eq!(live, (0..12).map(|round| format!("live {round}")).collect::<Vec<_>>());
    assert!(log.gaps().is_empty(), "{:?}", log.gaps());
}

#[test]
fn the_present_begins_where_no_line_is_open() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let mut web = docker.run("web");
    web.out("history");
    let time = web.fragment("stdout", "begun before ");
    web.err("meanwhile");
    let _source = start_with(with(&docker, Backlog::All), &log);
    web.record("stdout", "ended after\n", time);
    log.wait_until("all", |log| log.lines(&web.id).len() == 3);
    let mut lines = log.lines(&web.id);
    lines.sort_unstable();
    assert_eq!(lines, ["begun before ended after", "history", "meanwhile"]);
}

#[test]
fn what_appeared_while_logboom_was_away_is_no_backlog() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start_with(with(&docker, Backlog::None), &log);
    source.stop();
    let mut web = docker.run("web");
    web.max_file = 3;
    web.out("one");
    web.rotate();
    web.out("two");
    let log = log.reopened();
    let _source = start_with(with(&docker, Backlog::None), &log);
    log.expect_lines(&web.id, &["one", "two"]);
    assert!(backlog(&log, &web.id, true).is_empty());
}
