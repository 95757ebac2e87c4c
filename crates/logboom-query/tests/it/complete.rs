//! What could stand at the cursor.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use logboom_query::{Access, CompleteRequest, Suggestion, complete, parse};

use crate::log::Log;

fn request(text: &str) -> CompleteRequest {
    CompleteRequest { text: text.to_owned(), at: text.len(), limit: 50, access: Access::all() }
}

fn run(log: &Log, request: &CompleteRequest) -> Vec<Suggestion> {
    complete(&log.snapshot(), request, &AtomicBool::new(false)).unwrap()
}

/// The query after each suggestion was taken.
fn taken(log: &Log, text: &str) -> Vec<String> {
    let suggestions = run(log, &request(text));
    suggestions.iter().map(|one| format!("{}{}", &text[..one.from], one.insert)).collect()
}

fn filled() -> Log {
    let mut log = Log::new();
    log.write("web-1", &[(1, r#"{"user":"x","page":"a b"}"#), (2, r#"{"user":"x"}"#), (3, "text")]);
    log.write("web 2", &[(4, "user=y")]);
    log.seal();
    log
}

#[test]
fn names_values_keywords_and_pipes() {
    let log = filled();
    for (text, expected) in [
        ("ser", &["service:"][..]),
        ("error -cont", &["error -container:", "error -container_name:"]),
        ("severity>=w", &["severity>=warn"]),
        ("error (stream:", &["error (stream:stdout", "error (stream:stderr"]),
        ("container:", &["container:web-1", "container:\"web 2\""]),
        ("container:\"web", &["container:web-1", "container:\"web 2\""]),
        ("user:", &["user:x", "user:y"]),
        ("page:A", &["page:\"a b\""]),
        ("us", &["user:"]),
        ("a O", &["a OR "]),
        ("* | ti", &["* | timechart "]),
        ("* | count b", &["* | count by ", "* | count body"]),
        ("* | count by cont", &["* | count by container", "* | count by container_name"]),
        ("\"us", &[]),
        ("time>", &[]),
    ] {
        assert_eq!(taken(&log, text), expected, "{text}");
    }
}

#[test]
fn values_come_with_their_counts_and_only_from_what_may_be_seen() {
    let log = filled();
    let counts = |request: &CompleteRequest| {
        let suggestions = run(&log, request);
        suggestions.into_iter().map(|one| (one.label, one.count)).collect::<Vec<_>>()
    };
    assert_eq!(counts(&request("user:")), [("x".to_owned(), Some(2)), ("y".to_owned(), Some(1))]);
    let access = Access::by(Arc::new(|resource| resource.container_name() == "web 2"));
    let seen = |text: &str| CompleteRequest { access: access.clone(), ..request(text) };
    assert_eq!(counts(&seen("user:")), [("y".to_owned(), Some(1))]);
    assert_eq!(counts(&seen("container:")), [("web 2".to_owned(), Some(1))]);
    assert!(counts(&seen("us")).is_empty());
}

#[test]
fn any_place_of_any_text_is_answered_and_values_are_queries() {
    let log = filled();
    let text = "größe:\"a b\" (x OR -y~/z/i) | count by é";
    for at in 0..=text.len() + 1 {
        for one in run(&log, &CompleteRequest { at, ..request(text) }) {
            assert!(text.is_char_boundary(one.from) && one.from <= at);
        }
    }
    for taken in taken(&log, "container:") {
        assert!(parse(&taken).is_ok(), "{taken}");
    }
}
