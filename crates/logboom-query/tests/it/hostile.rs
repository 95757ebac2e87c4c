//! Whatever is typed and whatever is logged: no panic, no stack overflow, no disagreement.

use logboom_query::{PipeLimits, Pipeline, Selection, parse, parse_time};
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
        pipe_piece(),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// What pipes are made of.
fn pipe_piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        &[
            "| ",
            "count ",
            "stats ",
            "timechart ",
            "top ",
            "uniq ",
            "fields ",
            "sort ",
            "limit ",
            "by ",
            "as ",
            "desc ",
            ",",
            "5m ",
            "7 ",
            "count()",
            "p95(",
            "quantile(0.5,",
            "max(x.y_z) ",
            "time ",
            "body ",
            "a_b ",
            "0 ",
            "99999 ",
        ][..],
    )
}

/// Queries most of which have pipes.
fn piped() -> impl Strategy<Value = String> {
    let field = || prop::sample::select(&["a", "time", "body", "seq", "severity", "user.id", "count"][..]);
    let pipe = (0_usize..10, field(), field()).prop_map(|(kind, one, two)| match kind {
        0 => format!("count by {one}, {two}"),
        1 => format!("stats count(), sum({one}), avg({one}), min({one}), max({one}) by {two}"),
        2 => format!("stats p50({one}), quantile(0.999, {two}), uniq({one})"),
        3 => format!("timechart 1w max({one}) by {two}"),
        4 => format!("top 3 {one} by {two}"),
        5 => format!("uniq {one}, {two}"),
        6 => format!("fields {one}, {two}"),
        7 => format!("sort by {one} desc, {two}"),
        8 => "limit 2".to_owned(),
        _ => "count".to_owned(),
    });
    proptest::collection::vec(pipe, 1..4).prop_map(|pipes| format!("* | {}", pipes.join(" | ")))
}

/// Bodies of any bytes, and JSON with odd numbers and texts.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        any::<f64>().prop_map(|float| format!("{float:?}")),
        any::<i64>().prop_map(|integer| integer.to_string()),
        Just("1e999".to_owned()),
        Just("-0".to_owned()),
        Just("\"\\ud800\"".to_owned()),
        Just("[{}]".to_owned()),
    ];
    prop_oneof![
        1 => proptest::collection::vec(any::<u8>(), 0..60),
        3 => (value, any::<i8>()).prop_map(|(value, user)| format!("{{\"a\":{value},\"user\":{{\"id\":{user}}}}}").into_bytes()),
        1 => any::<i32>().prop_map(|number| format!("a={number} user.id=\"x y\" count=1.5").into_bytes()),
    ]
}

proptest! {
    #[test]
    fn any_pipes_on_any_bodies(
        query in piped(),
        lines in proptest::collection::vec((body(), any::<i64>()), 0..9),
        groups in 0_usize..4,
        bytes in prop::sample::select(&[0_usize, 100, 1000, 1 << 20][..]),
    ) {
        let Ok(query) = parse(&query) else { return Ok(()) };
        let limits = PipeLimits { rows: 3, groups, bytes };
        let workers = [0, 1].map(|worker| {
            let mut pipeline = Pipeline::new(&query, &limits)?;
            for (body, time) in lines.iter().skip(worker).step_by(2) {
                let mut line = line(body);
                line.row.time = *time;
                let mut rows = Selection::default();
                rows.reset(1, true);
                pipeline.accept(&line.batch(), &rows);
            }
            Some(pipeline)
        });
        if let [Some(mut one), Some(two)] = workers {
            one.merge(two);
            let table = one.finish();
            prop_assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
            prop_assert!(serde_json::to_string(&table.rows).is_ok());
        }
    }

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
