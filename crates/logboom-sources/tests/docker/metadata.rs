//! Names, labels, who is ignored, what is shown.

use std::fs;

use crate::fake_docker::FakeDocker;
use crate::memory_log::{MemoryLog, options, start, start_with};

#[test]
fn a_container_renamed() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("old");
    web.out("one");
    log.expect_lines(&web.id, &["one"]);
    web.rename("new");
    log.wait_until("the rename", |log| log.story(&web.id).len() == 2);
    web.out("two");
    log.expect_lines(&web.id, &["one", "two"]);
    let names: Vec<String> = log
        .rows()
        .into_iter()
        .filter(|row| row.body == "one" || row.body == "two")
        .map(|row| row.name)
        .collect();
    assert_eq!(names, ["old", "new"]);
}

#[test]
fn lines_wait_for_the_name() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.create("web");
    let config = fs::read(web.path.join("config.v2.json")).unwrap();
    fs::remove_file(web.path.join("config.v2.json")).unwrap();
    // The source must have seen the folder without its config.
    while !source.containers().iter().any(|shown| shown.id == web.id) {
        std::thread::park_timeout(std::time::Duration::from_millis(1));
    }
    web.start();
    fs::remove_file(web.path.join("config.v2.json")).unwrap();
    web.out("early");
    fs::write(web.path.join(".tmp"), config).unwrap();
    fs::rename(web.path.join(".tmp"), web.path.join("config.v2.json")).unwrap();
    log.expect_lines(&web.id, &["early"]);
    let row = log.rows().into_iter().find(|row| row.body == "early").unwrap();
    assert_eq!(row.name, "web");
}

#[test]
fn without_any_config_lines_are_collected_all_the_same() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let _source = start(docker.root(), &log);
    let mut web = docker.run("web");
    fs::remove_file(web.path.join("config.v2.json")).unwrap();
    web.out("nameless");
    log.expect_lines(&web.id, &["nameless"]);
}

#[test]
fn who_is_not_collected() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let own = docker.create("logboom");
    let options = logboom_sources::docker::DockerOptions {
        own_container: Some(own.id.clone()),
        ..options(docker.root())
    };
    let source = start_with(options, &log);
    let mut containers = vec![own];
    for (name, label, value) in [
        ("a", "logboom.ignore", "true"),
        ("b", "logboom.ignore", ""),
        ("c", "co.elastic.logs/enabled", "false"),
    ] {
        containers.push(docker.create_with(name, |container| {
            container.labels.insert(label.to_owned(), value.to_owned());
        }));
    }
    containers.push(docker.create_with("d", |container| container.env.push("LOGSPOUT=ignore".to_owned())));
    for container in &mut containers {
        container.start();
        container.out("never seen");
    }
    let mut seen = docker.run("seen");
    seen.out("seen");
    log.expect_lines(&seen.id, &["seen"]);
    for container in containers {
        assert!(log.lines(&container.id).is_empty(), "{}", container.name);
        assert!(log.story(&container.id).is_empty(), "{}", container.name);
        let shown = source.containers().into_iter().find(|shown| shown.id == container.id).unwrap();
        assert!(shown.via.starts_with("ignored: "), "{}", shown.via);
    }
}

#[test]
fn another_driver_is_said_in_words() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.create("web");
    web.driver = "journald".to_owned();
    web.write_host_config();
    web.write_config();
    let shown =
        |via: &str| source.containers().iter().any(|shown| shown.id == web.id && shown.via.contains(via));
    log.wait_until("the card", |_| shown("logging driver journald"));
}

#[test]
fn what_is_shown() {
    let (mut docker, log) = (FakeDocker::new(), MemoryLog::new());
    let source = start(docker.root(), &log);
    let mut web = docker.run("web");
    web.out("one");
    web.out("two");
    log.expect_lines(&web.id, &["one", "two"]);
    let find = || source.containers().into_iter().find(|shown| shown.id == web.id).unwrap();
    log.wait_until("the card", |_| find().records == 2 && find().state == "running");
    let shown = find();
    assert_eq!(
        (shown.name.as_str(), shown.image.as_str(), shown.service.as_str()),
        ("web", "bb:1.36", "web")
    );
    assert_eq!((shown.via.as_str(), shown.lag_bytes), ("files", 0));
    assert!(shown.last_time.is_some());
    let status = source.status();
    assert_eq!((status.state.as_str(), status.class.as_str(), status.containers), ("running", "exact", 1));
    assert!(status.records >= 2 && status.bytes > 0 && status.decode_errors == 0);
    web.die(0);
    let id = web.remove();
    log.wait_until("gone", |_| {
        source.containers().iter().any(|shown| shown.id == id && shown.state == "removed")
    });
    source.stop();
    assert_eq!(source.status().state, "stopped");
}

#[test]
fn a_root_that_is_not_there_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::new();
    let source = start(&folder.path().join("later"), &log);
    log.wait_until("it says so", |_| source.status().state == "waiting");
}
