//! `logboom check`: `ok`, or every mistake with its line; and `up` refuses the same files.

use crate::daemon::{Host, logboom, run, stderr, stdout};

#[test]
fn a_good_file_is_ok() {
    let host = Host::new();
    let file = host.write("logboom.yaml", "store: { max_bytes: 1GiB }\nsinks: [{ uri: \"stdout:\" }]\n");
    let output = run(&["check", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output), format!("{}: ok\n", file.display()));
}

#[test]
fn every_mistake_is_printed_with_its_line() {
    let host = Host::new();
    let text = "store:\n  max_bytes: 10 GIB\n  max_agee: 3d\ntoken: ${NOT_SET_ANYWHERE}\n";
    let file = host.write("logboom.yaml", text);
    let output = run(&["check", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let name = file.display();
    let expected = format!(
        "{name}:2:14: store.max_bytes: \"10 GIB\" is not a size; write for example 10GiB\n\
         {name}:3:3: store.max_agee: no such setting; did you mean max_age?\n\
         {name}:4:8: token: the environment variable NOT_SET_ANYWHERE is not set; set it, or write ${{NOT_SET_ANYWHERE:-default}}\n"
    );
    assert_eq!((stderr(&output), stdout(&output)), (expected, String::new()));
}

#[test]
fn the_environment_is_used() {
    let host = Host::new();
    let file = host.write("logboom.yaml", "token: ${LOGBOOM_TEST_TOKEN}\n");
    let output = logboom()
        .arg("check")
        .arg(&file)
        .env("LOGBOOM_TEST_TOKEN", "hunter2hunter2hunter2")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stdout(&output).contains("hunter2"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let output = run(&["check", "/nonexistent/logboom.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("/nonexistent/logboom.yaml"), "{}", stderr(&output));
}

#[test]
fn up_refuses_a_file_with_mistakes() {
    let host = Host::new();
    let file = host.write("logboom.yaml", "storage: {}\n");
    let output = run(&["up", "--config", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains(":1:1: storage: no such setting; did you mean store?"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn what_up_would_refuse_is_seen_before_it_starts() {
    let host = Host::new();
    let secret = host.write("token", "short\n");
    let text = format!("store: {{ max_bytes: 1000KiB }}\ntoken: {{ file: {} }}\n", secret.display());
    let file = host.write("logboom.yaml", &text);
    let output = run(&["check", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(
        message.contains(":1:21: store.max_bytes: 1000.0 KiB is less than a store can work in"),
        "{message}"
    );
    assert!(message.contains(":2:8: token: the token has 5 characters; use at least 16"), "{message}");
    assert!(!message.contains("short"), "{message}");
}
