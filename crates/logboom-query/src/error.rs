//! What is wrong with a query: at which character, and what would fit there.

use std::fmt;

/// Characters of the query shown on either side of the caret.
const CONTEXT_CHARS: usize = 60;

/// A query that cannot be read. `Display` shows the place with a caret below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where: a byte offset into the query, always at a character (or at the end).
    pub at: usize,
    /// What would fit there, where there is something to say.
    pub hint: Option<String>,
    text: Box<str>,
}

impl QueryError {
    pub(crate) fn new(text: &str, at: usize, message: impl Into<String>) -> Self {
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        Self { message: message.into(), at, hint: None, text: text.into() }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl std::error::Error for QueryError {}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = self.text.split_at(self.at);
        let skipped = before.chars().count().saturating_sub(CONTEXT_CHARS);
        let shown = |character: char| if character.is_control() { '\u{fffd}' } else { character };
        let left: String = before.chars().skip(skipped).map(shown).collect();
        let right: String = after.chars().take(CONTEXT_CHARS).map(shown).collect();
        let dots = if skipped > 0 { "…" } else { "" };
        let cut = if after.chars().nth(CONTEXT_CHARS).is_some() { "…" } else { "" };
        writeln!(f, "{}", self.message)?;
        writeln!(f, "  {dots}{left}{right}{cut}")?;
        write!(f, "  {:>1$}", "^", dots.chars().count() + left.chars().count() + 1)?;
        match &self.hint {
            Some(hint) => write!(f, "\n{hint}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_below_the_character() {
        let error = QueryError::new("é | x", 3, "pipes").hint("none yet");
        assert_eq!(error.to_string(), "pipes\n  é | x\n    ^\nnone yet");
    }

    #[test]
    fn long_queries_are_shown_around_the_place() {
        let text = "a".repeat(500);
        let shown = QueryError::new(&text, 250, "here").to_string();
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[1].chars().count(), 2 + 1 + 60 + 60 + 1);
        assert_eq!(lines[2].chars().count(), 2 + 1 + 60 + 1);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert!(!QueryError::new("a\u{1b}[31m", 1, "here").to_string().contains('\u{1b}'));
    }
}
