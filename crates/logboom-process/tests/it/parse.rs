//! Marks of bodies with fields: on whole lines only, and nothing of the body changes.

use std::sync::Arc;

use logboom_model::{Batch, Flags, Resource, Row, Rows, Severity, Stages, Stream, limits};
use logboom_process::FixedStages;

const PLAIN: Flags = Flags::empty();

fn row(flags: Flags) -> Row {
    Row { time: 7, observed: 0, severity: Severity::UNSET, stream: Stream::Stdout, flags }
}

/// The marks of the rows that come out, without those that went in.
fn marks(lines: &[(Flags, &[u8])]) -> Vec<Flags> {
    let resource = Arc::new(Resource::builder().build());
    let mut batch = Batch::new(resource.clone());
    lines.iter().for_each(|(flags, body)| batch.push(row(*flags), body));
    let starts = (0..lines.len() as u64).collect();
    let mut lane = FixedStages::new().lane(&resource);
    let out = lane.run(Rows { batch, starts });
    let flushed = lane.flush(None);
    let rows = out.records().chain(flushed.iter().flat_map(Batch::records));
    rows.map(|record| record.flags & (Flags::JSON | Flags::LOGFMT)).collect()
}

#[track_caller]
fn check(expected: Flags, lines: &[&str]) {
    for line in lines {
        assert_eq!(marks(&[(PLAIN, line.as_bytes())]), [expected], "{line}");
    }
}

#[test]
fn whole_objects_are_json() {
    check(Flags::JSON, &["{}", " {\"a\":1} \r", "{\"a\":{\"b\":[1,\"x=1\",null]},\"a\":1e400,\"\":-0}"]);
}

#[test]
fn lines_with_a_key_are_logfmt() {
    check(
        Flags::LOGFMT,
        &[
            "level=warn msg=\"a b\"",
            "authentication failure; logname= uid=0 euid=0 rhost=218.188.2.4",
            "{cut a=1",
            "{\"a\":1} b=2",
            "ключ=1",
            "http.status=200",
            "http://host/?a=b then c=d",
        ],
    );
}

#[test]
fn all_else_has_no_mark() {
    check(
        PLAIN,
        &[
            "",
            "plain text",
            "[1,2]",
            "{\"a\":1",
            "{\"a\":1}}",
            "{'a': 1}",
            "\"a\"",
            "GET /x?a=b&c=d HTTP/1.1",
            "a == b",
            "x+=1",
            "= =",
            "1=2",
        ],
    );
    assert_eq!(marks(&[(PLAIN, b"a=\xff"), (PLAIN, b"{\"a\":\"\xff\"}")]), [PLAIN, PLAIN]);
}

#[test]
fn pieces_and_rows_of_our_own_have_no_mark() {
    for flags in [Flags::GAP, Flags::LIFECYCLE, Flags::UNDECODED, Flags::PARTIAL] {
        assert_eq!(marks(&[(flags, b"{\"a\":1}")]), [PLAIN], "{flags:?}");
    }
    let long = format!("a=1 {}", "x".repeat(limits::LINE_BYTES_MAX - 2)) + " b=2";
    assert_eq!(marks(&[(PLAIN, long.as_bytes()), (PLAIN, b"c=3")]), [PLAIN, PLAIN, Flags::LOGFMT]);
}

#[test]
fn a_joined_line_is_looked_at_as_a_whole() {
    assert_eq!(marks(&[(Flags::PARTIAL, b"{\"a\":"), (PLAIN, b"1}")]), [Flags::JSON]);
}
