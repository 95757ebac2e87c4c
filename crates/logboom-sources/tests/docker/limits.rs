//! What happens when something is exhausted.

use logboom_model::GapReason;
use logboom_sources::docker::DockerOptions;

use crate::fake_docker::FakeDocker;
use crate::memory_log::{MemoryLog, options, start, start_with};

#[test]
fn inotify_exhausted_falls_back_to_polling() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start_with(DockerOptions { watch: false, ..options(docker.root()) }, &log);
    let mut web = docker.create("web");
    (web.max_size, web.max_file) = (500, 4);
    web.start();
    for round in 0..3 {
        web.out(&format!("line {round}"));
        web.rename(&format!("web-{round}"));
        log.wait_until("the round", |log| log.lines(&web.id).len() == round + 1);
    }
    assert!(log.gaps().is_empty(), "{:?}", log.gaps());
    let status = source.status();
    assert_eq!(status.state, "degraded");
    assert!(status.detail.unwrap().contains("polled"));
    let id = web.remove();
    log.wait_until("its end", |log| log.story(&id).last().is_some_and(|row| row == "container removed"));
}

#[test]
fn polling_cannot_prove_that_nothing_was_rotated_away() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start_with(DockerOptions { watch: false, ..options(docker.root()) }, &log);
    let mut web = docker.run("web");
    web.unlinks = true;
    web.out("first");
    log.expect_lines(&web.id, &["first"]);
    web.rotate();
    web.out("second");
    log.expect_lines(&web.id, &["first", "second"]);
    let reasons: Vec<(GapReason, u64)> = log.gaps().iter().map(|gap| (gap.reason, gap.count)).collect();
    assert_eq!(reasons, [(GapReason::SourceRotatedAway, 0)]);
}

#[test]
fn deleted_files_kept_open_are_bounded() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let options = DockerOptions { deleted_open_bytes_max: 1 << 20, ..options(docker.root()) };
    let _source = start_with(options, &log);
    let mut web = docker.run("web");
    web.unlinks = true;
    web.out("first");
    log.expect_lines(&web.id, &["first"]);
    log.set_full(true);
    let line = "x".repeat(10_000);
    for _ in 0..10 {
        (0..30).for_each(|_| web.out(&line));
        crate::rotation::wait_until_opened(&web);
        web.rotate();
    }
    web.out("last");
    // It may keep a submission of 1 MiB besides.
    log.wait_until("it lets go", |_| deleted_bytes(docker.root()) <= 2 << 20);
    log.set_full(false);
    log.wait_until("the last line", |log| log.lines(&web.id).last().is_some_and(|line| line == "last"));
    let gaps = log.gaps();
    assert!(!gaps.is_empty() && gaps.iter().all(|gap| gap.reason == GapReason::OpenFilesLimit), "{gaps:?}");
    assert!(gaps.iter().all(|gap| gap.bytes.is_some_and(|bytes| bytes > 0)));
}

/// Bytes of deleted files below a folder that this process holds open.
fn deleted_bytes(root: &std::path::Path) -> u64 {
    let root = root.to_str().unwrap();
    let descriptors = std::fs::read_dir("/proc/self/fd").unwrap().filter_map(Result::ok);
    let deleted = descriptors.filter(|entry| {
        std::fs::read_link(entry.path())
            .is_ok_and(|to| to.to_str().is_some_and(|to| to.starts_with(root) && to.ends_with("(deleted)")))
    });
    deleted.filter_map(|entry| Some(std::fs::metadata(entry.path()).ok()?.len())).sum()
}

#[test]
fn a_line_longer_than_a_turn_among_others() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let mut web = docker.run("web");
    let long = "y".repeat(1_200_000);
    web.raw(format!("{long}\n").as_bytes());
    let expected: Vec<String> = (0..20_000).map(|number| format!("line {number}")).collect();
    expected.iter().for_each(|line| web.out(line));
    log.set_state("docker/started", b"12345678");
    let _source = start(docker.root(), &log);
    log.wait_until("the last line", |log| log.lines(&web.id).last() == expected.last());
    let lines = log.lines(&web.id);
    let pieces = lines.len() - expected.len();
    assert_eq!(lines[..pieces].concat(), long);
    assert_eq!(lines[pieces..], expected);
    assert!(log.gaps().is_empty(), "{:?}", log.gaps());
}

#[test]
fn a_line_longer_than_any_record_comes_in_pieces() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.out("before");
    let monster = vec![b'x'; 5 << 20];
    web.raw(&monster);
    web.raw(b"\n");
    web.out("after");
    log.wait_until("after", |log| log.lines(&web.id).last().is_some_and(|line| line == "after"));
    let lines = log.lines(&web.id);
    let bytes: usize = lines[1..lines.len() - 1].iter().map(String::len).sum();
    assert_eq!((lines[0].as_str(), bytes), ("before", monster.len()));
}
