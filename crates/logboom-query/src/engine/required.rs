//! Texts that every match of a regular expression contains: what filters are asked for, and what a scan looks for
//! before it runs the expression.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A necessary condition on the text that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Required {
    /// None is known.
    Nothing,
    /// This text occurs.
    Run(Run),
    /// All of these.
    And(Vec<Required>),
    /// At least one of these.
    Or(Vec<Required>),
}

/// Consecutive ASCII text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Run {
    /// As it must occur; in lower case where any case will do.
    pub(crate) text: Vec<u8>,
    /// Whether any case will do.
    pub(crate) any_case: bool,
}

/// What an expression is: a text and nothing else, or something that implies a condition.
enum Piece {
    Exact(Run),
    /// Begins with the text and ends with it.
    Repeated(Run),
    Other(Required),
}

/// Repetitions of a text are written out up to this length.
const WRITTEN_OUT_MAX: usize = 64;

/// The conditions of an expression as typed between the slashes.
pub(crate) fn of_pattern(text: &str, any_case: bool) -> Required {
    match parse(text, any_case) {
        Some(hir) => piece(&hir).required(),
        None => Required::Nothing,
    }
}

/// The expression as the regex crate reads it.
pub(crate) fn parse(text: &str, any_case: bool) -> Option<Hir> {
    let mut builder = regex_syntax::ParserBuilder::new();
    builder.utf8(false).case_insensitive(any_case).nest_limit(crate::limits::REGEX_DEPTH_MAX);
    builder.build().parse(text).ok()
}

impl Piece {
    fn required(self) -> Required {
        match self {
            Self::Exact(run) | Self::Repeated(run) => run.required(),
            Self::Other(required) => required,
        }
    }
}

impl Run {
    /// One byte; a letter in any case where `any_case` says so.
    fn push(&mut self, byte: u8, any_case: bool) {
        self.text.push(byte);
        self.any_case |= any_case;
        if self.any_case {
            self.text.make_ascii_lowercase();
        }
    }

    fn append(&mut self, other: &Self) {
        other.text.iter().for_each(|&byte| self.push(byte, other.any_case));
    }

    fn required(self) -> Required {
        if self.text.is_empty() { Required::Nothing } else { Required::Run(self) }
    }
}

impl Required {
    /// The longest text that occurs in every match.
    pub(crate) fn longest(&self) -> Option<&Run> {
        match self {
            Self::Run(run) => Some(run),
            Self::And(parts) => parts.iter().filter_map(Self::longest).max_by_key(|run| run.text.len()),
            Self::Nothing | Self::Or(_) => None,
        }
    }
}

fn piece(hir: &Hir) -> Piece {
    match hir.kind() {
        // Look-arounds have no text of their own.
        HirKind::Empty | HirKind::Look(_) => Piece::Exact(Run::default()),
        HirKind::Literal(literal) => literal_piece(&literal.0),
        HirKind::Class(class) => match one_letter(class) {
            Some((byte, any_case)) => {
                let mut run = Run::default();
                run.push(byte, any_case);
                Piece::Exact(run)
            }
            None => Piece::Other(Required::Nothing),
        },
        HirKind::Capture(capture) => piece(&capture.sub),
        HirKind::Repetition(repetition) => match (repetition.min, piece(&repetition.sub)) {
            (0, _) => Piece::Other(Required::Nothing),
            (min, Piece::Exact(run)) if !run.text.is_empty() => repeated(&run, min, repetition.max),
            (_, other) => other,
        },
        HirKind::Concat(parts) => concat(parts.iter().map(piece)),
        HirKind::Alternation(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| piece(part).required()).collect();
            let is_known = parts.iter().all(|part| *part != Required::Nothing);
            Piece::Other(if is_known { Required::Or(parts) } else { Required::Nothing })
        }
    }
}

/// Bytes that are not ASCII stand between runs: how they are folded depends on what is around them.
fn literal_piece(bytes: &[u8]) -> Piece {
    let runs = bytes.chunk_by(|one, two| one.is_ascii() == two.is_ascii());
    concat(runs.map(|run| {
        if run.is_ascii() {
            Piece::Exact(Run { text: run.to_vec(), any_case: false })
        } else {
            Piece::Other(Required::Nothing)
        }
    }))
}

