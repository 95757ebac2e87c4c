//! Rotation, in all its windows.

use std::fs;

use logboom_model::{CountKind, GapReason, Stream};

use crate::fake_docker::{FakeContainer, FakeDocker};
use crate::memory_log::{MemoryLog, start};

fn numbered(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("line {number}")).collect()
}

fn write(container: &mut FakeContainer, range: std::ops::Range<usize>) {
    numbered(range).iter().for_each(|line| container.out(line));
}

#[test]
fn many_rotations_lose_and_double_nothing() {
    for (max_file, compress) in [(2, false), (5, false), (5, true)] {
        let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
        let _source = start(docker.root(), &log);
        let mut web = docker.create("web");
        (web.max_size, web.max_file, web.compress) = (1_000, max_file, compress);
        web.start();
        for number in 0..300 {
            web.out(&format!("line {number}"));
            log.wait_until("each line", |log| log.lines(&web.id).len() > number);
        }
        assert_eq!(log.lines(&web.id), numbered(0..300));
        assert!(log.gaps().is_empty(), "max-file={max_file}: {:?}", log.gaps());
    }
}

#[test]
fn the_live_name_is_missing_between_the_renames() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.max_file = 3;
    write(&mut web, 0..3);
    log.expect_lines(&web.id, &numbered(0..3));
    web.shift();
    web.rename_live();
    source.stop();
    let log = log.reopened();
    let _source = start(docker.root(), &log);
    web.create_live();
    write(&mut web, 3..6);
    log.expect_lines(&web.id, &numbered(0..6));
    assert!(log.gaps().is_empty(), "{:?}", log.gaps());
}

#[test]
fn max_file_1_renames_in_20_10_and_unlinks_since_23() {
    for unlinks in [false, true] {
        let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
        let _source = start(docker.root(), &log);
        let mut web = docker.run("web");
        web.unlinks = unlinks;
        for round in 0..20 {
            write(&mut web, round * 10..round * 10 + 10);
            log.wait_until("the round", |log| log.lines(&web.id).len() == round * 10 + 10);
            web.rotate();
        }
        assert_eq!(log.lines(&web.id), numbered(0..200));
        assert!(log.gaps().is_empty(), "unlinks={unlinks}: {:?}", log.gaps());
    }
}

#[test]
fn max_file_1_unlinked_while_the_journal_is_full() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.unlinks = true;
    web.out("line 0");
    log.expect_lines(&web.id, &numbered(0..1));
    log.set_full(true);
    for number in 1..20 {
        web.out(&format!("line {number}"));
        wait_until_opened(&web);
        web.rotate();
    }
    log.set_full(false);
    log.expect_lines(&web.id, &numbered(0..20));
    assert!(log.gaps().is_empty(), "{:?}", log.gaps());
}

/// Waits until this process has the live file open for reading besides for writing.
pub fn wait_until_opened(container: &FakeContainer) {
    let live = container.log_path();
    let until = std::time::Instant::now() + crate::memory_log::DEADLINE;
    loop {
        let descriptors = fs::read_dir("/proc/self/fd").unwrap();
        let open =
            descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).filter(|to| *to == live);
        if open.count() > 1 {
            return;
        }
        assert!(std::time::Instant::now() < until, "the live file was not opened");
        std::thread::park_timeout(std::time::Duration::from_millis(1));
    }
}

#[test]
fn rotation_too_fast_to_follow_is_a_gap() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.unlinks = true;
    web.out("line 0");
    log.expect_lines(&web.id, &numbered(0..1));
    // Faster than anyone can open files: each exists for microseconds.
    for number in 1..500 {
        web.rotate();
        web.out(&format!("line {number}"));
    }
    log.wait_until("the last line", |log| log.lines(&web.id).last().is_some_and(|line| line == "line 499"));
    log.wait_until("a gap", |log| !log.gaps().is_empty());
    let lines = log.lines(&web.id);
    let lost: u64 = log.gaps().iter().map(|gap| gap.count).sum();
    for gap in log.gaps() {
        assert_eq!((gap.reason, gap.count_kind), (GapReason::SourceRotatedAway, CountKind::AtLeast));
    }
    assert_eq!(lines.len() as u64 + lost, 500, "every line is there or counted as lost");
    let mut sorted = lines.clone();
    sorted.sort_by_key(|line| line[5..].parse::<u32>().unwrap());
    sorted.dedup();
    assert_eq!(lines, sorted, "in order, none twice");
}

#[test]
fn several_rotations_between_two_looks() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.create("web");
    (web.max_size, web.max_file) = (500, 50);
    web.start();
    write(&mut web, 0..200);
    log.expect_lines(&web.id, &numbered(0..200));
    assert!(log.gaps().is_empty(), "{:?}", log.gaps());
}

