//! `key=value` pairs in a line of text, as logfmt writes them.
//!
//! A key starts the line or follows white space or a closing quote; a value ends at white space, or at its closing
//! quote. A quote that never closes is text, and so are backslashes unless all of a value's are JSON's escapes: a
//! path of Windows stays one. Only names that a person could ask for are keys, so that an address
//! with a query in it gives none. What prints back as it is written is an integer or `true` and `false`; all else is
//! text: `1.10` may be a version.

use memchr::memchr;

use super::{Value, number, scan, text};

/// Whether the body has pairs, as [`crate::Flags::LOGFMT`] says: UTF-8, with a key.
pub fn is_logfmt(body: &[u8]) -> bool {
    memchr(b'=', body).is_some() && !walk(body, &mut |_, _| false) && simdutf8::basic::from_utf8(body).is_ok()
}

/// Shows every pair until `show` says false; whether it never did.
pub(super) fn walk(body: &[u8], show: &mut impl FnMut(&[u8], Value<'_>) -> bool) -> bool {
    let mut rest = body;
    while let Some(equals) = memchr(b'=', rest) {
        let start = rest[..equals].iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
        let key = &rest[start..equals];
        let (value, behind) = value(&rest[equals + 1..]);
        if is_key(key) && !show(key, value) {
            return false;
        }
        rest = behind;
    }
    true
}

/// The value that starts here and what follows it.
fn value(text: &[u8]) -> (Value<'_>, &[u8]) {
    if text.first() == Some(&b'"')
        && let Some((end, escaped)) = scan::string_end(text, 1)
    {
        let raw = &text[1..end];
        return (Value::String { raw, escaped: escaped && text::is_exact(raw) }, &text[end + 1..]);
    }
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    let (raw, behind) = text.split_at(end);
    let value = match raw {
        b"true" => Value::Boolean(true),
        b"false" => Value::Boolean(false),
        _ if number::integer(raw).is_some() => Value::Number(raw),
        _ => Value::String { raw, escaped: false },
    };
    (value, behind)
}

/// Whether it starts with a letter, `_` or `@`, ends with a letter, digit or `_`, and has none but those and
/// `.`, `-` and `/` between. Every character beyond ASCII counts as a letter.
fn is_key(key: &[u8]) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80;
    let (Some(&first), Some(&last)) = (key.first(), key.last()) else { return false };
    (letter(first) || first == b'@')
        && (letter(last) || last.is_ascii_digit())
        && key
            .iter()
            .all(|&byte| letter(byte) || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'/' | b'@'))
}
