//! What stands before the cursor in a query that is being typed.

/// What may stand at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// The beginning of a term.
    Term { typed: &'a str },
    /// The value of a field, with the quote it may begin with.
    Value { field: &'a str, typed: &'a str },
    /// The word behind `|`.
    Pipe { typed: &'a str },
    /// A field that a pipe reads; `takes_by` once it has something to do.
    Operand { pipe: &'a str, typed: &'a str, takes_by: bool },
    /// Text of one's own: a phrase, an expression.
    Text,
}

/// Reads the text before the cursor. The typed part is its end.
pub(crate) fn place(before: &str) -> Place<'_> {
    let Some(plain) = outside_of_quotes(before) else {
        return phrase(before);
    };
    match plain.pipe {
        Some(at) => pipe(&before[at..]),
        None => term(&before[plain.term..]),
    }
}

/// Where the last term begins, and the last pipe.
struct Plain {
    term: usize,
    pipe: Option<usize>,
}

/// `None` when the text ends inside of quotes or of an expression.
fn outside_of_quotes(before: &str) -> Option<Plain> {
    let bytes = before.as_bytes();
    let mut plain = Plain { term: 0, pipe: None };
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let close = match byte {
            b'"' => Some(b'"'),
            b'~' if bytes.get(at + 1) == Some(&b'/') => {
                at += 1;
                Some(b'/')
            }
            _ => None,
        };
        at += 1;
        if let Some(close) = close {
            at = end_of_quoted(bytes, at, close)?;
        } else if byte.is_ascii_whitespace() || byte == b'(' {
            plain.term = at;
        } else if byte == b'|' {
            (plain.term, plain.pipe) = (at, Some(at));
        }
    }
    Some(plain)
}

fn end_of_quoted(bytes: &[u8], mut at: usize, close: u8) -> Option<usize> {
    while let Some(&byte) = bytes.get(at) {
        at += if byte == b'\\' { 2 } else { 1 };
        if byte == close {
            return Some(at);
        }
    }
    None
}

/// A place inside of quotes: a value, where they follow the name of a field.
fn phrase(before: &str) -> Place<'_> {
    let value = before.rfind('"').and_then(|quote| {
        let plain = outside_of_quotes(&before[..quote]).filter(|plain| plain.pipe.is_none())?;
        let field = before[plain.term..quote].trim_start_matches(['-', '!']).strip_suffix(':')?;
        Some(Place::Value { field, typed: &before[quote..] })
    });
    value.filter(|_| !before.ends_with('/')).unwrap_or(Place::Text)
}

fn term(typed: &str) -> Place<'_> {
    let typed = typed.trim_start_matches(['-', '!']);
    let Some(at) = typed.find([':', '<', '>', '=', '~']) else { return Place::Term { typed } };
    let (field, rest) = typed.split_at(at);
    let value = rest.trim_start_matches([':', '<', '>', '=', '~']);
    if rest.starts_with('~') { Place::Text } else { Place::Value { field, typed: value } }
}

fn pipe(behind: &str) -> Place<'_> {
    let behind = behind.trim_start();
    let Some((pipe, rest)) = behind.split_once(|c: char| c.is_ascii_whitespace()) else {
        return Place::Pipe { typed: behind };
    };
    let start =
        rest.rfind(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | '(')).map_or(0, |at| at + 1);
    let (so_far, typed) = rest.split_at(start);
    let has_by = so_far.split_ascii_whitespace().any(|word| word == "by");
    Place::Operand { pipe, typed, takes_by: !has_by }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_typed_is_the_end_of_the_text(before in "[a-zé\"|:~/( \\\\,>=-]{0,24}") {
            match place(&before) {
                Place::Term { typed }
                | Place::Value { typed, .. }
                | Place::Pipe { typed }
                | Place::Operand { typed, .. } => prop_assert!(before.ends_with(typed)),
                Place::Text => {}
            }
        }
    }

    #[test]
    fn the_cursor_stands_where_something_of_a_kind_may_stand() {
        let operand = |pipe, typed, takes_by| Place::Operand { pipe, typed, takes_by };
        for (before, expected) in [
            ("", Place::Term { typed: "" }),
            ("error ser", Place::Term { typed: "ser" }),
            ("error -(ser", Place::Term { typed: "ser" }),
            ("-ser", Place::Term { typed: "ser" }),
            ("\"a b\" ser", Place::Term { typed: "ser" }),
            ("service:che", Place::Value { field: "service", typed: "che" }),
            ("a -service:", Place::Value { field: "service", typed: "" }),
            ("severity>=w", Place::Value { field: "severity", typed: "w" }),
            ("service:\"my sh", Place::Value { field: "service", typed: "\"my sh" }),
            ("say \"my sh", Place::Text),
            ("body~/ab", Place::Text),
            ("~/a b", Place::Text),
            ("~/ab/ x", Place::Term { typed: "x" }),
            ("error | ti", Place::Pipe { typed: "ti" }),
            ("error |", Place::Pipe { typed: "" }),
            ("\"a|b", Place::Text),
            ("error | count ", operand("count", "", true)),
            ("error | count by con", operand("count", "con", false)),
            ("error | count by a, con", operand("count", "con", false)),
            ("error | stats avg(dur", operand("stats", "dur", true)),
        ] {
            assert_eq!(place(before), expected, "{before}");
        }
    }
}
