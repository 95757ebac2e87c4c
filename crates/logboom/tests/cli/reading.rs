//! Reading commands against a running logboom and against its data directory.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::daemon::{Host, logboom, run, stderr, stdout, wait_for};

#[test]
fn a_line_is_found_with_its_name_once_over_kill_9() {
    let host = Host::new();
    let mut web = host.container(1, "web-1");
    web.print(["the first line", "the second line"]);
    let daemon = host.up(&[]);
    wait_for("the lines", || Some(host.search("line container_name:web-1")).filter(|lines| lines.len() == 2));
    daemon.kill();
    web.print(["the third line, while logboom was away"]);
    let daemon = host.up(&[]);
    web.print(["the fourth line"]);
    let expected =
        ["the first line", "the second line", "the third line, while logboom was away", "the fourth line"];
    wait_for("all lines", || Some(host.search("line")).filter(|lines| lines.len() >= expected.len()));
    assert_eq!(host.search("line"), expected);
    // Without a logboom the data directory answers, and says so.
    daemon.kill();
    let output = host.read(&["search", "third", "--since", "2026-01-01"]);
    assert_eq!(
        stdout(&output),
        "2026-11-22T10:00:00.000Z web-1 out -     the third line, while logboom was away\n"
    );
    assert!(
        stderr(&output).contains("reading") && stderr(&output).contains("directly"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn nothing_found_is_no_failure() {
    let host = Host::new();
    let _daemon = host.up(&[]);
    let output = host.read(&["search", "nothing-of-the-kind"]);
    assert_eq!(
        (output.status.code(), stdout(&output), stderr(&output)),
        (Some(0), String::new(), String::new())
    );
    let output = host.read(&["search", "nothing-of-the-kind", "--output", "csv"]);
    assert_eq!(stdout(&output), "time,seq,severity,stream,container_name,container_id,service_name,body\n");
}

#[test]
fn no_log_at_all_is_a_failure_that_names_the_way() {
    let host = Host::new();
    let output = host.read(&["search", "a"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--data-dir"), "{}", stderr(&output));
    let output = run(&["status", "--server", "http://127.0.0.1:9"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no logboom answers at http://127.0.0.1:9"), "{}", stderr(&output));
}

#[test]
fn text_and_csv_are_safe_whatever_a_log_says() {
    let host = Host::new();
    let mut web = host.container(1, "web");
    web.print(["=cmd|' /C calc'!A0, \"quoted\" \u{1b}[2J mark"]);
    let _daemon = host.up(&[]);
    wait_for("the line", || Some(host.search("mark")).filter(|lines| !lines.is_empty()));
    let text = stdout(&host.read(&["search", "mark", "--since", "2026-01-01"]));
    assert!(text.contains("\\x1b[2J mark") && !text.contains('\u{1b}'), "{text}");
    let csv = stdout(&host.read(&["search", "mark", "--since", "2026-01-01", "--output", "csv"]));
    assert!(csv.contains(",\"'=cmd|' /C calc'!A0, \"\"quoted\"\" "), "{csv}");
}

#[test]
fn the_newest_are_shown_oldest_first_within_limit_and_range() {
    let host = Host::new();
    let mut web = host.container(1, "web");
    web.print((0..50).map(|number| format!("row {number}")));
    let _daemon = host.up(&[]);
    wait_for("the rows", || Some(host.search("row")).filter(|lines| lines.len() == 50));
    let output = host.read(&["search", "row", "--since", "2026-01-01", "--limit", "2"]);
    let text = stdout(&output);
    let bodies: Vec<_> = text.lines().map(|line| line.rsplit("row ").next().unwrap()).collect();
    assert_eq!(bodies, ["48", "49"]);
    assert!(stderr(&output).contains("--limit"), "{}", stderr(&output));
    let until = "2026-11-22T10:00:00.000000002Z";
    let output = host.read(&["search", "row", "--since", "2026-01-01", "--until", until]);
    assert_eq!(stdout(&output).lines().count(), 2);
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let host = Host::new();
    let mut web = host.container(1, "web");
    web.print((0..5000).map(|number| format!("row {number} {}", "x".repeat(200))));
    let _daemon = host.up(&[]);
    wait_for("the rows", || Some(host.search("row")).filter(|lines| lines.len() == 5000));
    let mut child = logboom()
        .args(["search", "row", "--since", "2026-01-01", "--limit", "5000", "--data-dir"])
        .arg(host.data_dir())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert!(first.contains("row 0"));
}

#[test]
fn tail_goes_on_over_a_restart_without_doubling_or_losing() {
    let host = Host::new();
    let mut web = host.container(1, "web");
    let daemon = host.up(&[]);
    // The address stays, as it does for a logboom that listens on a fixed port.
    let url = std::fs::read_to_string(host.data_dir().join("address")).unwrap();
    let address = url.lines().next().unwrap().strip_prefix("http://").unwrap().to_owned();
    let mut tail = logboom()
        .args(["tail", "tick", "--output", "json", "--data-dir"])
        .arg(host.data_dir())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines().map(|line| {
        let record: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        record["body"].as_str().unwrap().to_owned()
    });
    // Connected once a line comes through.
    let mut ticks = 0;
    let mut print = |web: &mut crate::daemon::Container, count: u32| {
        web.print((ticks..ticks + count).map(|number| format!("tick {number}")));
        ticks += count;
    };
    wait_for("tail to be connected", || {
        let metrics = host.read(&["status", "--output", "json"]);
        metrics.status.success().then_some(())
    });
    std::thread::park_timeout(std::time::Duration::from_millis(500));
    print(&mut web, 3);
    let mut seen: Vec<String> = lines.by_ref().take(3).collect();
    daemon.kill();
    print(&mut web, 3);
    let _daemon = host.up(&["--listen", &address]);
    print(&mut web, 3);
    seen.extend(lines.by_ref().take(6));
    assert_eq!(seen, (0..9).map(|number| format!("tick {number}")).collect::<Vec<_>>());
    tail.kill().unwrap();
    tail.wait().unwrap();
}

#[test]
fn another_logboom_on_the_old_port_does_not_answer_for_a_directory() {
    let host = Host::new();
    let mut web = host.container(1, "web");
    web.print(["mine"]);
    let daemon = host.up(&[]);
    wait_for("the line", || Some(host.search("mine")).filter(|lines| lines.len() == 1));
    let url = std::fs::read_to_string(host.data_dir().join("address")).unwrap();
    let address = url.lines().next().unwrap().strip_prefix("http://").unwrap().to_owned();
    daemon.kill();
    let other = Host::new();
    let _daemon = other.up(&["--listen", &address]);
    assert_eq!(host.search("mine"), ["mine"]);
    let output = host.read(&["status", "--output", "json"]);
    assert!(stderr(&output).contains("another logboom"), "{}", stderr(&output));
}

#[test]
fn tail_ends_quietly_when_its_reader_goes() {
    let host = Host::new();
    let _daemon = host.up(&[]);
    let mut tail = logboom()
        .args(["tail", "--data-dir"])
        .arg(host.data_dir())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(tail.stdout.take());
    let output = tail.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn status_tells_of_store_and_source_and_of_the_directory_alone() {
    let host = Host::new();
    let mut web = host.container(1, "web");
    web.print(["a line"]);
    let daemon = host.up(&[]);
    wait_for("the line", || Some(host.search("line")).filter(|lines| !lines.is_empty()));
    let status: serde_json::Value =
        serde_json::from_str(&stdout(&host.read(&["status", "--output", "json"]))).unwrap();
    assert_eq!(status["store"]["state"], "running");
    assert_eq!(status["sources"][0]["kind"], "docker");
    assert_eq!(status["sources"][0]["class"], "exact");
    assert!(status["records"].as_u64().unwrap() >= 1);
    let text = stdout(&host.read(&["status"]));
    assert!(text.contains("source   docker (exact): running"), "{text}");
    daemon.kill();
    let output = host.read(&["status", "--output", "json"]);
    let alone: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(alone["store_id"], status["store_id"]);
    assert!(stderr(&output).contains("directly"), "{}", stderr(&output));
}

/// What a search prints, over all time.
fn printed(host: &Host, arguments: &[&str]) -> String {
    let output = host.read(&[&["search"], arguments, &["--since", "2026-01-01"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

/// A running logboom, and then its data directory alone, must answer alike.
fn with_and_without_a_daemon(host: &Host, check: impl Fn(&Host)) {
    let daemon = host.up(&[]);
    wait_for("the rows", || Some(host.search("row")).filter(|lines| lines.len() == 20));
    check(host);
    daemon.kill();
    check(host);
}

fn host_with_two_containers() -> Host {
    let host = Host::new();
    for (number, name) in [(1, "web"), (2, "db")] {
        let rows = (0..10).map(|row| format!("row {row} of {name}"));
        host.container(number, name).print(rows);
    }
    host
}

#[test]
fn the_lines_around_hits_are_of_the_same_container_and_printed_once() {
    with_and_without_a_daemon(&host_with_two_containers(), |host| {
        let text = printed(host, &["\"row 4 of web\" OR \"row 5 of web\" OR \"row 9 of web\"", "-C", "1"]);
        let lines: Vec<_> =
            text.lines().map(|line| (&line[..2], line.rsplit("row ").next().unwrap_or_default())).collect();
        let expected = [
            ("  ", "3 of web"),
            ("> ", "4 of web"),
            ("> ", "5 of web"),
            ("  ", "6 of web"),
            ("--", "--"),
            ("  ", "8 of web"),
            ("> ", "9 of web"),
        ];
        assert_eq!(lines, expected, "{text}");
        let json = printed(host, &["\"row 4 of db\"", "-A", "2", "--output", "json"]);
        let marks: Vec<_> = json.lines().map(|line| line.ends_with(",\"context\":true}")).collect();
        assert_eq!(marks, [false, true, true], "{json}");
    });
    let refused = run(&["search", "a | count", "-C", "1"]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    let refused = run(&["search", "a", "-C", "1", "--output", "csv"]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
}

#[test]
fn pipes_print_a_table_in_every_form() {
    with_and_without_a_daemon(&host_with_two_containers(), |host| {
        let query = "row | count by container_name";
        assert_eq!(
            printed(host, &[query]),
            "container_name  count\ndb                 10\nweb                10\n"
        );
        assert_eq!(
            printed(host, &[query, "--output", "json"]),
            "{\"container_name\":\"db\",\"count\":10}\n{\"container_name\":\"web\",\"count\":10}\n"
        );
        assert_eq!(printed(host, &[query, "--output", "csv"]), "container_name,count\ndb,10\nweb,10\n");
        assert_eq!(printed(host, &["row of web | limit 1"]).lines().count(), 1);
    });
    let refused = run(&["tail", "a | count"]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
}

#[test]
fn newest_first_when_asked_and_one_line_by_its_number_however_old() {
    with_and_without_a_daemon(&host_with_two_containers(), |host| {
        let text = printed(host, &["web", "--order", "newest", "--limit", "2"]);
        let bodies: Vec<_> = text.lines().map(|line| line.rsplit("row ").next().unwrap()).collect();
        assert_eq!(bodies, ["9 of web", "8 of web"]);
        let json = printed(host, &["\"row 3 of db\"", "--output", "json"]);
        let record: serde_json::Value = serde_json::from_str(&json).unwrap();
        // The lines are of November 2026, and no range is given.
        let output = host.read(&["search", &format!("seq:{}", record["seq"]), "--output", "json"]);
        assert_eq!(stdout(&output), json);
    });
}
