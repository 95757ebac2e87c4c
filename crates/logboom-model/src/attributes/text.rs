//! Text of strings: out of JSON's escapes and into them.

use memchr::memchr;

use super::scan;
use crate::tokens::first_char;

/// Appends the text of what stands between the quotes of a JSON string. Escapes that stand for no character become
/// U+FFFD.
pub fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    unescape_exact(raw, out);
}

/// The same, and whether every escape stood for a character.
pub fn unescape_exact(raw: &[u8], out: &mut Vec<u8>) -> bool {
    let mut exact = true;
    let mut rest = raw;
    while let Some(at) = memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let (character, length) = escape(&rest[at + 1..]);
        exact &= character.is_some();
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = &rest[at + 1 + length..];
    }
    out.extend_from_slice(rest);
    exact
}

/// Whether every escape stands for a character.
pub(super) fn is_exact(raw: &[u8]) -> bool {
    let mut rest = raw;
    while let Some(at) = memchr(b'\\', rest) {
        let (character, length) = escape(&rest[at + 1..]);
        if character.is_none() {
            return false;
        }
        rest = &rest[at + 1 + length..];
    }
    true
}

/// Appends the text of every string with escapes inside of JSON text, each behind a line feed.
pub fn unescape_inside(json: &[u8], out: &mut Vec<u8>) {
    if memchr(b'\\', json).is_none() {
        return;
    }
    let mut at = 0;
    while let Some(open) = json.get(at..).and_then(|rest| memchr(b'"', rest)) {
        let start = at + open + 1;
        let Some((end, escaped)) = scan::string_end(json, start) else { return };
        if escaped {
            out.push(b'\n');
            unescape(&json[start..end], out);
        }
        at = end + 1;
    }
}

/// The character that an escape behind its backslash stands for, and the escape's length.
fn escape(text: &[u8]) -> (Option<char>, usize) {
    match text.first() {
        Some(b'n') => (Some('\n'), 1),
        Some(b't') => (Some('\t'), 1),
        Some(b'r') => (Some('\r'), 1),
        Some(b'b') => (Some('\u{8}'), 1),
        Some(b'f') => (Some('\u{c}'), 1),
        Some(&byte @ (b'"' | b'\\' | b'/')) => (Some(char::from(byte)), 1),
        Some(b'u') => unicode_escape(text),
        Some(_) => (None, first_char(text).map_or(1, char::len_utf8)),
        None => (None, 0),
    }
}

fn unicode_escape(text: &[u8]) -> (Option<char>, usize) {
    let Some(high) = hex4(text.get(1..)) else { return (None, 1) };
    if let 0xd800..=0xdbff = high {
        let low = text.get(5..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(|rest| hex4(Some(rest)));
        if let Some(low @ 0xdc00..=0xdfff) = low {
            return (char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)), 11);
        }
    }
    (char::from_u32(high), 5)
}

fn hex4(text: Option<&[u8]>) -> Option<u32> {
    let digits = text?.get(..4)?;
    digits.iter().try_fold(0, |value, &digit| Some(value * 16 + char::from(digit).to_digit(16)?))
}

/// Appends a JSON string with its quotes, from the parts of [`super::Value::String`]. What has JSON's own escapes
/// stays as it is.
pub fn write_string(raw: &[u8], escaped: bool, out: &mut Vec<u8>) {
    if !escaped {
        return write_text(raw, out);
    }
    if scan::is_string_inside(raw) {
        out.push(b'"');
        out.extend_from_slice(raw);
        out.push(b'"');
    } else {
        let mut text = Vec::with_capacity(raw.len());
        unescape(raw, &mut text);
        write_text(&text, out);
    }
}

/// Appends a text as a JSON string with its quotes; UTF-8 if the text is.
pub(crate) fn write_text(text: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut start = 0;
    while let Some(at) = scan::next_special(text, start) {
        out.extend_from_slice(&text[start..at]);
        match text[at] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            byte => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
        }
        start = at + 1;
    }
    out.extend_from_slice(&text[start..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        for (raw, expected, exact) in [
            (r"a\u00e9\ud83d\ude00\/\\", "aé😀/\\", true),
            (r"\ud83d", "\u{fffd}", false),
            (r"\ud83dx\u12", "\u{fffd}x\u{fffd}12", false),
            (r"\é\", "\u{fffd}\u{fffd}", false),
        ] {
            let mut out = Vec::new();
            assert_eq!(unescape_exact(raw.as_bytes(), &mut out), exact, "{raw}");
            assert_eq!(String::from_utf8_lossy(&out), expected, "{raw}");
        }
    }

    #[test]
    fn strings_inside_of_json() {
        let mut out = Vec::new();
        unescape_inside(br#"["a\n1","b",{"c\t":"\"]"},"\"#, &mut out);
        assert_eq!(out, b"\na\n1\nc\t\n\"]");
    }

    #[test]
    fn written_strings_are_json() {
        for (raw, escaped, expected) in [
            (&br"a\ud800"[..], true, r#""a\ud800""#),
            (br"a\q", true, "\"a\u{fffd}\""),
            (b"a\tb\\n", true, r#""a\tb\n""#),
            (br"C:\n", false, r#""C:\\n""#),
        ] {
            let mut out = Vec::new();
            write_string(raw, escaped, &mut out);
            assert_eq!(String::from_utf8_lossy(&out), expected);
        }
    }
}
