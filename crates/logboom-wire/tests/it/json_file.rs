//! The json-file codec against files that Docker 20.10.24 wrote, and against its limits.

use std::sync::Arc;

use logboom_model::{Batch, Flags, Resource, Rows, Stream, format_rfc3339, limits};
use logboom_wire::json_file::{Progress, decode, decode_unterminated, encode_record, first_record};

const STD: &[u8] = include_bytes!("../fixtures/json-file-std.log");
const TTY: &[u8] = include_bytes!("../fixtures/json-file-tty.log");
const SPARSE: &[u8] = include_bytes!("../fixtures/json-file-truncated-after-rotation-sparse.log");
const BOUNDARY: &[u8] = include_bytes!("../fixtures/json-file-boundary-16383-16384-16385-32768.log");
const INTERLEAVED: &[u8] = include_bytes!("../fixtures/json-file-interleaved-partial.log");

fn no_rows() -> Rows {
    Rows { batch: Batch::new(Arc::new(Resource::builder().build())), starts: Vec::new() }
}

fn all(input: &[u8]) -> (Rows, Progress) {
    let mut rows = no_rows();
    let progress = decode(input, 0, 0, &mut rows, |_, _, _| true);
    (rows, progress)
}

/// Stream, whether partial, and the body (its length only when it is long).
fn outline(rows: &Rows) -> Vec<(Stream, bool, String)> {
    let body = |body: &[u8]| match body.len() {
        0..200 => String::from_utf8_lossy(body).into_owned(),
        length => format!("{length} bytes"),
    };
    rows.batch
        .records()
        .map(|record| (record.stream, record.flags == Flags::PARTIAL, body(record.body)))
        .collect()
}

#[track_caller]
fn check(input: &[u8], expected: &[(Stream, bool, &str)]) {
    let (rows, progress) = all(input);
    let expected: Vec<_> =
        expected.iter().map(|&(stream, partial, body)| (stream, partial, body.to_owned())).collect();
    assert_eq!(outline(&rows), expected);
    assert_eq!((progress.consumed, progress.undecoded), (input.len(), 0));
    assert_eq!(progress.rows, expected.len());
}

const OUT: Stream = Stream::Stdout;
const ERR: Stream = Stream::Stderr;

