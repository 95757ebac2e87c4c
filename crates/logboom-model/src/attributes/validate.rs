//! Whether a text is a JSON object (RFC 8259), and where a value ends, in one pass.

use super::scan;
use crate::limits::ATTRIBUTE_DEPTH_MAX;

/// Whether the body is one JSON object and nothing else but white space around it, in UTF-8, with at most
/// [`ATTRIBUTE_DEPTH_MAX`] objects and arrays inside each other. Numbers may have any size, names may repeat, and
/// surrogates may be alone.
pub fn is_json_object(body: &[u8]) -> bool {
    let first = scan::spaces(body, 0);
    body.get(first) == Some(&b'{')
        && body.trim_ascii_end().last() == Some(&b'}')
        && value_end(body, first).is_some_and(|end| scan::spaces(body, end) == body.len())
        && simdutf8::basic::from_utf8(body).is_ok()
}

/// One past the JSON value that starts here, with the same limit of depth.
pub(super) fn value_end(text: &[u8], mut at: usize) -> Option<usize> {
    // One bit for each open array or object, the innermost lowest: whether it is an object.
    let mut kinds = 0_u128;
    let mut depth = 0_usize;
    loop {
        // Here a value starts.
        at = match text.get(at)? {
            b'"' => string(text, at + 1)?,
            &open @ (b'{' | b'[') => {
                let is_object = open == b'{';
                let inside = scan::spaces(text, at + 1);
                let close = if is_object { b'}' } else { b']' };
                if depth == ATTRIBUTE_DEPTH_MAX {
                    return None;
                }
                if text.get(inside) == Some(&close) {
                    inside + 1
                } else {
                    depth += 1;
                    kinds = kinds << 1 | u128::from(is_object);
                    at = if is_object { key(text, inside)? } else { inside };
                    continue;
                }
            }
            b't' => literal(text, at, b"true")?,
            b'f' => literal(text, at, b"false")?,
            b'n' => literal(text, at, b"null")?,
            _ => number(text, at)?,
        };
        // Here a value has ended.
        loop {
            if depth == 0 {
                return Some(at);
            }
            at = scan::spaces(text, at);
            let is_object = kinds & 1 == 1;
            match text.get(at)? {
                b',' => {
                    at = scan::spaces(text, at + 1);
                    if is_object {
                        at = key(text, at)?;
                    }
                    break;
                }
                b'}' if is_object => {}
                b']' if !is_object => {}
                _ => return None,
            }
            at += 1;
            depth -= 1;
            kinds >>= 1;
        }
    }
}

/// Passes a name and its colon; where the value starts.
fn key(text: &[u8], at: usize) -> Option<usize> {
    if text.get(at) != Some(&b'"') {
        return None;
    }
    let end = scan::spaces(text, string(text, at + 1)?);
    (text.get(end) == Some(&b':')).then(|| scan::spaces(text, end + 1))
}

/// Where the string whose inside starts here has its closing quote, and whether it has escapes.
pub(super) fn string_end(text: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        at = scan::next_special(text, at)?;
        match text[at] {
            b'"' => return Some((at, escaped)),
            b'\\' => {
                escaped = true;
                at += scan::escape_length(text, at)?;
            }
            _ => return None,
        }
    }
}

/// One past the string whose inside starts here.
fn string(text: &[u8], at: usize) -> Option<usize> {
    string_end(text, at).map(|(end, _)| end + 1)
}

fn literal(text: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    text.get(at..)?.starts_with(word).then_some(at + word.len())
}

fn number(text: &[u8], at: usize) -> Option<usize> {
    let mut at = if text.get(at) == Some(&b'-') { at + 1 } else { at };
    if text.get(at) == Some(&b'0') {
        at += 1;
    } else {
        at = digits(text, at)?;
    }
    if text.get(at) == Some(&b'.') {
        at = digits(text, at + 1)?;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at += 1;
        if matches!(text.get(at), Some(b'+' | b'-')) {
            at += 1;
        }
        at = digits(text, at)?;
    }
    Some(at)
}

/// One past the digits that start here, at least one.
fn digits(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while text.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    (at > start).then_some(at)
}
