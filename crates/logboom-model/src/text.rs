//! Log content is hostile: text that goes to a terminal carries no control character out of a log.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Makes bytes safe for a terminal: bytes that are not UTF-8 become U+FFFD, tabs stay, every other control
/// character and every bidirectional override becomes a visible `\x1b` or `\u{202e}`.
pub fn sanitize_for_terminal(bytes: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(bytes);
    if !text.chars().any(is_unsafe) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if !is_unsafe(character) {
            safe.push(character);
        } else if (character as u32) < 0x80 {
            let _ = write!(safe, "\\x{:02x}", character as u32);
        } else {
            let _ = write!(safe, "\\u{{{:x}}}", character as u32);
        }
    }
    Cow::Owned(safe)
}

fn is_unsafe(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_reaches_a_terminal() {
        for (bytes, expected) in [
            (&b"plain\ttext \xc3\xa9"[..], "plain\ttext é"),
            (b"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
            (b"a\rb\x00\x7f", "a\\x0db\\x00\\x7f"),
            (b"\xff", "\u{fffd}"),
            ("\u{9b}31m \u{202e}evil".as_bytes(), "\\u{9b}31m \\u{202e}evil"),
        ] {
            assert_eq!(sanitize_for_terminal(bytes), expected);
        }
    }
}
