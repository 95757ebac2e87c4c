//! With an engine on the socket: the host's name, its events, and what was missed.

use logboom_model::{GapReason, Stream};
use logboom_sources::docker::DockerOptions;

use crate::fake_docker::FakeDocker;
use crate::fake_engine::FakeEngine;
use crate::memory_log::{MemoryLog, options, start_with};

fn with(docker: &FakeDocker, engine: &FakeEngine) -> DockerOptions {
    DockerOptions { engine: Some(engine.address()), host_name: String::new(), ..options(docker.root()) }
}

#[test]
fn the_host_has_the_engines_name() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let engine = FakeEngine::new(docker.root(), docker.root());
    let source = start_with(with(&docker, &engine), &log);
    let mut web = docker.run("web");
    web.out("a line");
    log.expect_lines(&web.id, &["a line"]);
    assert!(log.hosts().iter().all(|host| host == "vm"), "{:?}", log.hosts());
    assert!(source.status().detail.unwrap().contains("events from engine 20.10.24"));
    let asked = |what: &str| engine.requests().iter().any(|path| path.contains(what));
    log.wait_until("events asked for", |_| asked("/events?since="));
    assert!(asked("/version") && !asked("/v1.53"), "the version is negotiated: {:?}", engine.requests());
}

#[test]
fn another_engines_socket_is_not_used() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let engine = FakeEngine::new(docker.root(), std::path::Path::new("/srv/other"));
    let source = start_with(DockerOptions { host_name: "h".into(), ..with(&docker, &engine) }, &log);
    let mut web = docker.run("web");
    web.out("a line");
    log.expect_lines(&web.id, &["a line"]);
    log.wait_until("it says why", |_| {
        source.status().detail.is_some_and(|detail| detail.contains("/srv/other"))
    });
    assert!(!engine.requests().iter().any(|path| path.contains("/events")));
    assert_eq!(source.status().state, "running");
}

#[test]
fn each_transition_is_told_once_although_two_tell_it() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let engine = FakeEngine::new(docker.root(), docker.root());
    let _source = start_with(with(&docker, &engine), &log);
    let mut web = docker.run("web");
    let id = web.id.clone();
    engine.event(&id, "web", "start", web.now(), &[]);
    web.out("a line");
    web.die(3);
    engine.event(&id, "web", "die", web.now(), &[("exitCode", "3")]);
    // A restart between two looks: only the engine knows the exit code.
    web.start();
    engine.event(&id, "web", "start", web.now(), &[]);
    web.die(0);
    engine.event(&id, "web", "die", web.now(), &[("exitCode", "0")]);
    let time = web.now();
    web.remove();
    engine.event(&id, "web", "destroy", time, &[]);
    log.wait_until("its end", |log| log.story(&id).last().is_some_and(|row| row == "container removed"));
    // Another container's story comes later than anything more about the first.
    let other = docker.run("other");
    log.wait_until("another story", |log| !log.story(&other.id).is_empty());
    assert_eq!(
        log.story(&id),
        [
            "container started",
            "container exited with code 3",
            "container started",
            "container exited with code 0",
            "container removed"
        ]
    );
    assert_eq!(log.lines(&id), ["a line"]);
}

#[test]
fn a_socket_proxy_that_cuts_idle_streams() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let engine = FakeEngine::new(docker.root(), docker.root());
    let _source = start_with(with(&docker, &engine), &log);
    let mut web = docker.run("web");
    let id = web.id.clone();
    engine.event(&id, "web", "start", web.now(), &[]);
    log.wait_until("start", |log| log.story(&id).len() == 1);
    for round in 1..4 {
        engine.cut_streams();
        engine.event(&id, "web", "oom", web.now(), &[]);
        let time = web.now();
        engine.event(&id, &format!("web{round}"), "rename", time, &[("oldName", "/x")]);
        web.rename(&format!("web{round}"));
        log.wait_until("rename", |log| log.story(&id).len() == 2 + round);
    }
    let story = log.story(&id);
    assert_eq!(story.iter().filter(|row| row.contains("memory")).count(), 1, "{story:?}");
    assert_eq!(story.iter().filter(|row| row.contains("renamed")).count(), 3, "{story:?}");
}

#[test]
fn a_container_that_came_and_went_while_logboom_was_away() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let engine = FakeEngine::new(docker.root(), docker.root());
    let source = start_with(with(&docker, &engine), &log);
    let mut clock = docker.run("clock");
    let now = clock.now();
    engine.event(&clock.id, "clock", "start", now, &[]);
    log.wait_until("start", |log| log.story(&clock.id).len() == 1);
    source.stop();
    let id = "5".repeat(64);
    let ignored = "6".repeat(64);
    for (id, label) in [(&id, "app"), (&ignored, "logboom.ignore")] {
        engine.event(id, "job", "start", clock.now(), &[(label, "true")]);
        engine.event(id, "job", "die", clock.now(), &[(label, "true"), ("exitCode", "7")]);
        engine.event(id, "job", "destroy", clock.now(), &[(label, "true")]);
    }
    let mut log = log;
    for _ in 0..2 {
        log = log.reopened();
        let source = start_with(with(&docker, &engine), &log);
        log.wait_until("its story", |log| log.story(&id).len() >= 3);
        clock.out("go on");
        log.wait_until("the line", |log| log.lines(&clock.id).last().is_some_and(|line| line == "go on"));
        source.stop();
    }
    assert_eq!(log.story(&id), ["container started", "container exited with code 7", "container removed"]);
    let gaps = log.gaps();
    assert_eq!(gaps.len(), 1, "told once, also when the events are replayed again: {gaps:?}");
    assert_eq!((gaps[0].reason, gaps[0].stream), (GapReason::ContainerUnseen, Stream::None));
    assert_eq!(gaps[0].resource.container_name(), "job");
    assert!(log.story(&ignored).is_empty());
}

#[test]
fn seen_to_its_end_is_not_unseen() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let engine = FakeEngine::new(docker.root(), docker.root());
    let source = start_with(with(&docker, &engine), &log);
    let mut job = docker.run("job");
    let (start, line) = (job.now(), "a line");
    job.out(line);
    job.die(0);
    let (die, destroy) = (job.now(), job.now());
    log.expect_lines(&job.id, &[line]);
    let id = job.remove();
    log.wait_until("its end", |log| log.story(&id).len() == 3);
    source.stop();
    // The engine's events arrive only after the restart.
    engine.event(&id, "job", "start", start, &[]);
    engine.event(&id, "job", "die", die, &[("exitCode", "0")]);
    engine.event(&id, "job", "destroy", destroy, &[]);
    let log = log.reopened();
    let _source = start_with(with(&docker, &engine), &log);
    let mut other = docker.run("other");
    other.out("go on");
    log.expect_lines(&other.id, &["go on"]);
    log.wait_until("the other's story", |log| !log.story(&other.id).is_empty());
    assert_eq!(log.story(&id).len(), 3);
    assert!(log.gaps().is_empty(), "{:?}", log.gaps());
}

#[test]
fn everything_works_without_the_socket() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let options = DockerOptions {
        engine: Some(format!("unix://{}/nobody.sock", docker.root().display())),
        host_name: String::new(),
        ..options(docker.root())
    };
    let source = start_with(options, &log);
    let mut web = docker.run("web");
    web.out("a line");
    log.expect_lines(&web.id, &["a line"]);
    assert!(source.status().detail.unwrap().contains("nobody.sock"));
    assert!(!log.hosts()[0].is_empty(), "the kernel's name");
}
