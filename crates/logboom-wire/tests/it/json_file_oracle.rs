//! The decoder against serde_json, which reads the same lines in a way of its own: as a list of members.

mod meaning;

use std::sync::Arc;

use logboom_model::{Batch, Flags, Resource, Row, Rows, Severity, Stream};
use logboom_wire::json_file::{decode, encode, encode_record};
use meaning::{Meaning, meaning};
use proptest::prelude::*;

const OBSERVED: i64 = 42;

fn decoded(line: &[u8]) -> Option<Meaning> {
    let mut rows = Rows { batch: Batch::new(Arc::new(Resource::builder().build())), starts: Vec::new() };
    let input = [line, b"\n"].concat();
    let progress = decode(&input, 0, OBSERVED, &mut rows, |_, _, _| true);
    assert_eq!((progress.consumed, progress.rows), (input.len(), rows.batch.len()));
    assert_eq!((rows.starts.len(), rows.batch.len() <= 1), (rows.batch.len(), true));
    let record = rows.batch.records().next()?;
    if record.flags.contains(Flags::UNDECODED) {
        assert_eq!((record.body, record.time, record.stream), (line, OBSERVED, Stream::None));
        return Some(None);
    }
    let mut text = record.body.to_vec();
    if !record.flags.contains(Flags::PARTIAL) {
        text.push(b'\n');
    }
    Some(Some((record.stream, record.time, text, record.attributes.to_vec())))
}

#[track_caller]
fn agree(line: &[u8]) {
    let seen = decoded(line);
    if line.iter().all(u8::is_ascii_whitespace) {
        assert_eq!(seen, None);
    } else {
        assert_eq!(seen, Some(meaning(line)), "{}", String::from_utf8_lossy(line));
    }
}

fn escaped_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[ -!#-\\[\\]-~]{0,40}",
        2 => prop::sample::select(vec!["\\n", "\\r", "\\u0009", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\t", "\\u003c", "\\u2028"])
            .prop_map(str::to_owned),
        1 => "\\\\u[0-9a-fA-F]{4}",
        1 => "\\\\u[dD][89abAB][0-9a-f]{2}(\\\\u[dD][c-fC-F][0-9a-f]{2})?",
        1 => "[é日\u{1f525}\u{7f}\u{1}]",
        1 => Just("\\x".to_owned()),
    ];
    (prop::collection::vec(piece, 0..6), any::<bool>())
        .prop_map(|(pieces, complete)| pieces.concat() + if complete { "\\n" } else { "" })
}

fn time() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "2026-11-22T09:1[34]:[0-5][0-9](\\.[0-9]{1,9})?Z",
        1 => "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]{0,12})?(Z|\\+02:00)?",
    ]
}

fn docker_line() -> impl Strategy<Value = String> {
    let attributes = prop_oneof![
        4 => Just(String::new()),
        1 => "\"attrs\":\\{(\"a\":\"[b-d]\"(,\"e\":\"\\\\\\\\u003c\")?)?\\},",
        1 => "\"attrs\": ?(null|1|\\[\\]|\\{ \\}|\\{\"a\":\\{\\}\\}),",
    ];
    (escaped_text(), prop_oneof![Just("stdout"), Just("stderr"), Just("stdfoo")], attributes, time())
        .prop_map(|(log, stream, attributes, time)| {
            format!("{{\"log\":\"{log}\",\"stream\":\"{stream}\",{attributes}\"time\":\"{time}\"}}")
        })
}

