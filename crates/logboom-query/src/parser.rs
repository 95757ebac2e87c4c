//! Text to [`Query`]: one pass over the characters, recursing once for each parenthesis and negation.
//!
//! Strict on purpose: what could be read in two ways is refused with what would fit, so that the language can grow
//! without changing what an old query finds.

use crate::ast::{Expression, Operator, Query, Term, Text};
use crate::error::QueryError;
use crate::field::is_name;
use crate::{limits, pipe, term};

/// Reads one query, pipes and all. Nothing but white space, or `*`, selects every record.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    read(text, true)
}

/// Reads one query without pipes, for what takes records one by one: the live tail, a sink's `where`.
pub fn parse_filter(text: &str) -> Result<Query, QueryError> {
    read(text, false)
}

fn read(text: &str, pipes: bool) -> Result<Query, QueryError> {
    if text.len() > limits::QUERY_BYTES_MAX {
        let message = format!("the query is longer than {} bytes", limits::QUERY_BYTES_MAX);
        return Err(QueryError::new(text, limits::QUERY_BYTES_MAX, message));
    }
    let mut parser = Parser { text, at: 0, depth: 0, terms: 0, regexes: 0 };
    parser.skip_spaces();
    let expression = match parser.peek() {
        None | Some('|') => Expression::All,
        Some(_) => parser.alternatives()?,
    };
    let mut query = Query { expression, pipes: Vec::new() };
    match parser.peek() {
        None => {}
        Some('|') if pipes => pipe::parse::pipes(&mut parser, &mut query)?,
        Some('|') => {
            let error = parser.error(parser.at, "pipes have no meaning here: records are taken one by one");
            return Err(error.hint(QUOTE_PIPE));
        }
        Some(_) => {
            let error = parser.error(parser.at, "this parenthesis closes nothing");
            return Err(error.hint("put ( before it, or text in quotes"));
        }
    }
    Ok(query)
}

/// What connects terms.
const KEYWORDS: [&str; 3] = ["AND", "OR", "NOT"];

