//! `logboom up` from start to stop.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::Command;
use std::time::Duration;

use crate::daemon::{Host, mode, stderr, wait_for};

/// What a graceful stop may take (README, DESIGN §6).
const STOP: Duration = Duration::from_secs(5);

#[test]
fn sigterm_stops_within_five_seconds_and_loses_nothing() {
    let host = Host::new();
    let mut web = host.container(1, "web");
    let mut daemon = host.up(&[]);
    web.print((0..20_000).map(|number| format!("row {number}")));
    wait_for("the first rows", || Some(host.search("row")).filter(|lines| !lines.is_empty()));
    let (status, took) = daemon.terminate();
    assert_eq!(status.code(), Some(0), "{}", daemon.rest_of_messages());
    assert!(took < STOP, "{took:?}");
    let _daemon = host.up(&[]);
    wait_for("the last row", || Some(host.search("\"row 19999\"")).filter(|lines| lines.len() == 1));
    let bodies = host.search("row");
    assert_eq!(bodies.len(), 10_000, "the newest of the limit");
    assert_eq!(bodies.last().map(String::as_str), Some("row 19999"));
    let lifecycle = host.search("service_name:logboom kind:lifecycle");
    assert_eq!(lifecycle, ["logboom started", "logboom stopped", "logboom started"]);
}

#[test]
fn a_second_signal_ends_it_at_once_and_the_first_is_enough() {
    let host = Host::new();
    let mut daemon = host.up(&[]);
    daemon.signal("INT");
    daemon.signal("INT");
    daemon.wait();
}

#[test]
fn a_second_instance_is_told_who_has_the_directory() {
    let host = Host::new();
    let daemon = host.up(&[]);
    let mut second = host.spawn(&[]);
    assert_eq!(second.wait().code(), Some(1));
    let messages = second.rest_of_messages();
    assert!(messages.contains(&host.data_dir().display().to_string()), "{messages}");
    assert!(messages.contains(&daemon.pid().to_string()), "{messages}");
    assert!(host.read(&["status"]).status.success());
}

#[test]
fn the_data_directory_is_its_owners_alone() {
    let host = Host::new();
    let _daemon = host.up(&[]);
    assert_eq!((mode(&host.data_dir()), mode(&host.data_dir().join("token"))), (0o700, 0o600));
}

#[test]
fn an_address_that_others_reach_needs_tls_or_a_word() {
    let host = Host::new();
    let mut daemon = host.spawn(&["--listen", "0.0.0.0:0"]);
    assert_eq!(daemon.wait().code(), Some(1));
    let messages = daemon.rest_of_messages();
    assert!(messages.contains("can be reached from other machines"), "{messages}");
}

#[test]
fn a_missing_docker_root_is_named_and_waited_for() {
    let host = Host::new();
    std::fs::remove_dir(host.docker_root().join("containers")).unwrap();
    let daemon = host.spawn(&[]);
    let messages = daemon.wait_for_message("ready");
    assert!(messages.contains("--docker-root"), "{messages}");
    std::fs::create_dir(host.docker_root().join("containers")).unwrap();
    let mut web = host.container(1, "web");
    web.print(["late but here"]);
    wait_for("the line", || Some(host.search("late")).filter(|lines| lines.len() == 1));
}

#[test]
fn stdout_gets_what_its_query_finds_and_nothing_of_logboom_itself() {
    let host = Host::new();
    let mut web = host.container(1, "web");
    let mut daemon = host.up(&["stdout:?logboom.where=wanted", "--log-level", "debug"]);
    web.print(["not this", "wanted 1", "nor this", "wanted 2"]);
    daemon.wait_for_line("wanted 1");
    let line = daemon.wait_for_line("wanted 2");
    let record: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&record["body"], &record["container_name"]), (&"wanted 2".into(), &"web".into()));
    assert_eq!(daemon.terminate().0.code(), Some(0));
    assert_eq!(daemon.rest_of_lines(), Vec::<String>::new());
}

#[test]
fn sighup_changes_sinks_and_refuses_mistakes() {
    let host = Host::new();
    let mut web = host.container(1, "web");
    let file = host.write("logboom.yaml", "sinks: []\n");
    let daemon = host.up(&["--config", file.to_str().unwrap()]);
    host.write("logboom.yaml", "sinks: [{ uri: \"nowhere:\" }]\n");
    daemon.signal("HUP");
    let messages = daemon.wait_for_message("nothing was reloaded");
    assert!(messages.contains("logboom.yaml:1:16: sinks[0].uri"), "{messages}");
    host.write("logboom.yaml", "sinks: [{ uri: \"stdout:\", where: wanted }]\nstore: { max_bytes: 1GiB }\n");
    daemon.signal("HUP");
    let messages = daemon.wait_for_message("reloaded");
    assert!(messages.contains("store") && messages.contains("restart"), "{messages}");
    web.print(["wanted"]);
    daemon.wait_for_line("\"body\":\"wanted\"");
}

#[test]
fn a_data_directory_that_cannot_be_made_is_named() {
    let host = Host::new();
    let file = host.write("in-the-way", "");
    let mut command = crate::daemon::logboom();
    let output = command.args(["up", "--data-dir"]).arg(file.join("data")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("in-the-way/data"), "{}", stderr(&output));
}

#[test]
fn a_root_that_may_not_be_read_is_named_with_the_capability_and_tried_again() {
    let setpriv =
        Command::new("setpriv").arg("--version").output().is_ok_and(|output| output.status.success());
    let host = Host::new();
    let containers = host.docker_root().join("containers");
    let mut web = host.container(1, "web");
    web.print(["a line"]);
    if !setpriv || std::fs::metadata(&containers).unwrap().uid() != 0 {
        eprintln!("skipped: needs root and setpriv, to become somebody who may not read");
        return;
    }
    std::fs::set_permissions(&containers, Permissions::from_mode(0o700)).unwrap();
    let daemon = host.spawn_through(&["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], &[]);
    let messages = daemon.wait_for_message("ready");
    assert!(messages.contains("user 65534") && messages.contains("CAP_DAC_READ_SEARCH"), "{messages}");
    std::fs::set_permissions(&containers, Permissions::from_mode(0o755)).unwrap();
    wait_for("the line", || Some(host.search("\"a line\"")).filter(|lines| lines.len() == 1));
}

#[test]
fn a_closed_standard_error_does_not_stop_the_collecting() {
    let host = Host::new();
    let mut web = host.container(1, "web");
    let mut daemon = host.spawn(&["--log-level", "debug"]);
    daemon.close_messages();
    wait_for("the start", || host.read(&["status", "--output", "json"]).status.success().then_some(()));
    daemon.signal("HUP");
    web.print(["unheard but stored"]);
    wait_for("the line", || Some(host.search("unheard")).filter(|lines| lines.len() == 1));
    assert_eq!(daemon.terminate().0.code(), Some(0));
}