#[test]
fn inode_reused_at_once() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let mut web = docker.run("web");
    web.max_file = 2;
    let mut source = Some(start(docker.root(), &log));
    let mut log = log;
    for round in 0..10 {
        write(&mut web, round * 5..round * 5 + 5);
        log.expect_lines(&web.id, &numbered(0..round * 5 + 5));
        // Nobody holds the files while they are rotated, so the file system gives their inodes out again.
        drop(source.take());
        web.rotate();
        log = log.reopened();
        source = Some(start(docker.root(), &log));
    }
    assert!(log.gaps().is_empty(), "{:?}", log.gaps());
}

#[test]
fn rotated_while_logboom_was_away() {
    for compress in [false, true] {
        let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
        let source = start(docker.root(), &log);
        let mut web = docker.create("web");
        (web.max_size, web.max_file, web.compress) = (400, 20, compress);
        web.start();
        write(&mut web, 0..17);
        log.expect_lines(&web.id, &numbered(0..17));
        source.stop();
        write(&mut web, 17..60);
        let log = log.reopened();
        let _source = start(docker.root(), &log);
        log.expect_lines(&web.id, &numbered(0..60));
        assert!(log.gaps().is_empty(), "compress={compress}: {:?}", log.gaps());
    }
}

#[test]
fn rotated_away_while_logboom_was_away_is_a_gap() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.create("web");
    (web.max_size, web.max_file) = (400, 3);
    web.start();
    write(&mut web, 0..10);
    log.expect_lines(&web.id, &numbered(0..10));
    source.stop();
    write(&mut web, 10..100);
    let log = log.reopened();
    let _source = start(docker.root(), &log);
    log.wait_until("the last line", |log| log.lines(&web.id).last().is_some_and(|line| line == "line 99"));
    let gaps = log.gaps();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!((gaps[0].reason, gaps[0].count_kind), (GapReason::SourceRotatedAway, CountKind::Unknown));
    let lines = log.lines(&web.id);
    assert_eq!(lines[..10], numbered(0..10));
    let first: usize = lines[10][5..].parse().unwrap();
    assert_eq!(lines[10..], numbered(first..100));
}

#[test]
fn the_start_of_an_unfinished_line_is_gone() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.max_file = 2;
    web.out("first");
    web.fragment("stdout", "begins ");
    web.rotate();
    web.err("second");
    log.expect_lines(&web.id, &["first", "second"]);
    source.stop();
    fs::remove_file(web.rotated_path(1)).unwrap();
    web.fragment("stdout", "and ends\n");
    let log = log.reopened();
    let _source = start(docker.root(), &log);
    log.expect_lines(&web.id, &["first", "second", "and ends"]);
    let gaps = log.gaps();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!((gaps[0].reason, gaps[0].stream), (GapReason::SourceRotatedAway, Stream::Stdout));
}

#[test]
fn a_gz_that_is_still_growing_is_not_read() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let mut web = docker.run("web");
    (web.max_file, web.compress) = (5, true);
    write(&mut web, 0..50);
    web.shift();
    web.rename_live();
    web.create_live();
    let compressed = web.compressed(&web.rotated_path(1));
    fs::write(web.compressed_path(1), &compressed[..compressed.len() / 2]).unwrap();
    write(&mut web, 50..60);
    // Not the first start: everything from the beginning.
    log.set_state("docker/started", b"12345678");
    let _source = start(docker.root(), &log);
    log.expect_lines(&web.id, &numbered(0..60));
    fs::write(web.compressed_path(1), &compressed).unwrap();
    fs::remove_file(web.rotated_path(1)).unwrap();
    write(&mut web, 60..61);
    log.expect_lines(&web.id, &numbered(0..61));
    assert!(log.gaps().is_empty(), "{:?}", log.gaps());
}

#[test]
fn a_damaged_gz_is_a_gap_and_the_rest_is_read() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let mut web = docker.run("web");
    (web.max_file, web.compress) = (5, true);
    write(&mut web, 0..2_000);
    web.rotate();
    let compressed = fs::read(web.compressed_path(1)).unwrap();
    fs::write(web.compressed_path(1), &compressed[..compressed.len() / 2]).unwrap();
    write(&mut web, 2_000..2_010);
    log.set_state("docker/started", b"12345678");
    let _source = start(docker.root(), &log);
    log.wait_until("the last line", |log| log.lines(&web.id).last().is_some_and(|line| line == "line 2009"));
    assert_eq!(log.gaps()[0].reason, GapReason::SourceUnreadable);
    let lines = log.lines(&web.id);
    let before = lines.len() - 10;
    assert_eq!(lines[..before], numbered(0..before));
}

#[test]
fn rotation_while_every_destination_is_down() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.create("web");
    (web.max_size, web.max_file) = (50_000, 3);
    web.start();
    log.set_full(true);
    for number in 0..5_000 {
        web.out(&format!("line {number}"));
        if number % 250 == 0 {
            wait_until_opened(&web);
        }
    }
    log.set_full(false);
    log.expect_lines(&web.id, &numbered(0..5_000));
    assert!(log.gaps().is_empty(), "{:?}", log.gaps());
}
