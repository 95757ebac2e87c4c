//! The shared steps over JSON text: the end of a string, its escapes, white space. Eight bytes at a
//! time where that pays; every step is bounded by the text.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte that is zero; exact up to the lowest one.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// The high bit of each byte of text that is a quote, a backslash or a control character; exact up to the lowest.
pub(super) fn specials(word: u64) -> u64 {
    let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
    zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\'))) | controls
}

/// Eight bytes of the text, the first one lowest.
pub(super) fn word_at(text: &[u8], at: usize) -> Option<u64> {
    let bytes = text.get(at..at + 8)?;
    bytes.try_into().ok().map(u64::from_le_bytes)
}

/// The place of the next quote, backslash or control character.
pub(super) fn next_special(text: &[u8], mut at: usize) -> Option<usize> {
    while let Some(word) = word_at(text, at) {
        let found = specials(word);
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    let rest = text.get(at..)?;
    let found = rest.iter().position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\')?;
    Some(at + found)
}

/// Where the string whose inside starts here has its closing quote, and whether it has a backslash. Control
/// characters are not judged.
pub(super) fn string_end(text: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        at = next_special(text, at)?;
        match text[at] {
            b'"' => return Some((at, escaped)),
            b'\\' => {
                escaped = true;
                at += 2;
            }
            _ => at += 1,
        }
    }
}

/// The first place that is no white space of JSON.
pub(super) fn spaces(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Whether this may stand between the quotes of a JSON string.
pub(super) fn is_string_inside(raw: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = next_special(raw, at) {
        if raw[found] != b'\\' {
            return false;
        }
        match escape_length(raw, found) {
            Some(length) => at = found + length,
            None => return false,
        }
    }
    true
}

/// The length of the escape whose backslash is here, if it is one of JSON's.
pub(super) fn escape_length(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at + 1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => text.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit).then_some(6),
        _ => None,
    }
}
