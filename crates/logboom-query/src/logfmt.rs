//! Looks a name up among `key=value` pairs in a line of text, as logfmt writes them.

use memchr::memchr2;

use crate::field::same_name;

/// A value: text, and whether it stood in quotes and may have JSON's escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair<'a> {
    pub(crate) value: &'a [u8],
    pub(crate) quoted: bool,
}

/// Shows every value of that name (folded, `_` for `.`) to `test` until it says yes. A key starts the line or follows
/// white space; a value ends at white space, or at its closing quote.
pub(crate) fn any_value(text: &[u8], name: &[u8], test: &mut dyn FnMut(Pair<'_>) -> bool) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return false;
        }
        let end =
            rest.iter().position(|byte| *byte == b'=' || byte.is_ascii_whitespace()).unwrap_or(rest.len());
        let key = &rest[..end];
        rest = &rest[end..];
        let Some(after) = rest.strip_prefix(b"=") else { continue };
        let (pair, behind) = value(after);
        if same_name(key, name) && test(pair) {
            return true;
        }
        rest = behind;
    }
}

fn value(text: &[u8]) -> (Pair<'_>, &[u8]) {
    if let Some(inside) = text.strip_prefix(b"\"") {
        let mut at = 0;
        while let Some(found) = inside.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
            at += found;
            if inside[at] == b'"' {
                return (Pair { value: &inside[..at], quoted: true }, &inside[at + 1..]);
            }
            at += 2;
        }
    }
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    (Pair { value: &text[..end], quoted: false }, &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(text: &str, name: &str) -> Vec<(String, bool)> {
        let mut seen = Vec::new();
        any_value(text.as_bytes(), name.as_bytes(), &mut |pair| {
            seen.push((String::from_utf8_lossy(pair.value).into_owned(), pair.quoted));
            false
        });
        seen
    }

    #[test]
    fn pairs_among_words() {
        let text = "ts=1 level=warn msg=\"say \\\"hi\\\" status=1\" status=500 http.status=404 empty= a=b=c status=x";
        let plain = |text: &str| (text.to_owned(), false);
        assert_eq!(lookup(text, "status"), [plain("500"), plain("x")]);
        assert_eq!(lookup(text, "http_status"), [plain("404")]);
        assert_eq!(lookup(text, "msg"), [("say \\\"hi\\\" status=1".to_owned(), true)]);
        assert_eq!(lookup(text, "empty"), [plain("")]);
        assert_eq!(lookup(text, "a"), [plain("b=c")]);
    }

    #[test]
    fn a_quote_that_never_closes_is_text() {
        assert_eq!(lookup("a=\"b c=1", "a"), [("\"b".to_owned(), false)]);
        assert_eq!(lookup("a=\"b c=1", "c"), [("1".to_owned(), false)]);
        assert_eq!(lookup("a=\"b\\", "a"), [("\"b\\".to_owned(), false)]);
    }
}