fn repeated(run: &Run, min: u32, max: Option<u32>) -> Piece {
    let mut written_out = Run::default();
    let mut times = 0;
    while times < min && written_out.text.len() + run.text.len() <= WRITTEN_OUT_MAX {
        written_out.append(run);
        times += 1;
    }
    // At least once, however long it is.
    if times == 0 {
        written_out.append(run);
    }
    if times == min && max == Some(min) { Piece::Exact(written_out) } else { Piece::Repeated(written_out) }
}

fn concat(pieces: impl Iterator<Item = Piece>) -> Piece {
    let (mut all, mut run, mut is_exact) = (Vec::new(), Run::default(), true);
    for piece in pieces {
        match piece {
            // Case matters for all of a run or for none of it; a letter in any case begins one of its own kind.
            Piece::Exact(next) => run.append(&next),
            Piece::Repeated(next) => {
                is_exact = false;
                run.append(&next);
                all.push(std::mem::replace(&mut run, next).required());
            }
            Piece::Other(required) => {
                is_exact = false;
                all.push(std::mem::take(&mut run).required());
                all.push(required);
            }
        }
    }
    if is_exact {
        return Piece::Exact(run);
    }
    all.push(run.required());
    all.retain(|required| *required != Required::Nothing);
    Piece::Other(match all.len() {
        0 => Required::Nothing,
        1 => all.swap_remove(0),
        _ => Required::And(all),
    })
}

/// The letter of a class that is one letter, or one in both cases.
fn one_letter(class: &Class) -> Option<(u8, bool)> {
    let characters: Vec<char> = match class {
        Class::Unicode(class) => {
            let ranges = class.ranges();
            (ranges.len() <= 2 && ranges.iter().all(|range| range.start() == range.end()))
                .then(|| ranges.iter().map(regex_syntax::hir::ClassUnicodeRange::start).collect())?
        }
        Class::Bytes(class) => {
            let ranges = class.ranges();
            (ranges.len() <= 2 && ranges.iter().all(|range| range.start() == range.end()))
                .then(|| ranges.iter().map(|range| char::from(range.start())).collect())?
        }
    };
    let first = u8::try_from(*characters.first()?).ok().filter(u8::is_ascii)?;
    match &*characters {
        [_] => Some((first, false)),
        [_, second] => second.eq_ignore_ascii_case(&char::from(first)).then_some((first, true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(required: &Required) -> String {
        let list = |parts: &[Required], sign: &str| {
            format!("({})", parts.iter().map(shown).collect::<Vec<_>>().join(sign))
        };
        match required {
            Required::Nothing => "?".to_owned(),
            Required::Run(run) => {
                let sign = if run.any_case { "~" } else { "=" };
                format!("{sign}{}", String::from_utf8_lossy(&run.text))
            }
            Required::And(parts) => list(parts, " & "),
            Required::Or(parts) => list(parts, " | "),
        }
    }

    #[test]
    fn what_every_match_contains() {
        for (pattern, any_case, expected) in [
            ("abc", false, "=abc"),
            (r"user=\w+ failed", false, "(=user= & = failed)"),
            ("(GET|POST) /api", false, "((=GET | =POST) & = /api)"),
            ("a|", false, "?"),
            ("ab|cd*", false, "(=ab | =c)"),
            ("fjordic|zip+ing", false, "(=fjordic | (=zip & =ping))"),
            ("^(?:)+x", false, "=x"),
            ("x?yz", false, "=yz"),
            ("(ab){2}c", false, "=ababc"),
            ("(ab){2,}c", false, "(=abab & =ababc)"),
            ("zip+ing", false, "(=zip & =ping)"),
            ("[Ee]rror", false, "~error"),
            ("panic", true, "~panic"),
            // The Kelvin sign and the long s are letters of these, in any case.
            ("disk", true, "~di"),
            (r"^\bfoo\.bar$", false, "=foo.bar"),
            (r"\d{3}", false, "?"),
            ("café noir", false, "(=caf & = noir)"),
            (".*", false, "?"),
            ("(?i:ab)CD", false, "~abcd"),
        ] {
            assert_eq!(shown(&of_pattern(pattern, any_case)), expected, "{pattern}");
        }
    }

    #[test]
    fn the_longest_text_is_one_that_must_occur() {
        let longest = |pattern| of_pattern(pattern, false).longest().map(|run| run.text.clone());
        assert_eq!(longest(r"id=\d+ (longer than all|x) done"), Some(b" done".to_vec()));
        assert_eq!(longest("a|b"), None);
    }
}
