//! The level of a JSON line: a bounded walk over the members of the outermost object. It parses nothing twice,
//! builds nothing, and words inside of strings or nested objects are no keys.

use logboom_model::Severity;
use memchr::{memchr2, memchr3_iter};

use super::level;
use crate::limits::{JSON_MEMBERS_MAX, JSON_WINDOW_BYTES};

/// The value of the first level key that has a sensible one.
pub(super) fn detect(body: &[u8]) -> Option<Severity> {
    let mut rest = &body[1..body.len().min(JSON_WINDOW_BYTES)];
    // MongoDB calls its level `s`, with `I` or `D2` in it.
    let is_mongo = rest.starts_with(b"\"t\":{\"$date\":");
    for _ in 0..JSON_MEMBERS_MAX {
        let (key, after) = string(rest.trim_ascii_start())?;
        let value = after.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let (scalar, after) = skip_value(value)?;
        let severity = if level::is_key(key) {
            level::from_value(scalar)
        } else if is_mongo && key == b"s" {
            level::from_letter(*scalar.first()?)
        } else {
            None
        };
        if severity.is_some() {
            return severity;
        }
        rest = after.trim_ascii_start().strip_prefix(b",")?;
    }
    None
}

/// The inside of the string that starts here, still escaped, and what follows it.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = text.strip_prefix(b"\"")?;
    let end = string_end(inside)?;
    Some((&inside[..end], &inside[end + 1..]))
}

/// Where the closing quote is; a backslash hides the byte after it.
pub(super) fn string_end(inside: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', inside.get(at..)?)?;
        if inside[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// A string's inside, a number or a literal (empty for objects and arrays), and what follows the value.
fn skip_value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    match text.first()? {
        b'"' => string(text),
        b'{' | b'[' => Some((&[], skip_nested(text)?)),
        _ => {
            let end =
                text.iter().position(|byte| matches!(byte, b',' | b'}' | b' ' | b'\t' | b'\r' | b'\n'))?;
            Some(text.split_at(end))
        }
    }
}

/// What follows the object or array that starts here. Brackets of the other kind are balanced where the line is JSON.
fn skip_nested(text: &[u8]) -> Option<&[u8]> {
    let (open, close) = if text[0] == b'{' { (b'{', b'}') } else { (b'[', b']') };
    let mut depth = 0usize;
    let mut resume = 0;
    for at in memchr3_iter(open, close, b'"', text) {
        if at < resume {
            continue;
        }
        if text[at] == b'"' {
            resume = at + 2 + string_end(&text[at + 1..])?;
        } else if text[at] == open {
            depth += 1;
        } else {
            depth -= 1;
            if depth == 0 {
                return Some(&text[at + 1..]);
            }
        }
    }
    None
}
