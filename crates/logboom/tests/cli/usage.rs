//! Asked wrongly: exit code 2, and a message that says what would fit. Asked for help: exit code 0.

use crate::daemon::{run, stderr, stdout};

fn check(arguments: &[&str], part: &str) {
    let output = run(arguments);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert!(message.contains(part), "{arguments:?}: {message}");
    assert_eq!(stdout(&output), "", "{arguments:?}");
}

#[test]
fn a_wrong_use_exits_2_and_says_what_fits() {
    check(&[], "Usage: logboom");
    check(&["sing"], "unrecognized subcommand");
    check(&["search"], "<QUERY>");
    check(&["search", "a", "--limit", "0"], "--limit");
    check(&["search", "a", "--output", "xml"], "[possible values: text, json, csv]");
    check(&["tail", "--output", "csv"], "[possible values: text, json]");
    check(&["search", "a", "--since", "yesterday"], "--since: \"yesterday\" is not a time");
    check(&["search", "a", "--since", "1h", "--until", "2h"], "--until is not after --since");
    check(&["search", "a", "--server", "localhost:2666"], "write for example http://127.0.0.1:2666");
    check(&["up", "--listen", "2666"], "is not an address to listen on");
    check(&["up", "--docker-host", "ssh://h"], "is not an engine's address");
    check(&["up", "nowhere:"], "what exists today: stdout:");
    check(&["up", "stdout:?logboom.where=severity%3E%3D"], "where: at character");
    check(&["up", "stdout:,stdout:"], "two sinks are named stdout");
    check(&["up", "stdout:,stdout:?logboom.name=other"], "both write to stdout:");
}

#[test]
fn a_bad_query_is_a_wrong_use_with_a_caret() {
    for command in ["search", "tail"] {
        let output = run(&[command, "severity>=loud"]);
        assert_eq!(output.status.code(), Some(2), "{command}");
        let message = stderr(&output);
        assert!(message.contains("severity>=loud") && message.contains('^'), "{message}");
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    for arguments in [&["--help"][..], &["up", "--help"], &["search", "--help"], &["--version"]] {
        let output = run(arguments);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{arguments:?}");
        assert!(stdout(&output).contains("logboom"), "{arguments:?}");
    }
}

#[test]
fn help_lists_what_works_and_nothing_else() {
    let help = stdout(&run(&["--help"]));
    for command in ["up", "search", "tail", "status", "check"] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command}: {help}");
    }
    for later in ["explain", "doctor", "replay", "export", "deadletters", "sql", "exec"] {
        assert!(!help.contains(later), "{later}: {help}");
        assert_eq!(run(&[later]).status.code(), Some(2), "{later}");
    }
}
