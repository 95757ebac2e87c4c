//! The elements of a JSON array, as an attribute may have them: one pass, no allocation, nothing is judged behind the
//! element that is looked for.

use memchr::memchr2;

/// An element as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element<'a> {
    /// Between its quotes, escapes and all.
    String(&'a [u8]),
    /// A number, `true`, `false` or `null`.
    Plain(&'a [u8]),
}

/// Shows the strings and plain values of an array, from behind its bracket, to `test` until it says yes.
pub(crate) fn any_element(array: &[u8], test: &mut dyn FnMut(Element<'_>) -> bool) -> bool {
    let mut reader = Reader { text: array, at: 0 };
    loop {
        reader.spaces();
        match reader.value() {
            Some(Some(element)) if test(element) => return true,
            Some(_) => {}
            None => return false,
        }
        reader.spaces();
        if reader.eat(b',').is_none() {
            return false;
        }
    }
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

    /// Passes a value; `None` where there is none, an inner `None` for arrays and objects.
    fn value(&mut self) -> Option<Option<Element<'a>>> {
        match self.peek()? {
            b'"' => Some(Some(Element::String(self.string()?))),
            b'[' | b'{' => self.nested().map(|()| None),
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                let rest = &self.text[self.at..];
                let ends = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
                let length = rest.iter().position(ends).unwrap_or(rest.len());
                self.at += length;
                Some(Some(Element::Plain(&rest[..length])))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn elements(text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        any_element(text.as_bytes(), &mut |element| {
            let (Element::String(text) | Element::Plain(text)) = element;
            seen.push(String::from_utf8_lossy(text).into_owned());
            false
        });
        seen
    }

    #[test]
    fn strings_and_plain_values_but_nothing_inside_of_others() {
        assert_eq!(
            elements(r#""a\\\"", 1.5e3 ,true,[2,"]"],{"b":3}, null]"#),
            [r#"a\\\""#, "1.5e3", "true", "null"]
        );
        assert_eq!(elements("]"), [""; 0]);
        assert_eq!(elements(r#"1,"cut"#), ["1"]);
    }

    #[test]
    fn depth_costs_no_stack() {
        assert_eq!(elements(&"[".repeat(1 << 20)), [""; 0]);
    }

    proptest! {
        #[test]
        fn never_panics(text in "[{}\\[\\]\":,\\\\au0 tn.-]{0,60}") {
            elements(&text);
        }
    }
}