#[test]
fn std_capture() {
    check(
        STD,
        &[
            (OUT, false, "hello stdout"),
            (ERR, false, "oops stderr"),
            (OUT, false, "<b>&\"q\"\\ \t é \u{fffd} \u{2028} \u{1b}[31mred\u{1b}[0m\u{8}\u{c}\u{7f}\0x\r"),
            (OUT, false, ""),
            (OUT, false, "   "),
            (OUT, true, "16384 bytes"),
            (OUT, true, "16384 bytes"),
            (OUT, false, "7232 bytes"),
            (OUT, false, r#"{"level":"info","msg":"a <b> & c","n":1.50}"#),
            (OUT, true, "no newline at end"),
        ],
    );
    let (rows, _) = all(STD);
    for record in rows.batch.records() {
        let attributes = r#"{"MYENV":"envval","app.tier":"web","tag":"cap-json/bb/ae400daab5e5"}"#;
        assert_eq!(record.attributes, attributes.as_bytes());
    }
    assert_eq!(format_rfc3339(rows.batch.row(0).time), "2026-11-22T09:13:00.095635458Z");
}

#[test]
fn tty_capture_keeps_carriage_returns() {
    check(TTY, &[(OUT, false, "out\r"), (OUT, false, "err\r"), (OUT, false, "a\r"), (OUT, true, "b")]);
}

#[test]
fn lines_of_exactly_16384_bytes_have_an_empty_end() {
    check(
        BOUNDARY,
        &[
            (OUT, false, "16383 bytes"),
            (OUT, true, "16384 bytes"),
            (OUT, false, ""),
            (OUT, true, "16384 bytes"),
            (OUT, false, "x"),
            (OUT, true, "16384 bytes"),
            (OUT, true, "16384 bytes"),
            (OUT, false, ""),
            (OUT, false, "tail-partial continued"),
        ],
    );
}

#[test]
fn partial_stdout_between_full_stderr() {
    check(
        INTERLEAVED,
        &[
            (OUT, true, "16384 bytes"),
            (ERR, false, "err1"),
            (OUT, true, "16384 bytes"),
            (ERR, false, "err2"),
            (OUT, false, "7235 bytes"),
        ],
    );
}

#[test]
fn nuls_of_a_truncated_file_are_skipped_and_counted() {
    check(SPARSE, &[(OUT, false, "line 10"), (OUT, false, "line 11"), (OUT, false, "line 12")]);
    let (rows, progress) = all(SPARSE);
    assert_eq!((progress.nul_bytes, rows.starts[0]), (231, 231));
    // A file of NULs alone makes headway too.
    assert_eq!(all(&[0; 100]).1, Progress { consumed: 100, nul_bytes: 100, ..Progress::default() });
}

#[test]
fn captures_are_written_as_docker_wrote_them() {
    for capture in [STD, TTY, BOUNDARY, INTERLEAVED, SPARSE] {
        let (rows, progress) = all(capture);
        let mut written = Vec::new();
        rows.batch.records().for_each(|record| encode_record(&record, &mut written));
        let lines = |bytes: &[u8]| bytes.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let wrong =
            lines(&written).into_iter().zip(lines(&capture[progress.nul_bytes..])).find(|(a, b)| a != b);
        let wrong = wrong.map(|(a, b)| [a, b].map(|line| String::from_utf8_lossy(&line).into_owned()));
        assert_eq!((wrong, written.len()), (None, capture.len() - progress.nul_bytes));
    }
}

#[test]
fn it_may_be_cut_anywhere() {
    let mut input = SPARSE.to_vec();
    input.extend_from_slice(TTY);
    input.extend_from_slice(&STD[..600]);
    input.extend_from_slice(b"\nnot json\n\n \n{\"log\":\"end");
    let whole = all(&input);
    for cut in 0..=input.len() {
        let mut rows = no_rows();
        let first = decode(&input[..cut], 1000, 0, &mut rows, |_, _, _| true);
        let rest = &input[first.consumed..];
        let second = decode(rest, 1000 + first.consumed as u64, 0, &mut rows, |_, _, _| true);
        assert_eq!(first.consumed + second.consumed, whole.1.consumed, "{cut}");
        assert_eq!(rows.batch, whole.0.batch, "{cut}");
        let starts: Vec<_> = whole.0.starts.iter().map(|start| start + 1000).collect();
        assert_eq!(rows.starts, starts, "{cut}");
        assert_eq!(first.nul_bytes + second.nul_bytes, 231);
    }
    assert!(whole.1.consumed < input.len());
}

#[test]
fn what_is_no_record_is_carried_raw() {
    for line in [
        "not json",
        "{}",
        "[]",
        r#"{"log":"x\n""#,
        r#"{"log":"x\n","stream":"stdout"}"#,
        r#"{"log":"x\n","stream":"stdout","time":"yesterday"}"#,
        r#"{"log":"x\n","stream":"other","time":"2026-11-22T09:13:00Z"}"#,
        r#"{"log":1,"stream":"stdout","time":"2026-11-22T09:13:00Z"}"#,
        r#"{"log":"x\n","stream":"stdout","attrs":"x","time":"2026-11-22T09:13:00Z"}"#,
        r#"{"log":"x\n","stream":"stdout","time":"2026-11-22T09:13:00Z"}{}"#,
        r#"{"msg":"of another program","time":"2026-11-22T09:13:00Z"}"#,
        r#"{"msg":"of another program","stream":"stdout","time":"2026-11-22T09:13:00Z"}"#,
    ] {
        let input = format!("{line}\n");
        let mut rows = no_rows();
        let progress = decode(input.as_bytes(), 7, 99, &mut rows, |stream, start, time| {
            assert_eq!((stream, start, time), (Stream::None, 7, 99));
            true
        });
        assert_eq!((progress.rows, progress.undecoded), (1, 1), "{line}");
        let record = rows.batch.record(0);
        assert_eq!((record.body, record.flags), (line.as_bytes(), Flags::UNDECODED), "{line}");
        let mut written = Vec::new();
        encode_record(&record, &mut written);
        assert_eq!(written, input.as_bytes());
    }
}

#[test]
fn other_forms_of_a_record() {
    check(
        br#" { "time" : "2026-11-22T11:13:00+02:00", "extra": [{"log":0}], "log" : "\u00e9\ud800\n" , "stream":"stderr" } "#
            .iter()
            .chain(b"\r\n")
            .copied()
            .collect::<Vec<_>>()
            .as_slice(),
        &[(ERR, false, "é\u{fffd}")],
    );
    check(
        b"{\"log\":\"first\\n\",\"log\":\"last\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T09:13:00Z\"}\n",
        &[(OUT, false, "last")],
    );
    check(
        b"{\"log\":\"no stream\\n\",\"time\":\"2026-11-22T09:13:00Z\"}\n",
        &[(Stream::None, false, "no stream")],
    );
    check(b"{\"stream\":\"stdout\",\"time\":\"2026-11-22T09:13:00Z\"}\n", &[(OUT, true, "")]);
    check(
        b"{\"log\":\"a\\nb\\n\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T09:13:00Z\"}\n",
        &[(OUT, false, "a\nb\n")],
    );
    check(b"\n  \n\r\n", &[]);
}

#[test]
fn attributes_may_change_from_line_to_line() {
    let input = [r#"{"a":"1"}"#, r#"{"a":"1"}"#, r#"{"a":"12"}"#, "{}", r#"{"a":"}\""}"#, r#"{"a":"1"}"#]
        .map(|attrs| format!("{{\"log\":\"x\\n\",\"stream\":\"stdout\",\"attrs\":{attrs},\"time\":\"2026-11-22T09:13:00Z\"}}\n"))
        .concat();
    let (rows, progress) = all(input.as_bytes());
    assert_eq!((progress.rows, progress.undecoded), (6, 0));
    let seen: Vec<_> =
        rows.batch.records().map(|record| String::from_utf8_lossy(record.attributes).into_owned()).collect();
    assert_eq!(seen, [r#"{"a":"1"}"#, r#"{"a":"1"}"#, r#"{"a":"12"}"#, "", r#"{"a":"}\""}"#, r#"{"a":"1"}"#]);
}

#[test]
fn rows_that_are_not_kept_leave_no_trace() {
    let (all_rows, _) = all(INTERLEAVED);
    let mut rows = no_rows();
    let second = all_rows.starts[2];
    let progress = decode(INTERLEAVED, 0, 0, &mut rows, |stream, start, _| stream == ERR || start >= second);
    assert_eq!((progress.consumed, progress.rows), (INTERLEAVED.len(), 4));
    assert_eq!(rows.starts, all_rows.starts[1..]);
    assert_eq!(rows.batch.body(0), b"err1");
    assert_eq!(rows.batch.columns().body.len(), all_rows.batch.columns().body.len() - 16384);
}

#[test]
fn a_full_batch_stops_the_decoder_before_the_next_line() {
    let line = b"{\"log\":\"x\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T09:13:00Z\"}\n";
    let input = line.repeat(limits::BATCH_ROWS_MAX + 1);
    let (rows, progress) = all(&input);
    assert_eq!((rows.batch.len(), progress.consumed), (limits::BATCH_ROWS_MAX, input.len() - line.len()));

    let long = "x".repeat(limits::BATCH_BODY_BYTES_MAX / 2);
    let line = format!("{{\"log\":\"{long}\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T09:13:00Z\"}}\n");
    let (rows, progress) = all(line.repeat(3).as_bytes());
    assert_eq!((rows.batch.len(), progress.consumed), (1, line.len()));
}

#[test]
fn a_line_longer_than_a_batch_fills_one_of_its_own() {
    let long = "x".repeat(limits::LINE_BYTES_MAX + 10);
    let line = format!("{{\"log\":\"{long}\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T09:13:00Z\"}}\n");
    let (rows, progress) = all(line.repeat(2).as_bytes());
    assert_eq!((rows.batch.body(0).len(), progress.consumed), (long.len(), line.len()));
}

#[test]
fn a_line_without_end_is_taken_raw_in_pieces() {
    let mut rows = no_rows();
    let first = decode_unterminated(b"\0\0{\"log\":\"endless", 5, 9, &mut rows);
    assert_eq!(first, Progress { consumed: 17, rows: 1, undecoded: 1, nul_bytes: 2 });
    let rest = b" text\\n\",\"stream\":\"stdout\"}\n{\"log\":\"x\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T09:13:00Z\"}\n";
    decode(rest, 22, 9, &mut rows, |_, _, _| true);
    let seen: Vec<_> = rows
        .batch
        .records()
        .map(|r| (r.stream, r.flags, String::from_utf8_lossy(r.body).into_owned()))
        .collect();
    assert_eq!(
        seen,
        [
            (Stream::None, Flags::UNDECODED | Flags::PARTIAL, "{\"log\":\"endless".to_owned()),
            (Stream::None, Flags::UNDECODED, " text\\n\",\"stream\":\"stdout\"}".to_owned()),
            (OUT, Flags::empty(), "x".to_owned()),
        ]
    );
    assert_eq!(rows.starts[..2], [7, 22]);
    assert_eq!(decode_unterminated(b"\0", 0, 0, &mut rows).consumed, 1);
}

#[test]
fn the_first_record_identifies_a_file_once_it_is_whole() {
    assert_eq!(first_record(SPARSE), SPARSE[231..].split(|&byte| byte == b'\n').next());
    for incomplete in [&b""[..], b"\0\0", b"{\"log\":", &STD[..100]] {
        assert_eq!(first_record(incomplete), None);
    }
}

#[test]
fn deep_nesting_and_endless_escapes_cost_linear_time() {
    for line in [
        "[".repeat(1 << 20),
        format!("{{\"x\":{}", "[".repeat(1 << 20)),
        format!("{{\"attrs\":{}", "{\"a\":".repeat(1 << 18)),
        format!(
            "{{\"log\":\"x\",\"stream\":\"stdout\",\"attrs\":{}{}",
            "{\"a\":".repeat(200_000),
            "}".repeat(200_000)
        ),
        format!("{{\"log\":\"{}", "\\u".repeat(1 << 19)),
        format!("{{\"log\":\"{}\"", "\\ud800".repeat(1 << 17)),
    ] {
        let (_, progress) = all(format!("{line}\n").as_bytes());
        assert_eq!((progress.rows, progress.undecoded), (1, 1));
    }
}
