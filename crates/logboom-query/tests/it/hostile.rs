//! Whatever is typed and whatever is logged: no panic, no stack overflow, no disagreement.

use logboom_query::{parse, parse_time};
use proptest::prelude::*;

use crate::fixture::{line, matches};

fn survives(text: &str) {
    match parse(text) {
        Ok(query) => {
            let canonical = query.to_string();
            let again =
                parse(&canonical).unwrap_or_else(|error| panic!("{text:?} became {canonical:?}:\n{error}"));
            assert_eq!(again, query, "{text:?} became {canonical:?}");
        }
        Err(error) => {
            assert!(text.is_char_boundary(error.at));
            assert!(error.to_string().contains('^'));
        }
    }
}

/// Queries made of what the grammar is made of.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("("),
        Just(")"),
        Just(" "),
        Just("-"),
        Just("NOT "),
        Just(" OR "),
        Just(" AND "),
        Just("\""),
        Just("\\"),
        Just("*"),
        Just(":"),
        Just(">="),
        Just("<"),
        Just("~/"),
        Just("/"),
        Just("/i"),
        Just("|"),
        Just("!"),
        Just("="),
        Just("a"),
        Just("É"),
        Just("ẞ"),
        Just("500"),
        Just("-0.0"),
        Just("severity"),
        Just("warn"),
        Just("time"),
        Just("2026-11-22"),
        Just("seq"),
        Just("stream"),
        Just("stderr"),
        Just("attributes."),
        Just("service"),
        Just("kind"),
        Just("gap"),
        Just("body"),
        Just("\u{212a}"),
        Just("[a-z]"),
        Just("\n"),
        Just("\u{1e9e}"),
        Just("İ"),
        Just("x.y_z"),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn arbitrary_text(text in any::<String>()) {
        survives(&text);
    }

    #[test]
    fn arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        survives(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn near_queries(text in pieces()) {
        survives(&text);
    }

    #[test]
    fn any_query_on_any_body(query in pieces(), body in proptest::collection::vec(any::<u8>(), 0..60)) {
        if parse(&query).is_ok() {
            matches(&query, &line(body).batch(), 0);
        }
    }

    #[test]
    fn arbitrary_times(text in any::<String>(), now in any::<i64>()) {
        let _ = parse_time(&text, now);
    }
}

#[test]
fn the_deepest_query_runs_on_a_small_stack() {
    let deep = format!("{}a{}", "(b OR NOT (".repeat(21), "))".repeat(21));
    let batch = line("x").batch();
    let small = std::thread::Builder::new().stack_size(512 << 10).spawn(move || matches(&deep, &batch, 0));
    small.unwrap().join().unwrap();
}

#[test]
fn a_needle_that_stands_everywhere_but_fits_nowhere_ends_soon() {
    let body = vec![b'a'; 1 << 17];
    let batch = line(body).batch();
    let needle = "a".repeat(1000);
    for query in [
        needle.clone(),
        format!("*{needle}"),
        format!("x*{needle}"),
        format!("É{needle}"),
        format!("{needle}É"),
    ] {
        let started = std::time::Instant::now();
        assert!(query.starts_with('*') == matches(&query, &batch, 0));
        assert!(started.elapsed() < std::time::Duration::from_secs(60), "{query:.10}");
    }
}
