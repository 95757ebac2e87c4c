//! Lifecycle rows without an engine, from `config.v2.json` and removed folders.

use logboom_model::GapReason;

use crate::fake_docker::FakeDocker;
use crate::memory_log::{MemoryLog, start};

#[test]
fn the_story_of_a_container() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    let id = web.id.clone();
    log.wait_until("start", |log| log.story(&id).len() == 1);
    web.rename("shop");
    log.wait_until("rename", |log| log.story(&id).len() == 2);
    web.die(3);
    log.wait_until("die", |log| log.story(&id).len() == 3);
    web.start();
    log.wait_until("second start", |log| log.story(&id).len() == 4);
    web.die(0);
    log.wait_until("second die", |log| log.story(&id).len() == 5);
    web.remove();
    log.wait_until("destroy", |log| log.story(&id).len() == 6);
    assert_eq!(
        log.story(&id),
        [
            "container started",
            "container renamed from web",
            "container exited with code 3",
            "container started",
            "container exited with code 0",
            "container removed"
        ]
    );
}

#[test]
fn a_restart_of_logboom_tells_nothing_twice() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.run("web");
    let id = web.id.clone();
    log.wait_until("start", |log| log.story(&id).len() == 1);
    source.stop();
    let log = log.reopened();
    let source = start(docker.root(), &log);
    web.out("a line");
    log.expect_lines(&id, &["a line"]);
    assert_eq!(log.story(&id), ["container started"]);
    source.stop();
    web.die(1);
    let log = log.reopened();
    let _source = start(docker.root(), &log);
    log.wait_until("die", |log| log.story(&id).len() == 2);
    assert_eq!(log.story(&id), ["container started", "container exited with code 1"]);
}

#[test]
fn what_runs_at_the_first_start_is_not_told() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let mut web = docker.run("web");
    let _source = start(docker.root(), &log);
    web.out("a line");
    log.wait_until("the line", |log| !log.lines(&web.id).is_empty());
    assert!(log.story(&web.id).is_empty());
    web.die(0);
    log.wait_until("die", |log| log.story(&web.id) == ["container exited with code 0"]);
}

#[test]
fn removed_while_logboom_was_away() {
    for drained in [false, true] {
        let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
        let source = start(docker.root(), &log);
        let mut web = docker.run("web");
        web.out("seen");
        log.expect_lines(&web.id, &["seen"]);
        if drained {
            web.die(0);
            log.wait_until("die", |log| log.story(&web.id).len() == 2);
            log.wait_until("drained", |log| {
                log.keys().iter().any(|key| key.starts_with("docker/container/"))
            });
            // The end of the file is looked at after the exit was told.
            web.rename("web2");
            log.wait_until("another look", |log| log.story(&web.id).len() == 3);
        }
        source.stop();
        let id = web.remove();
        let log = log.reopened();
        let _source = start(docker.root(), &log);
        log.wait_until("the removal", |log| {
            log.story(&id).last().is_some_and(|row| row == "container removed")
        });
        let reasons: Vec<GapReason> = log.gaps().iter().map(|gap| gap.reason).collect();
        let expected = if drained { vec![] } else { vec![GapReason::ContainerUnseen] };
        assert_eq!(reasons, expected, "drained={drained}");
        assert!(!log.keys().iter().any(|key| key.starts_with("docker/position/")));
    }
}
