//! Writing what Docker would have written, byte for byte.
//!
//! The escapes of `log` are those of moby's `jsonlog`, which differ from Go's `encoding/json`: a tab is `\u0009`.
//! `attrs` is `encoding/json` itself. Each byte that is not UTF-8 becomes `\ufffd`, so text that is not UTF-8 does
//! not come back. U+FFFD itself is written so too: in a log it nearly always was such a byte.

use std::borrow::Cow;
use std::collections::BTreeMap;

use logboom_model::{Flags, Record, Stream, write_rfc3339};
use serde_json::Value;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends one line of json-file. `log` is the text as Docker got it: with its line feed, unless it is a fragment.
/// `attributes` is a JSON object, or empty. An empty `log` and [`Stream::None`] are left out.
pub fn encode(log: &[u8], stream: Stream, attributes: &[u8], time: i64, out: &mut Vec<u8>) {
    out.push(b'{');
    if !log.is_empty() {
        out.extend_from_slice(b"\"log\":\"");
        write_escaped(log, b"\\u0009", out);
        out.extend_from_slice(b"\",");
    }
    if stream != Stream::None {
        out.extend_from_slice(b"\"stream\":\"");
        out.extend_from_slice(stream.name().as_bytes());
        out.extend_from_slice(b"\",");
    }
    write_attributes(attributes, out);
    out.extend_from_slice(b"\"time\":\"");
    write_rfc3339_nano(time, out);
    out.extend_from_slice(b"\"}\n");
}

/// Appends a record as the line it was decoded from. Fragments ([`Flags::PARTIAL`], [`Flags::SPLIT`]) get no line
/// feed in their text; what could not be decoded ([`Flags::UNDECODED`]) is written as it was found.
pub fn encode_record(record: &Record<'_>, out: &mut Vec<u8>) {
    let complete = !record.flags.intersects(Flags::PARTIAL | Flags::SPLIT);
    if record.flags.contains(Flags::UNDECODED) {
        out.extend_from_slice(record.body);
        out.extend_from_slice(if complete { b"\n" } else { b"" });
        return;
    }
    let log = if complete { Cow::Owned([record.body, b"\n"].concat()) } else { Cow::Borrowed(record.body) };
    encode(&log, record.stream, record.attributes, record.time, out);
}

/// `"attrs":{…},` with sorted keys; nothing when there are none, or they are no object.
fn write_attributes(attributes: &[u8], out: &mut Vec<u8>) {
    let Ok(attributes) = serde_json::from_slice::<BTreeMap<String, Value>>(attributes) else { return };
    for (index, (name, value)) in attributes.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"\"attrs\":{\"" } else { b",\"" });
        write_escaped(name.as_bytes(), b"\\t", out);
        out.extend_from_slice(b"\":");
        match value {
            Value::String(text) => {
                out.push(b'"');
                write_escaped(text.as_bytes(), b"\\t", out);
                out.push(b'"');
            }
            other => out.extend_from_slice(other.to_string().as_bytes()),
        }
    }
    if !attributes.is_empty() {
        out.extend_from_slice(b"},");
    }
}

/// Go's `RFC3339Nano`: without the zeros at the end of the fraction.
fn write_rfc3339_nano(time: i64, out: &mut Vec<u8>) {
    write_rfc3339(time, out);
    out.pop();
    while out.last() == Some(&b'0') {
        out.pop();
    }
    if out.last() == Some(&b'.') {
        out.pop();
    }
    out.push(b'Z');
}

fn write_escaped(text: &[u8], tab: &[u8], out: &mut Vec<u8>) {
    for chunk in text.utf8_chunks() {
        write_escaped_str(chunk.valid(), tab, out);
        for _ in chunk.invalid() {
            out.extend_from_slice(b"\\ufffd");
        }
    }
}

fn write_escaped_str(text: &str, tab: &[u8], out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut at = 0;
    while at < bytes.len() {
        let (length, code) = match bytes[at] {
            byte @ (b'"' | b'\\' | b'<' | b'>' | b'&' | 0..0x20) => (1, u32::from(byte)),
            0xe2 if matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xa8 | 0xa9])) => {
                (3, 0x2000 | u32::from(bytes[at + 2] - 0x80))
            }
            0xef if bytes[at..].starts_with("\u{fffd}".as_bytes()) => (3, 0xfffd),
            _ => {
                at += 1;
                continue;
            }
        };
        out.extend_from_slice(&bytes[start..at]);
        match bytes[at] {
            byte @ (b'"' | b'\\') => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(tab),
            _ => {
                out.extend_from_slice(b"\\u");
                out.extend([12, 8, 4, 0].map(|shift| HEX[(code >> shift & 15) as usize]));
            }
        }
        at += length;
        start = at;
    }
    out.extend_from_slice(&bytes[start..]);
}
