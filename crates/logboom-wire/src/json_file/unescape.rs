//! JSON strings of the json-file: undoing the escapes, straight into the batch's body buffer.

use std::borrow::Cow;

use memchr::memchr2;

const REPLACEMENT: char = '\u{fffd}';

/// Appends the text of a JSON string whose opening quote lies just before `text`; returns what follows the closing
/// quote. `None` when the string has no end or an unknown escape; `out` may then have grown.
pub(super) fn unescape<'a>(text: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let mut rest = text;
    let mut at = memchr2(b'"', b'\\', rest)?;
    loop {
        out.extend_from_slice(&rest[..at]);
        if rest[at] == b'"' {
            return Some(&rest[at + 1..]);
        }
        rest = escape(&rest[at + 1..], out)?;
        at = next_special(rest)?;
    }
}

/// Like `memchr2`, for text where the next quote or backslash is near: escapes come in crowds.
fn next_special(text: &[u8]) -> Option<usize> {
    const NEAR: usize = 16;
    let is_special = |&byte: &u8| byte == b'"' || byte == b'\\';
    match text.first_chunk::<NEAR>() {
        Some(near) => match near.iter().position(is_special) {
            Some(at) => Some(at),
            None => Some(NEAR + memchr2(b'"', b'\\', &text[NEAR..])?),
        },
        None => text.iter().position(is_special),
    }
}

/// Appends what an escape means, whose backslash lies just before `text`; returns what follows.
fn escape<'a>(text: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (&kind, rest) = text.split_first()?;
    let byte = match kind {
        b'"' | b'\\' | b'/' => kind,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'f' => 0x0c,
        b'u' => return unicode_escape(rest, out),
        _ => return None,
    };
    out.push(byte);
    Some(rest)
}

fn unicode_escape<'a>(text: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (unit, mut rest) = hex4(text)?;
    let character = match char::from_u32(unit) {
        Some(character) => character,
        None => match low_half(rest).filter(|_| unit < 0xdc00) {
            Some((low, after)) => {
                rest = after;
                char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).unwrap_or(REPLACEMENT)
            }
            None => REPLACEMENT,
        },
    };
    if character.is_ascii() {
        out.push(character as u8);
    } else {
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Some(rest)
}

/// The second half of a surrogate pair.
fn low_half(text: &[u8]) -> Option<(u32, &[u8])> {
    let (unit, rest) = hex4(text.strip_prefix(b"\\u")?)?;
    (0xdc00..0xe000).contains(&unit).then_some((unit, rest))
}

fn hex4(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let mut unit = 0;
    for &digit in digits {
        unit = unit << 4 | char::from(digit).to_digit(16)?;
    }
    Some((unit, rest))
}

/// Writes `\ufffd` over every half surrogate, so that serde_json, which keeps them, reads what [`unescape`] reads.
/// Touches nothing else; text outside of strings has no backslashes, or is no JSON.
pub(super) fn replace_half_surrogates(line: &[u8]) -> Cow<'_, [u8]> {
    let mut line = Cow::Borrowed(line);
    let mut at = 0;
    while let Some(backslash) = memchr::memchr(b'\\', &line[at..]) {
        at += backslash;
        let escape = &line[at + 1..];
        let Some((unit @ 0xd800..0xe000, rest)) = escape.strip_prefix(b"u").and_then(hex4) else {
            at = (at + 2).min(line.len());
            continue;
        };
        if unit < 0xdc00 && low_half(rest).is_some() {
            at += 12;
            continue;
        }
        line.to_mut()[at + 2..at + 6].copy_from_slice(b"fffd");
        at += 6;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], expected: Option<(&[u8], &[u8])>) {
        let mut out = Vec::new();
        let rest = unescape(text, &mut out);
        assert_eq!(rest.map(|rest| (&out[..], rest)), expected, "{}", String::from_utf8_lossy(text));
    }

    #[test]
    fn every_escape() {
        check(br#"a\"\\\/\b\f\n\r\t"rest"#, Some((b"a\"\\/\x08\x0c\n\r\t", b"rest")));
        check(br#"\u0000\u003c\u00E9\u2028""#, Some(("\0<é\u{2028}".as_bytes(), b"")));
        check(b"raw \xff\x01\"", Some((b"raw \xff\x01", b"")));
        for bad in [&br#"\x""#[..], br#"\u12"#, br#"\u12g4""#, b"no end", b"\\", b""] {
            check(bad, None);
        }
    }

    #[test]
    fn half_surrogates_become_the_replacement_character() {
        check(br#"\ud83d\ude00""#, Some(("\u{1f600}".as_bytes(), b"")));
        check(br#"\ud83d""#, Some(("\u{fffd}".as_bytes(), b"")));
        check(br#"\ude00x""#, Some(("\u{fffd}x".as_bytes(), b"")));
        check(br#"\ud83d\ud83d\ude00""#, Some(("\u{fffd}\u{1f600}".as_bytes(), b"")));
        check(br#"\ud83d\u0041""#, Some(("\u{fffd}A".as_bytes(), b"")));
        check(br#"\ud83d\n""#, Some(("\u{fffd}\n".as_bytes(), b"")));
    }

    #[test]
    fn half_surrogates_are_replaced_in_place() {
        for (line, expected) in [
            (r"\ud83d\ude00", r"\ud83d\ude00"),
            (r"\ud83d", r"\ufffd"),
            (r"\\ud83d", r"\\ud83d"),
            (r"\uDE00\ud83d\ud83d\ude00\n\ud8", r"\ufffd\ufffd\ud83d\ude00\n\ud8"),
            (r"\", r"\"),
        ] {
            assert_eq!(replace_half_surrogates(line.as_bytes()), expected.as_bytes(), "{line}");
        }
    }
}
