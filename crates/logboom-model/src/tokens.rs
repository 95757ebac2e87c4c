//! What a word is and when two words are the same: one definition for scan, filters and languages (DESIGN §3.3).
//!
//! Tokens are runs of `[A-Za-z0-9_]` and of Unicode letters and digits. Folding is ASCII lower-casing, plus simple
//! folding among non-ASCII letters, never across the two: the Kelvin sign does not equal `k`.

/// Whether a character is part of a token.
pub fn is_token_char(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// The tokens of a body, in order, unfolded. Bytes that are not UTF-8 separate tokens.
pub fn tokens(bytes: &[u8]) -> Tokens<'_> {
    Tokens { rest: bytes }
}

/// See [`tokens`].
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let (length, is_token) = step(self.rest)?;
            if is_token {
                break;
            }
            self.rest = &self.rest[length..];
        }
        let mut end = 0;
        while let Some((length, true)) = step(&self.rest[end..]) {
            end += length;
        }
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(token)
    }
}

/// Length of the first character and whether it belongs to a token; an invalid byte is one separator.
fn step(bytes: &[u8]) -> Option<(usize, bool)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((1, first == b'_' || first.is_ascii_alphanumeric()));
    }
    Some(first_char(bytes).map_or((1, false), |character| (character.len_utf8(), is_token_char(character))))
}

/// The first character, where the bytes start with valid UTF-8.
pub fn first_char(bytes: &[u8]) -> Option<char> {
    let length = match bytes.first()? {
        0x00..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    std::str::from_utf8(bytes.get(..length)?).ok()?.chars().next()
}

/// Whether a token could begin at `at`: the start, or a place after a character that is no part of a token.
pub fn is_boundary_before(bytes: &[u8], at: usize) -> bool {
    // Walk back at most three bytes to the start of the character that ends at `at`.
    let mut start = at;
    while start > 0 {
        start -= 1;
        if bytes[start] & 0xc0 != 0x80 || at - start == 4 {
            break;
        }
    }
    if start == at {
        return true;
    }
    match step(&bytes[start..at]) {
        Some((length, is_token)) => !(is_token && start + length == at),
        None => true,
    }
}

/// Whether a token could end at `at`: the end, or a place before a character that is no part of a token.
pub fn is_boundary_after(bytes: &[u8], at: usize) -> bool {
    step(&bytes[at..]).is_none_or(|(_, is_token)| !is_token)
}

/// Folds one character for comparison in any case.
pub fn fold_char(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(folded), None) if !folded.is_ascii() => folded,
        _ => character,
    }
}

/// Appends the folded form of `bytes`; bytes that are not UTF-8 are kept as they are.
pub fn fold(bytes: &[u8], out: &mut Vec<u8>) {
    if bytes.is_ascii() {
        out.extend(bytes.iter().map(u8::to_ascii_lowercase));
        return;
    }
    let mut rest = bytes;
    while let Some(&first) = rest.first() {
        match first_char(rest) {
            Some(character) => {
                let mut buffer = [0; 4];
                out.extend_from_slice(fold_char(character).encode_utf8(&mut buffer).as_bytes());
                rest = &rest[character.len_utf8()..];
            }
            None => {
                out.push(first);
                rest = &rest[1..];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], expected: &[&[u8]]) {
        assert_eq!(tokens(text).collect::<Vec<_>>(), expected, "{:?}", String::from_utf8_lossy(text));
    }

    #[test]
    fn tokens_are_runs_of_word_characters() {
        check(b"", &[]);
        check(b"GET /api/v1?x=1 HTTP", &[b"GET", b"api", b"v1", b"x", b"1", b"HTTP"]);
        check(b"snake_case-kebab", &[b"snake_case", b"kebab"]);
        check("caf\u{e9}! \u{65e5}\u{672c}".as_bytes(), &["café".as_bytes(), "日本".as_bytes()]);
        check(b"a\xffb\xc3", &[b"a", b"b"]);
    }

    #[test]
    fn folding_never_crosses_ascii() {
        let folded = |text: &str| {
            let mut out = Vec::new();
            fold(text.as_bytes(), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(folded("ERROR É Ж"), "error é ж");
        assert_eq!(folded("\u{212a}"), "\u{212a}");
        assert_eq!(folded("\u{130}"), "\u{130}");
    }

    #[test]
    fn boundaries_agree_with_tokens() {
        for text in [&b"a b_c  d1"[..], "é x日 -".as_bytes(), b"\xffa\xe9\x80b", b"\x80\x80\x80\x80\x80a"] {
            let starts: Vec<_> =
                tokens(text).map(|token| token.as_ptr() as usize - text.as_ptr() as usize).collect();
            for (token, start) in tokens(text).zip(starts) {
                assert!(is_boundary_before(text, start), "{text:?} {start}");
                assert!(is_boundary_after(text, start + token.len()));
            }
        }
        assert!(!is_boundary_before(b"ab", 1));
        assert!(!is_boundary_before("éa".as_bytes(), 2));
        assert!(!is_boundary_after("aé".as_bytes(), 1));
    }
}