fn loose_line() -> impl Strategy<Value = String> {
    let member = prop_oneof![
        3 => escaped_text().prop_map(|log| format!("\"log\":\"{log}\"")),
        3 => prop_oneof![Just("stdout"), Just("stderr"), Just("")].prop_map(|name| format!("\"stream\" : \"{name}\"")),
        3 => time().prop_map(|time| format!("\"time\":\"{time}\"")),
        1 => prop::sample::select(vec![
            "\"attrs\":{\"a\": \"b\"}", "\"attrs\":{}", "\"attrs\":null", "\"log\":null", "\"log\":1", "\"log\":[1]",
            "\"extra\":{\"log\":\"x\"}", "\"extra\":\"\\ud800\"", "\"l\\u006fg\":\"escaped key\"", "\"stream\":\"std\\u006fut\"",
        ]).prop_map(str::to_owned),
    ];
    (prop::collection::vec(member, 0..6), " {0,2}", " ?,\r? ?")
        .prop_map(|(members, space, comma)| format!("{space}{{{}}}{space}", members.join(&comma)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn lines_of_docker_mean_what_serde_json_says(line in docker_line()) {
        agree(line.as_bytes());
    }

    #[test]
    fn lines_of_any_order_mean_what_serde_json_says(line in loose_line()) {
        agree(line.as_bytes());
    }

    #[test]
    fn mutated_lines_mean_what_serde_json_says(
        line in docker_line(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..3u8, prop::sample::select(b"\"\\{}:, u0dnZ\r\x01".to_vec())), 1..4),
    ) {
        let mut line = line.into_bytes();
        for (place, kind, byte) in edits {
            let at = place.index(line.len());
            match kind {
                0 => line[at] = byte,
                1 => line.insert(at, byte),
                _ => { line.remove(at); }
            }
        }
        agree(&line);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_carried(text in prop::collection::vec(any::<u8>().prop_filter("plain", |b| !b"\"\\\n".contains(b)), 0..50)) {
        let line = [&b"{\"log\":\""[..], &text, b"\",\"stream\":\"stderr\",\"time\":\"2026-11-22T09:13:00Z\"}"].concat();
        let spaced = [&b" "[..], &line].concat();
        for line in [line, spaced] {
            let expected = Some(Some((Stream::Stderr, 1_795_338_780_000_000_000, text.clone(), Vec::new())));
            prop_assert_eq!(decoded(&line), expected);
        }
    }

    #[test]
    fn any_bytes_at_all(line in prop::collection::vec(any::<u8>().prop_filter("one line", |byte| *byte != b'\n'), 1..80)) {
        prop_assume!(line[0] != 0);
        let _ = decoded(&line);
    }

    #[test]
    fn what_is_encoded_comes_back(
        body in any::<String>(), complete in any::<bool>(), stdout in any::<bool>(), time in any::<i64>(),
        attributes in prop::collection::btree_map(any::<String>(), any::<String>(), 0..3),
    ) {
        let complete = complete || body.ends_with('\n');
        let stream = if stdout { Stream::Stdout } else { Stream::Stderr };
        let flags = if complete { Flags::empty() } else { Flags::PARTIAL };
        let attributes = if attributes.is_empty() { Vec::new() } else { serde_json::to_vec(&attributes).unwrap() };
        let mut batch = Batch::new(Arc::new(Resource::builder().build()));
        let row = Row { time, observed: OBSERVED, severity: Severity::UNSET, stream, flags };
        batch.push_with_attributes(row, body.as_bytes(), &attributes);
        let mut line = Vec::new();
        encode_record(&batch.record(0), &mut line);
        let text = if complete { body + "\n" } else { body };
        let mut same = Vec::new();
        encode(text.as_bytes(), stream, &attributes, time, &mut same);
        prop_assert_eq!(&line, &same);
        let Some(Some(seen)) = decoded(&line[..line.len() - 1]) else { panic!("not a record") };
        let as_map = |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).ok();
        prop_assert_eq!((seen.0, seen.1, seen.2), (stream, time, text.into_bytes()));
        prop_assert_eq!(as_map(&seen.3), as_map(&attributes));
        let mut again = Vec::new();
        encode(&same_log(&line), stream, &seen.3, time, &mut again);
        prop_assert_eq!(again, line);
    }
}

fn same_log(line: &[u8]) -> Vec<u8> {
    meaning(&line[..line.len() - 1]).map(|meaning| meaning.2).unwrap_or_default()
}
