//! A regular expression over the bodies of a batch, which lie in one buffer.
//!
//! Where every match contains some text, that text is looked for in the whole buffer at the speed of memory, and the
//! expression runs only on the lines that have it. Where there is none, it runs on each line. (Running it over many
//! lines at once would be unsound: matches reach over the ends of lines and hide others, and which one is reported
//! depends on how the regex crate chooses to search.)

use logboom_model::Batch;
use memchr::memmem;
use regex::bytes::Regex;

use super::required::{self, Run};
use crate::ast::Pattern;
use crate::matcher::rows_ending_by;
use crate::needle::Needle;
use crate::selection::Selection;

/// One expression.
#[derive(Debug, Clone)]
pub(crate) struct BodyRegex {
    regex: Regex,
    /// What every match contains.
    literal: Option<Literal>,
}

#[derive(Debug, Clone)]
enum Literal {
    Exact(Box<memmem::Finder<'static>>),
    AnyCase(Needle),
}

/// Shorter texts stand in nearly every line.
const LITERAL_BYTES_MIN: usize = 3;

/// A buffer of many bodies is scanned at once while at least one row in so many is still in the running.
const SCAN_SHARE: usize = 4;

impl BodyRegex {
    pub(crate) fn new(pattern: &Pattern) -> Self {
        let required = required::of_pattern(&pattern.text, pattern.any_case);
        let literal = required.longest().filter(|run| run.text.len() >= LITERAL_BYTES_MIN);
        Self { regex: pattern.regex.clone(), literal: literal.map(Literal::new) }
    }

    /// Tests one body.
    pub(crate) fn matches(&self, body: &[u8]) -> bool {
        let may_match = self.literal.as_ref().is_none_or(|literal| literal.find(body, 0).is_some());
        may_match && self.regex.is_match(body)
    }

    /// Keeps the rows whose body matches; `hits` is scratch.
    pub(crate) fn retain(&self, batch: &Batch, rows: &mut Selection, hits: &mut Selection) {
        let scans = rows.count() * SCAN_SHARE >= rows.rows();
        let Some(literal) = self.literal.as_ref().filter(|_| scans) else {
            return rows.retain(|row| self.matches(batch.body(row)));
        };
        hits.reset(batch.len(), false);
        let (buffer, offsets) = (&batch.columns().body, &batch.columns().offsets);
        let (mut row, mut from) = (0, 0);
        while let Some(at) = literal.find(buffer, from) {
            row += rows_ending_by(offsets.get(row + 1..).unwrap_or_default(), at);
            if row >= batch.len() {
                break;
            }
            if rows.contains(row) && self.regex.is_match(batch.body(row)) {
                hits.insert(row);
            }
            from = offsets[row + 1] as usize;
        }
        rows.intersect(hits);
    }
}

impl Literal {
    fn new(run: &Run) -> Self {
        let has_letters = run.text.iter().any(u8::is_ascii_alphabetic);
        if run.any_case && has_letters {
            Self::AnyCase(Needle::new(&run.text))
        } else {
            Self::Exact(Box::new(memmem::Finder::new(&run.text).into_owned()))
        }
    }

    fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        match self {
            Self::Exact(finder) => finder.find(text.get(from..)?).map(|at| from + at),
            Self::AnyCase(needle) => needle.find(text, from),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use logboom_model::{Flags, Resource, Row, Severity, Stream};
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str, any_case: bool) -> Pattern {
        let regex = regex::bytes::RegexBuilder::new(text).case_insensitive(any_case).build();
        Pattern { regex: regex.unwrap(), text: text.into(), any_case }
    }

    fn batch(bodies: &[Vec<u8>]) -> Batch {
        let mut batch = Batch::new(Arc::new(Resource::builder().build()));
        for body in bodies {
            let row = Row {
                time: 0,
                observed: 0,
                severity: Severity::UNSET,
                stream: Stream::None,
                flags: Flags::empty(),
            };
            batch.push(row, body);
        }
        batch
    }

    fn check(text: &str, any_case: bool, bodies: &[Vec<u8>]) -> Result<(), TestCaseError> {
        let (pattern, batch) = (pattern(text, any_case), batch(bodies));
        let (mut rows, mut hits) = (Selection::default(), Selection::default());
        rows.reset(batch.len(), true);
        BodyRegex::new(&pattern).retain(&batch, &mut rows, &mut hits);
        for (row, body) in bodies.iter().enumerate() {
            let body_text = String::from_utf8_lossy(body);
            prop_assert_eq!(rows.contains(row), pattern.regex.is_match(body), "{} on {:?}", text, body_text);
        }
        Ok(())
    }

    /// Expressions with and without a text that every match contains.
    const PATTERNS: &[&str] = &[
        "abc",
        "^abc",
        "abc$",
        "ab.*abc",
        "[ab]cab",
        "a*",
        r"\babc",
        "(abc)+",
        "[^a]b",
        "(?s:abc.c)",
        "éabc",
        "[Aa]bc",
        "ab{2,3}c?",
        "(?:aab)|(?:bc)",
        "k?abc",
    ];

    proptest! {
        #[test]
        fn agrees_with_testing_each_line_alone(
            pattern in prop::sample::select(PATTERNS),
            any_case in any::<bool>(),
            bodies in proptest::collection::vec(
                proptest::collection::vec(prop::sample::select(&b"abcABC \n\xc3\xa9kK"[..]), 0..9),
                0..40,
            ),
        ) {
            check(pattern, any_case, &bodies)?;
        }
    }
}
