//! The whole value of a resource or attribute: any case, `*` for anything.

use logboom_model::tokens::fold;
use memchr::memmem;

use crate::ast::Text;

/// Whether the value is the text.
pub(crate) fn matches(text: &Text, value: &[u8], scratch: &mut Vec<u8>) -> bool {
    let (first, last, middle) = match &*text.pieces {
        [] => return false,
        // No non-ASCII character folds into ASCII, so this is exact.
        [exact] if exact.is_ascii() => return value.eq_ignore_ascii_case(exact.as_bytes()),
        [exact] => {
            scratch.clear();
            fold(value, scratch);
            return scratch == exact.as_bytes();
        }
        [first, middle @ .., last] => (first, last, middle),
    };
    scratch.clear();
    fold(value, scratch);
    let inside = scratch.strip_prefix(first.as_bytes()).and_then(|rest| rest.strip_suffix(last.as_bytes()));
    let Some(mut rest) = inside else { return false };
    for piece in middle {
        match memmem::find(rest, piece.as_bytes()) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_value_counts() {
        for (text, value, expected) in [
            ("checkout", "Checkout", true),
            ("checkout", "checkout-api", false),
            ("web*", "WEB-1", true),
            ("web*", "my-web", false),
            ("*web*", "my web 1", true),
            ("a*a", "a", false),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "a1c2b", false),
            ("CAFÉ", "café", true),
            ("*", "", true),
            ("", "", true),
        ] {
            let text = Text::with_wildcards(text);
            assert_eq!(matches(&text, value.as_bytes(), &mut Vec::new()), expected, "{text} {value}");
        }
    }
}
