//! The traps of the field notes that concern files, each by its name.

use std::fs;
use std::time::{Duration, Instant};

use logboom_model::{Flags, Stream};

use crate::fake_docker::{CUT, FakeContainer, FakeDocker, pass};
use crate::memory_log::{DEADLINE, MemoryLog, start};

#[test]
fn partial_stdout_full_stderr_rest_of_stdout() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    let time = web.now();
    web.record("stdout", "one ", time);
    web.err("whole");
    web.record("stdout", "line\n", time);
    log.expect_lines(&web.id, &["whole", "one line"]);
}

#[test]
fn equal_timestamps_across_streams() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let mut web = docker.run("web");
    let time = web.now();
    let source = start(docker.root(), &log);
    for (stream, text) in [("stdout", "a\n"), ("stderr", "b\n"), ("stdout", "c\n"), ("stderr", "d\n")] {
        web.record(stream, text, time);
    }
    log.expect_lines(&web.id, &["a", "b", "c", "d"]);
    source.stop();
    let log = log.reopened();
    web.record("stdout", "e\n", time);
    let _source = start(docker.root(), &log);
    log.expect_lines(&web.id, &["a", "b", "c", "d", "e"]);
}

#[test]
fn a_partial_split_over_a_rotation_boundary() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.create("web");
    (web.max_size, web.max_file) = (20_000, 3);
    web.start();
    let line = "0123456789".repeat(4_000);
    web.out(&line);
    web.out("next");
    assert!(web.rotated_path(1).exists());
    log.expect_lines(&web.id, &[line.as_str(), "next"]);
}

#[test]
fn a_partial_split_over_a_restart_of_logboom() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.run("web");
    let time = web.now();
    web.record("stdout", "begin ", time);
    web.err("between");
    log.expect_lines(&web.id, &["between"]);
    source.stop();
    web.record("stdout", "end\n", time);
    let log = log.reopened();
    let _source = start(docker.root(), &log);
    log.expect_lines(&web.id, &["between", "begin end"]);
}

#[test]
fn a_partial_split_over_a_rotation_and_a_restart() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.create("web");
    web.max_file = 5;
    web.start();
    web.out("first");
    let time = web.now();
    web.record("stdout", "begin ", time);
    web.rotate();
    web.err("in the second file");
    log.expect_lines(&web.id, &["first", "in the second file"]);
    source.stop();
    web.rotate();
    web.record("stdout", "end\n", time);
    let log = log.reopened();
    let _source = start(docker.root(), &log);
    log.expect_lines(&web.id, &["first", "in the second file", "begin end"]);
    assert!(log.gaps().is_empty(), "{:?}", log.gaps());
}

#[test]
fn docker_run_rm_printing_one_line() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut ids = Vec::new();
    for round in 0..25 {
        let mut jobs = Vec::new();
        for number in 4 * round..4 * round + 4 {
            let mut job = docker.create_with(&format!("job-{number}"), |job| {
                job.labels.insert("com.docker.compose.service".into(), format!("service-{number}"));
            });
            job.start();
            job.out(&format!("line {number}"));
            job.die(0);
            jobs.push(job);
        }
        // Docker takes at least so long from here to the removal.
        pass(Duration::from_millis(140));
        ids.extend(jobs.into_iter().map(FakeContainer::remove));
    }
    for (number, id) in ids.iter().enumerate() {
        log.expect_lines(id, &[format!("line {number}")]);
        let row =
            log.rows().into_iter().find(|row| row.container == *id && row.stream == Stream::Stdout).unwrap();
        assert_eq!((row.name, row.service), (format!("job-{number}"), format!("service-{number}")));
    }
    assert!(log.gaps().is_empty(), "{:?}", log.gaps());
    log.wait_until("positions of drained and gone files are pruned", |log| {
        !log.keys().iter().any(|key| key.starts_with("docker/position/"))
    });
}

#[test]
fn a_file_under_one_kib_and_two_files_with_the_same_first_kib() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let head = "same ".repeat(400);
    let (mut one, mut two) = (docker.run("one"), docker.run("two"));
    one.max_file = 3;
    for container in [&mut one, &mut two] {
        container.out(&head);
        container.out("small");
    }
    one.rotate();
    one.out(&head);
    log.expect_lines(&one.id, &[head.as_str(), "small", head.as_str()]);
    log.expect_lines(&two.id, &[head.as_str(), "small"]);
    source.stop();
    let log = log.reopened();
    one.out("after");
    two.out("after");
    let _source = start(docker.root(), &log);
    log.expect_lines(&one.id, &[head.as_str(), "small", head.as_str(), "after"]);
    log.expect_lines(&two.id, &[head.as_str(), "small", "after"]);
}

#[test]
fn restart_against_recreate() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.out("first run");
    web.die(0);
    web.start();
    web.out("second run");
    log.expect_lines(&web.id, &["first run", "second run"]);
    web.die(0);
    let old = web.remove();
    let mut web = docker.run("web");
    assert_ne!(old, web.id);
    web.out("another container");
    log.expect_lines(&web.id, &["another container"]);
    assert_eq!(log.lines(&old), ["first run", "second run"]);
}