pub(crate) struct Parser<'a> {
    pub(crate) text: &'a str,
    pub(crate) at: usize,
    depth: usize,
    terms: usize,
    regexes: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn error(&self, at: usize, message: impl Into<String>) -> QueryError {
        QueryError::new(self.text, at, message)
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(crate) fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes `token` where it stands next.
    pub(crate) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Takes characters while they fit.
    pub(crate) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|character| !fits(character)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Whether the keyword stands next, as a word of its own.
    fn at_keyword(&self, keyword: &str) -> bool {
        self.rest().strip_prefix(keyword).is_some_and(|rest| {
            rest.chars()
                .next()
                .is_none_or(|next| next.is_whitespace() || matches!(next, '(' | ')' | '"' | '|'))
        })
    }

    fn eat_keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_keyword(keyword);
        if found {
            self.at += keyword.len();
        }
        found
    }

    fn alternatives(&mut self) -> Result<Expression, QueryError> {
        let mut parts = vec![self.conjunction()?];
        while self.eat_keyword("OR") {
            parts.push(self.conjunction()?);
        }
        Ok(flat(parts, Expression::Or))
    }

    /// Terms side by side, up to `OR`, `)`, `|` or the end.
    fn conjunction(&mut self) -> Result<Expression, QueryError> {
        let mut parts = vec![self.negation()?];
        loop {
            self.skip_spaces();
            match self.peek() {
                None | Some(')' | '|') => break,
                Some(_) if self.at_keyword("OR") => break,
                Some(_) => {
                    self.eat_keyword("AND");
                    parts.push(self.negation()?);
                }
            }
        }
        Ok(flat(parts, Expression::And))
    }

    fn negation(&mut self) -> Result<Expression, QueryError> {
        self.skip_spaces();
        let at = self.at;
        if self.eat("-") {
            match self.peek() {
                Some('-') => {
                    return Err(self
                        .error(at, "a term cannot start with two dashes")
                        .hint("put text with dashes in quotes: \"--flag\""));
                }
                None => return Err(self.error(at, "nothing follows this dash").hint(NEGATION)),
                Some(next) if next.is_whitespace() || matches!(next, ')' | '|') => {
                    return Err(self.error(at, "nothing follows this dash").hint(NEGATION));
                }
                Some(_) => {}
            }
        } else if !self.eat_keyword("NOT") {
            return self.primary();
        }
        self.deeper(at)?;
        let inner = self.negation()?;
        self.depth -= 1;
        Ok(Expression::Not(Box::new(inner)))
    }

    fn deeper(&mut self, at: usize) -> Result<(), QueryError> {
        self.depth += 1;
        if self.depth > limits::DEPTH_MAX {
            let message =
                format!("more than {} parentheses and negations inside each other", limits::DEPTH_MAX);
            return Err(self.error(at, message));
        }
        Ok(())
    }

    fn primary(&mut self) -> Result<Expression, QueryError> {
        let at = self.at;
        let Some(first) = self.peek() else {
            return Err(self.error(at, "a term is missing at the end").hint(TERMS));
        };
        match first {
            '(' => self.group(),
            ')' => Err(self.error(at, "a term is missing before this parenthesis").hint(TERMS)),
            '|' => Err(self.error(at, "a term is missing before this pipe").hint(TERMS)),
            '!' => Err(self.error(at, "! is not an operator").hint(NEGATION)),
            _ if self.at_operator_word() => {
                Err(self.error(at, "a term is missing before this operator").hint(TERMS))
            }
            _ => self.term(at),
        }
    }

    fn at_operator_word(&self) -> bool {
        self.at_keyword("AND") || self.at_keyword("OR")
    }

    fn group(&mut self) -> Result<Expression, QueryError> {
        let open = self.at;
        self.deeper(open)?;
        self.at += 1;
        let inner = self.alternatives()?;
        match self.peek() {
            Some(')') => self.at += 1,
            Some('|') => {
                let message = "a pipe cannot stand inside parentheses";
                return Err(self.error(self.at, message).hint(QUOTE_PIPE));
            }
            _ => {
                return Err(self
                    .error(open, "this parenthesis is never closed")
                    .hint("put ) where the group ends"));
            }
        }
        self.depth -= 1;
        Ok(inner)
    }

    fn term(&mut self, at: usize) -> Result<Expression, QueryError> {
        self.terms += 1;
        if self.terms > limits::TERMS_MAX {
            return Err(self.error(at, format!("more than {} terms", limits::TERMS_MAX)));
        }
        if self.peek() == Some('"') {
            let phrase = self.quoted()?;
            if phrase.is_empty() {
                return Err(self.error(at, "an empty phrase finds nothing").hint("write * for every record"));
            }
            self.check_text_length(at, &phrase)?;
            return Ok(Expression::Term(Term::Body(Text::exact(&phrase))));
        }
        let word = self.take_while(|c| !ends_word(c) && !matches!(c, ':' | '=' | '<' | '>' | '~'));
        match self.peek() {
            Some('~') if word.is_empty() => {
                let pattern = self.regex()?;
                Ok(Expression::Term(Term::BodyRegex(pattern)))
            }
            Some(operator @ (':' | '=' | '<' | '>' | '~')) => self.field(at, word, operator),
            next => {
                self.check_word_end(next)?;
                self.word(at, word)
            }
        }
    }

    fn word(&self, at: usize, word: &str) -> Result<Expression, QueryError> {
        if let Some(keyword) = KEYWORDS.iter().find(|keyword| keyword.eq_ignore_ascii_case(word)) {
            let message = format!("{word:?} could be the operator or the word");
            let hint = format!("write {keyword} for the operator, \"{word}\" in quotes for the word");
            return Err(self.error(at, message).hint(hint));
        }
        let text = self.wildcards(at, word)?;
        Ok(if text.is_anything() { Expression::All } else { Expression::Term(Term::Body(text)) })
    }

    /// Text of which `*` is a wildcard, within the limit.
    pub(crate) fn wildcards(&self, at: usize, word: &str) -> Result<Text, QueryError> {
        if word.matches('*').count() > limits::WILDCARDS_MAX {
            return Err(self.error(at, format!("more than {} wildcards in one word", limits::WILDCARDS_MAX)));
        }
        self.check_text_length(at, word)?;
        Ok(Text::with_wildcards(word))
    }

    /// Whether a word, phrase or value is short enough.
    pub(crate) fn check_text_length(&self, at: usize, text: &str) -> Result<(), QueryError> {
        if text.len() > limits::TEXT_BYTES_MAX {
            let message = format!("a word, phrase or value has at most {} bytes", limits::TEXT_BYTES_MAX);
            return Err(self.error(at, message));
        }
        Ok(())
    }

    fn field(&mut self, at: usize, name: &str, operator: char) -> Result<Expression, QueryError> {
        let operator_at = self.at;
        if name.is_empty() {
            let message = format!("a field's name is missing before {operator}");
            return Err(self.error(operator_at, message).hint(QUOTE_TEXT));
        }
        if let Some(negated) = name.strip_suffix('!').filter(|_| matches!(operator, '=' | '~')) {
            let message = format!("!{operator} is not an operator");
            let fits = if operator == '=' { ":value" } else { "~/expression/" };
            return Err(self.error(operator_at - 1, message).hint(format!("write -{negated}{fits}")));
        }
        if !is_name(name) {
            let message = format!("{name:?} cannot be a field's name before {operator}");
            return Err(self.error(at, message).hint(QUOTE_TEXT));
        }
        if name.len() > limits::NAME_BYTES_MAX {
            let message = format!("a field's name has at most {} bytes", limits::NAME_BYTES_MAX);
            return Err(self.error(at, message));
        }
        let term = if operator == '~' {
            let pattern = self.regex()?;
            term::with_regex(self, at, name, pattern)?
        } else {
            let operator = self.operator(name)?;
            term::with_value(self, name, operator)?
        };
        Ok(Expression::Term(term))
    }

    fn operator(&mut self, name: &str) -> Result<Operator, QueryError> {
        let at = self.at;
        for operator in [Operator::AtLeast, Operator::Above, Operator::AtMost, Operator::Below, Operator::Is]
        {
            if self.eat(operator.text()) {
                return Ok(operator);
            }
        }
        let hint = format!("write {name}:value for the field, \"{name}=value\" in quotes for the text");
        Err(self.error(at, "= is not an operator").hint(hint))
    }

    /// The regular expression behind a field's name: `~/…/`, `~/…/i` for any case.
    fn regex(&mut self) -> Result<crate::ast::Pattern, QueryError> {
        self.at += 1;
        let open = self.at;
        if !self.eat("/") {
            return Err(self
                .error(open, "a regular expression stands between slashes")
                .hint("write ~/expression/"));
        }
        let start = self.at;
        let mut escaped = false;
        let length = self.rest().find(|character| {
            let ends = character == '/' && !escaped;
            escaped = character == '\\' && !escaped;
            ends
        });
        let Some(length) = length else {
            let hint = "end it with /; a slash inside is written \\/";
            return Err(self.error(open, "this regular expression is never closed").hint(hint));
        };
        let text = &self.text[start..start + length];
        self.at = start + length + 1;
        let any_case = self.eat("i");
        self.check_end("a regular expression")?;
        self.regexes += 1;
        if self.regexes > limits::REGEXES_MAX {
            return Err(self.error(open, format!("more than {} regular expressions", limits::REGEXES_MAX)));
        }
        term::compile(self, start, text, any_case)
    }

    /// A quoted text: `\"` is a quote, `\\` a backslash, any other backslash stands for itself.
    pub(crate) fn quoted(&mut self) -> Result<String, QueryError> {
        let open = self.at;
        self.at += 1;
        let mut phrase = String::new();
        loop {
            phrase.push_str(self.take_while(|c| !matches!(c, '"' | '\\')));
            if self.eat("\\\"") {
                phrase.push('"');
            } else if self.eat("\\\\") || self.eat("\\") {
                phrase.push('\\');
            } else if self.eat("\"") {
                break;
            } else {
                return Err(self.error(open, "this quote is never closed").hint("end the phrase with \""));
            }
        }
        self.check_end("a phrase")?;
        Ok(phrase)
    }

    /// An unquoted value, up to white space, a parenthesis or a pipe.
    pub(crate) fn bare_value(&mut self) -> Result<&'a str, QueryError> {
        let value = self.take_while(|character| !ends_word(character));
        self.check_word_end(self.peek())?;
        Ok(value)
    }

    fn check_word_end(&self, next: Option<char>) -> Result<(), QueryError> {
        match next {
            Some('"') => Err(self
                .error(self.at, "a quote inside a word")
                .hint("put the whole text in quotes, or a space before the phrase")),
            Some('(') => Err(self
                .error(self.at, "a parenthesis inside a word")
                .hint("put a space before the group, or the text in quotes")),
            _ => Ok(()),
        }
    }

    fn check_end(&self, what: &str) -> Result<(), QueryError> {
        match self.peek() {
            None | Some(')' | '|') => Ok(()),
            Some(next) if next.is_whitespace() => Ok(()),
            Some(_) => Err(self.error(self.at, format!("{what} ends before this")).hint("put a space here")),
        }
    }
}

const QUOTE_PIPE: &str = "put | in quotes to search for the character";
const NEGATION: &str = "write -term or NOT term for what must not match";
const QUOTE_TEXT: &str = "write name:value for a field, or put text that contains : = < > ~ in quotes";
const TERMS: &str = "a word, a \"phrase\", field:value, field>=number, field~/expression/ or ( … ) would fit";

fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '(' | ')' | '|')
}

/// A list of one is its member.
fn flat(mut parts: Vec<Expression>, list: fn(Vec<Expression>) -> Expression) -> Expression {
    if parts.len() == 1 { parts.remove(0) } else { list(parts) }
}
