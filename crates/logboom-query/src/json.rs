//! Looks a name up in a JSON object without parsing the rest: one pass, no allocation but for escaped text.
//!
//! It reads what stands before the value and does not judge what stands behind: a line cut in the middle still has
//! its first fields. It descends only along the name that is looked for.

use logboom_model::tokens::first_char;
use memchr::memchr2;

use crate::field::same_name;

/// A value as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Between its quotes, escapes and all.
    String(&'a [u8]),
    /// A number, `true`, `false` or `null`.
    Plain(&'a [u8]),
    /// An array, from its first element to the end of the text.
    Array(&'a [u8]),
    Object,
}

/// Whether the body may be a JSON object.
pub(crate) fn is_object(text: &[u8]) -> bool {
    text.trim_ascii_start().first() == Some(&b'{')
}

/// Shows every value of that name (folded, `_` for `.`) to `test` until it says yes; nested objects count with `_`
/// between their names.
pub(crate) fn any_value(text: &[u8], name: &[u8], test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
    let mut reader = Reader { text, at: 0 };
    reader.spaces();
    reader.object(name, test).unwrap_or(false)
}

/// Shows the strings and plain values of an array to `test` until it says yes.
pub(crate) fn any_element(array: &[u8], test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
    let mut reader = Reader { text: array, at: 0 };
    loop {
        reader.spaces();
        match reader.value() {
            Some(value @ (Value::String(_) | Value::Plain(_))) if test(value) => return true,
            Some(_) => {}
            None => return false,
        }
        reader.spaces();
        if reader.eat(b',').is_none() {
            return false;
        }
    }
}

/// Appends a string without its escapes; broken ones become U+FFFD.
pub(crate) fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let (character, length) = escape(&rest[at + 1..]);
        let mut buffer = [0; 4];
        out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        rest = &rest[at + 1 + length..];
    }
    out.extend_from_slice(rest);
}

/// The character that an escape behind its backslash stands for, and the escape's length.
fn escape(text: &[u8]) -> (char, usize) {
    match text.first() {
        Some(b'n') => ('\n', 1),
        Some(b't') => ('\t', 1),
        Some(b'r') => ('\r', 1),
        Some(b'b') => ('\u{8}', 1),
        Some(b'f') => ('\u{c}', 1),
        Some(&byte @ (b'"' | b'\\' | b'/')) => (char::from(byte), 1),
        Some(b'u') => unicode_escape(text),
        Some(_) => (char::REPLACEMENT_CHARACTER, first_char(text).map_or(1, char::len_utf8)),
        None => (char::REPLACEMENT_CHARACTER, 0),
    }
}

fn unicode_escape(text: &[u8]) -> (char, usize) {
    let Some(high) = hex4(text.get(1..)) else { return (char::REPLACEMENT_CHARACTER, 1) };
    if let 0xd800..=0xdbff = high {
        let low = text.get(5..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(|rest| hex4(Some(rest)));
        if let Some(low @ 0xdc00..=0xdfff) = low {
            let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 11);
        }
    }
    (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 5)
}