#[test]
fn a_line_of_exactly_16384_bytes() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    let lines = [CUT - 1, CUT, CUT + 1, 2 * CUT].map(|length| "x".repeat(length));
    for line in &lines {
        web.out(line);
    }
    assert!(fs::read_to_string(web.log_path()).unwrap().contains("{\"log\":\"\\n\""));
    log.expect_lines(&web.id, &lines);
}

#[test]
fn no_newline_at_exit() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.out("whole");
    web.fragment("stdout", "no newline at end");
    web.die(0);
    let began = Instant::now();
    log.expect_lines(&web.id, &["whole", "no newline at end"]);
    assert!(began.elapsed() < Duration::from_secs(5), "flushed at the exit, not at its age");
    let last = log.rows().into_iter().rfind(|row| row.stream == Stream::Stdout).unwrap();
    assert!(last.flags.contains(Flags::PARTIAL));
    // The next run must not be glued to it.
    web.start();
    web.out("next run");
    log.expect_lines(&web.id, &["whole", "no newline at end", "next run"]);
}

#[test]
fn no_newline_at_exit_and_the_next_run_in_one_look() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.out("whole");
    log.expect_lines(&web.id, &["whole"]);
    source.stop();
    web.fragment("stdout", "first run's rest");
    web.die(0);
    web.start();
    web.out("second run");
    let log = log.reopened();
    let _source = start(docker.root(), &log);
    log.expect_lines(&web.id, &["whole", "first run's rest", "second run"]);
}

#[test]
fn tty_containers_and_bytes_that_are_not_utf8_and_control_characters() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    let time = web.now();
    web.record("stdout", "tty\r\n", time);
    web.out("\0 \u{1b}[31m \u{2028} \u{fffd}");
    log.expect_lines(&web.id, &["tty\r", "\0 \u{1b}[31m \u{2028} \u{fffd}"]);
}

#[test]
fn a_line_that_is_no_record_is_kept() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.out("before");
    web.raw(b"{\"log\":\"torn{\"log\":1}\n");
    web.out("after");
    log.expect_lines(&web.id, &["before", "{\"log\":\"torn{\"log\":1}", "after"]);
    assert!(log.rows().iter().any(|row| row.flags.contains(Flags::UNDECODED)));
}

#[test]
fn a_line_without_its_end_waits() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.out("whole");
    web.raw(b"{\"log\":\"half\\n\",\"stream\":\"stdout\",");
    log.expect_lines(&web.id, &["whole"]);
    source.stop();
    let log = log.reopened();
    let _source = start(docker.root(), &log);
    web.raw(b"\"time\":\"2026-11-22T09:13:00.5Z\"}\n");
    log.expect_lines(&web.id, &["whole", "half"]);
}

#[test]
fn clock_set_back_an_hour() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.max_file = 3;
    let hour_ahead = web.now() + 3_600_000_000_000;
    web.record("stdout", "ahead\n", hour_ahead);
    web.out("back");
    web.rotate();
    web.out("back again");
    log.expect_lines(&web.id, &["ahead", "back", "back again"]);
    source.stop();
    web.out("after a restart");
    let log = log.reopened();
    let _source = start(docker.root(), &log);
    log.expect_lines(&web.id, &["ahead", "back", "back again", "after a restart"]);
}

#[test]
fn a_thousand_idle_containers_cost_little_time() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let mut idle: Vec<_> = (0..300).map(|number| docker.run(&format!("idle-{number}"))).collect();
    let _source = start(docker.root(), &log);
    idle[7].out("hello");
    let began = Instant::now();
    log.expect_lines(&idle[7].id, &["hello"]);
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[test]
fn one_that_shouts_does_not_keep_another_from_being_heard() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let (mut loud, mut quiet) = (docker.run("loud"), docker.run("quiet"));
    let _source = start(docker.root(), &log);
    log.set_full(true);
    let line = "x".repeat(1000);
    (0..30_000).for_each(|_| loud.out(&line));
    quiet.out("psst");
    log.set_full(false);
    log.wait_until("the quiet one", |log| log.lines(&quiet.id) == ["psst"]);
    assert!(log.lines(&loud.id).len() < 30_000, "it was heard before the loud one was done");
    log.wait_until("the loud one", |log| log.lines(&loud.id).len() == 30_000);
}

#[test]
fn latency_from_write_to_row() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    let mut worst = Duration::ZERO;
    for number in 0..50 {
        let began = Instant::now();
        web.out(&format!("{number}"));
        while log.lines(&web.id).len() <= number {
            assert!(began.elapsed() < DEADLINE);
            std::thread::yield_now();
        }
        worst = worst.max(began.elapsed());
    }
    assert!(worst < Duration::from_millis(300), "{worst:?}");
}
