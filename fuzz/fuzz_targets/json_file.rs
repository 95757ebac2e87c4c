//! The json-file decoder on any bytes: it never panics, takes exactly the complete lines, gives the same rows
//! however the input is cut, and reads every line as serde_json does. The reading by serde_json is the one the
//! tests use.
#![no_main]

#[path = "../../crates/logboom-wire/tests/it/json_file_oracle/meaning.rs"]
mod meaning;

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use logboom_model::{Batch, Flags, Resource, Rows, Stream};
use logboom_wire::json_file::{decode, encode_record, first_record};

fuzz_target!(|data: &[u8]| {
    let [form, cut, text @ ..] = data else { return };
    let framed = |before: &[u8], after: &[u8]| [before, text, after].concat();
    let input = match form % 4 {
        0 => framed(
            b"{\"log\":\"",
            b"\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T09:13:00.095635458Z\"}\n",
        ),
        1 => framed(b"{\"log\":\"x\\n\",\"stream\":\"stderr\",", b"\"time\":\"2026-11-22T09:13:00Z\"}\n"),
        2 => framed(b"{\"log\":\"\",\"stream\":\"stdout\",\"time\":\"", b"\"}\n"),
        _ => text.to_vec(),
    };
    check(&input, input.len() * usize::from(*cut) / 256);
});

fn check(input: &[u8], cut: usize) {
    let whole = rows_of(&[input]);
    let cut_up = rows_of(&[&input[..cut], &input[cut..]]);
    assert_eq!((&whole.batch, &whole.starts), (&cut_up.batch, &cut_up.starts));

    let complete = input.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let mut records = whole.batch.records();
    for line in input[..complete].split_inclusive(|&byte| byte == b'\n') {
        let line = &line[..line.len() - 1];
        let line = &line[line.iter().take_while(|&&byte| byte == 0).count()..];
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let record = records.next().expect("a row for every line");
        let partial = record.flags.contains(Flags::PARTIAL);
        if record.flags.contains(Flags::UNDECODED) {
            assert_eq!((record.body, record.stream, partial), (line, Stream::None, false));
        }
        // Half surrogates cannot be told from raw bytes in what serde_json gives back.
        if std::str::from_utf8(line).is_ok() {
            let seen = (!record.flags.contains(Flags::UNDECODED)).then(|| {
                let text = if partial { record.body.to_vec() } else { [record.body, b"\n"].concat() };
                (record.stream, record.time, text, record.attributes.to_vec())
            });
            assert_eq!(seen, meaning::meaning(line));
        }
        encode_record(&record, &mut Vec::new());
    }
    assert!(records.next().is_none());
    first_record(input);
}

/// Everything decoded from pieces that follow each other, each piece given what the last call left.
fn rows_of(pieces: &[&[u8]]) -> Rows {
    let mut rows = Rows { batch: Batch::new(Arc::new(Resource::builder().build())), starts: Vec::new() };
    let (mut pending, mut base) = (Vec::new(), 0);
    for piece in pieces {
        pending.extend_from_slice(piece);
        let progress = decode(&pending, base, 42, &mut rows, |_, _, _| true);
        pending.drain(..progress.consumed);
        base += progress.consumed as u64;
    }
    rows
}