fn hex4(text: Option<&[u8]>) -> Option<u32> {
    let digits = text?.get(..4)?;
    digits.iter().try_fold(0, |value, &digit| Some(value * 16 + char::from(digit).to_digit(16)?))
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    /// Reads an object at the reader's place; `None` where the text is not JSON. Recurses once per part of the name.
    fn object(&mut self, name: &[u8], test: &mut dyn FnMut(Value<'_>) -> bool) -> Option<bool> {
        self.eat(b'{')?;
        self.spaces();
        if self.eat(b'}').is_some() {
            return Some(false);
        }
        loop {
            let mut unescaped = Vec::new();
            let mut key = self.string()?;
            if key.contains(&b'\\') {
                unescape(key, &mut unescaped);
                key = &unescaped;
            }
            self.spaces();
            self.eat(b':')?;
            self.spaces();
            if same_name(key, name) {
                if test(self.value()?) {
                    return Some(true);
                }
            } else if let (Some(b'{'), Some(rest)) = (self.peek(), rest_of_name(key, name)) {
                if self.object(rest, test)? {
                    return Some(true);
                }
            } else {
                self.value()?;
            }
            self.spaces();
            if self.eat(b'}').is_some() {
                return Some(false);
            }
            self.eat(b',')?;
            self.spaces();
        }
    }

    /// Passes a value and returns it.
    fn value(&mut self) -> Option<Value<'a>> {
        match self.peek()? {
            b'"' => Some(Value::String(self.string()?)),
            b'[' => {
                let elements = &self.text[self.at + 1..];
                self.nested()?;
                Some(Value::Array(elements))
            }
            b'{' => {
                self.nested()?;
                Some(Value::Object)
            }
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                let rest = &self.text[self.at..];
                let ends = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
                let length = rest.iter().position(ends).unwrap_or(rest.len());
                self.at += length;
                Some(Value::Plain(&rest[..length]))
            }
            _ => None,
        }
    }

    /// Passes a string and returns what stands between its quotes.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.eat(b'"')?;
        let start = self.at;
        loop {
            self.at += memchr2(b'"', b'\\', self.text.get(self.at..)?)?;
            if self.peek() == Some(b'"') {
                self.at += 1;
                return Some(&self.text[start..self.at - 1]);
            }
            self.at += 2;
        }
    }

    /// Passes an array or object, however deep.
    fn nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}

/// What is left of the name inside the object of that key.
fn rest_of_name<'n>(key: &[u8], name: &'n [u8]) -> Option<&'n [u8]> {
    let (start, rest) = name.split_at_checked(key.len())?;
    if key.is_empty() || !same_name(key, start) {
        return None;
    }
    rest.strip_prefix(b"_").filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lookup(text: &str, name: &str) -> Vec<String> {
        let mut seen = Vec::new();
        any_value(text.as_bytes(), name.as_bytes(), &mut |value| {
            seen.push(match value {
                Value::String(text) => {
                    let mut out = Vec::new();
                    unescape(text, &mut out);
                    format!("{:?}", String::from_utf8_lossy(&out))
                }
                Value::Plain(text) => String::from_utf8_lossy(text).into_owned(),
                Value::Array(_) => "[]".to_owned(),
                Value::Object => "{}".to_owned(),
            });
            false
        });
        seen
    }

    #[test]
    fn names_flat_dotted_nested_and_twice() {
        let text = r#" {"a":{"x":[{"b":1},"]}"],"b":2,"c":{"d":true}},"a.b":"3\n","a_b" : null,"\u0061.b":-4.5e3,"o":{}}"#;
        assert_eq!(lookup(text, "a_b"), ["2", "\"3\\n\"", "null", "-4.5e3"]);
        assert_eq!(lookup(text, "a_c_d"), ["true"]);
        assert_eq!(lookup(text, "a_x"), ["[]"]);
        assert_eq!(lookup(text, "o"), ["{}"]);
        assert_eq!(lookup(text, "a_"), [""; 0]);
        assert_eq!(lookup(text, "b"), [""; 0]);
    }

    #[test]
    fn a_cut_line_still_has_its_first_fields() {
        assert_eq!(lookup(r#"{"status":500,"msg":"cut he"#, "status"), ["500"]);
        assert_eq!(lookup(r#"{"msg":"cut he"#, "msg"), [""; 0]);
    }

    #[test]
    fn escapes() {
        for (text, expected) in [
            (r"a\u00e9\ud83d\ude00\/\\", "aé😀/\\"),
            (r"\ud83d", "\u{fffd}"),
            (r"\ud83dx\u12", "\u{fffd}x\u{fffd}12"),
            (r"\é\", "\u{fffd}\u{fffd}"),
        ] {
            let mut out = Vec::new();
            unescape(text.as_bytes(), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), expected, "{text}");
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!("{{\"a\":{}", "[".repeat(1 << 20));
        assert_eq!(lookup(&deep, "a"), [""; 0]);
        let nested = format!("{}1", "{\"a\":".repeat(1 << 16));
        assert_eq!(lookup(&nested, &["a"; 100].join("_")), [""; 0]);
    }

    proptest! {
        #[test]
        fn never_panics(text in "[{}\\[\\]\":,\\\\au0 tn.-]{0,60}", name in "[a_.]{1,5}") {
            lookup(&text, &name);
            unescape(text.as_bytes(), &mut Vec::new());
        }
    }
}
