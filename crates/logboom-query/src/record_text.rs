//! Words, phrases and wildcards in a body: any case, both ends on the edges of tokens, `*` for anything but white
//! space.

use logboom_model::tokens::{first_char, fold, is_boundary_after, is_boundary_before, is_token_char};
use memchr::memmem;

use crate::ast::Text;
use crate::needle::Needle;

/// One text to be found in bodies.
#[derive(Debug, Clone)]
pub(crate) struct BodyText {
    how: How,
    edges: Edges,
}

#[derive(Debug, Clone)]
enum How {
    Anything,
    /// One ASCII piece, tested on the body as it is.
    Ascii(Needle),
    /// Everything else, tested on the folded body.
    Folded {
        /// An ASCII piece that must be there, in any case.
        anchor: Option<Needle>,
        pieces: Box<[memmem::Finder<'static>]>,
    },
}

/// Which ends of the text must lie on the edge of a token: those that are part of one and are not open.
#[derive(Debug, Clone, Copy)]
struct Edges {
    start: bool,
    end: bool,
}

impl Edges {
    fn of(text: &Text) -> Self {
        let (first, last) = (text.pieces.first(), text.pieces.last());
        Self {
            start: first.and_then(|piece| piece.chars().next()).is_some_and(is_token_char),
            end: last.and_then(|piece| piece.chars().next_back()).is_some_and(is_token_char),
        }
    }

    fn start_fits(self, body: &[u8], at: usize) -> bool {
        !self.start || is_boundary_before(body, at)
    }

    fn end_fits(self, body: &[u8], at: usize) -> bool {
        !self.end || is_boundary_after(body, at)
    }
}

impl BodyText {
    pub(crate) fn new(text: &Text) -> Self {
        let pieces: Vec<&str> =
            text.pieces.iter().map(|piece| &**piece).filter(|piece| !piece.is_empty()).collect();
        let anchor = pieces.iter().filter(|piece| piece.is_ascii()).max_by_key(|piece| piece.len());
        let anchor = anchor.map(|piece| Needle::new(piece.as_bytes()));
        let how = match (pieces.len(), anchor) {
            (0, _) => How::Anything,
            (1, Some(needle)) => How::Ascii(needle),
            (_, anchor) => How::Folded {
                anchor,
                pieces: pieces.iter().map(|piece| memmem::Finder::new(piece).into_owned()).collect(),
            },
        };
        Self { how, edges: Edges::of(text) }
    }

    /// Whether every body matches.
    pub(crate) fn is_anything(&self) -> bool {
        matches!(self.how, How::Anything)
    }

    /// What a matching body contains in any case, for a scan over many bodies at once.
    pub(crate) fn anchor(&self) -> Option<&Needle> {
        match &self.how {
            How::Anything => None,
            How::Ascii(needle) => Some(needle),
            How::Folded { anchor, .. } => anchor.as_ref(),
        }
    }

    /// Whether finding the anchor at a place says that the body matches, given that the ends fit there.
    pub(crate) fn fits_at(&self, body: &[u8], at: usize) -> Option<bool> {
        match &self.how {
            How::Ascii(needle) => {
                Some(self.edges.start_fits(body, at) && self.edges.end_fits(body, at + needle.len()))
            }
            How::Anything | How::Folded { .. } => None,
        }
    }

    /// Tests one body.
    pub(crate) fn matches(&self, body: &[u8], scratch: &mut Vec<u8>) -> bool {
        match &self.how {
            How::Anything => true,
            How::Ascii(needle) => {
                let mut from = 0;
                while let Some(at) = needle.find(body, from) {
                    if self.fits_at(body, at) == Some(true) {
                        return true;
                    }
                    from = at + 1;
                }
                false
            }
            How::Folded { anchor, pieces } => {
                match anchor {
                    Some(anchor) if anchor.find(body, 0).is_none() => return false,
                    None if body.is_ascii() => return false,
                    _ => {}
                }
                scratch.clear();
                fold(body, scratch);
                match &**pieces {
                    [piece] => self.find_last_piece(scratch, 0, piece, true),
                    pieces => scratch.split(u8::is_ascii_whitespace).any(|run| self.run_matches(run, pieces)),
                }
            }
        }
    }

    /// Whether the pieces stand one behind another in a run without white space. The earliest place of each piece
    /// leaves the most room for the next, so nothing is ever tried twice.
    fn run_matches(&self, run: &[u8], pieces: &[memmem::Finder<'static>]) -> bool {
        let Some(((first, last), middle)) = pieces
            .split_first()
            .and_then(|(first, rest)| rest.split_last().map(|(last, middle)| ((first, last), middle)))
        else {
            return false;
        };
        let starts = first.find_iter(run).find(|&at| self.edges.start_fits(run, at));
        let Some(start) = starts else { return false };
        let mut from = start + first.needle().len();
        for piece in middle {
            match piece.find(&run[from..]) {
                Some(at) => from += at + piece.needle().len(),
                None => return false,
            }
        }
        self.find_last_piece(run, from, last, false)
    }

    /// Whether the piece stands somewhere behind `from` with its end (and, where asked for, start) on an edge.
    fn find_last_piece(
        &self,
        text: &[u8],
        mut from: usize,
        piece: &memmem::Finder<'static>,
        alone: bool,
    ) -> bool {
        while let Some(at) = text.get(from..).and_then(|rest| piece.find(rest)).map(|at| from + at) {
            let start_fits = !alone || self.edges.start_fits(text, at);
            if start_fits && self.edges.end_fits(text, at + piece.needle().len()) {
                return true;
            }
            from = at + first_char(&text[at..]).map_or(1, char::len_utf8);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &Text, body: &str, expected: bool) {
        let matched = BodyText::new(text).matches(body.as_bytes(), &mut Vec::new());
        assert_eq!(matched, expected, "{text} in {body:?}");
    }

    #[test]
    fn words_are_whole_tokens_in_any_case() {
        for (word, body, expected) in [
            ("error", "an ERROR here", true),
            ("error", "errors", false),
            ("error", "my_error", false),
            ("error", "xerror error", true),
            ("error", "éerror", false),
            ("error", "x-error:", true),
            ("10.0.0.1", "from 10.0.0.1:80", true),
            ("10.0.0.1", "from 110.0.0.1", false),
            ("/healthz", "GET /api/healthz/x", true),
            ("straße", "STRASSE", false),
            ("straße", "die STRAẞE", true),
            ("café", "un CAFÉ noir", true),
            ("café", "cafés", false),
            ("k", "\u{212a}", false),
        ] {
            check(&Text::exact(word), body, expected);
        }
    }

    #[test]
    fn wildcards_open_an_end_and_stop_at_white_space() {
        for (word, body, expected) in [
            ("conn*", "Connection refused", true),
            ("conn*", "disconnect", false),
            ("*ion", "connection refused", true),
            ("*ion", "ionic", false),
            ("*nnec*", "disconnected", true),
            ("in*fix", "an infix", true),
            ("in*fix", "in a fix", false),
            ("in*fix", "xin infixx infix", true),
            ("/api/*/users", "GET /api/v1-2/users?x", true),
            ("/api/*/users", "GET /api/v1/usersx /users", false),
            ("a*b*c", "aXbXc", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("É*é", "écolé", true),
            ("*", "", true),
        ] {
            check(&Text::with_wildcards(word), body, expected);
        }
    }
}
