//! What a query means, free of how it was typed. `Display` writes the canonical form, which parses to the same query.

use std::fmt;

use logboom_model::{Stream, tokens};
use logboom_store::Columns;
use regex::bytes::Regex;

use crate::field::FieldName;
use crate::number::Number;
use crate::pipe::needs_of_name;
use crate::pipe::syntax::Pipe;

/// A parsed query. Two queries are equal when they select the same records for the same reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub(crate) expression: Expression,
    /// What is done with the matching records, in order.
    pub(crate) pipes: Vec<Pipe>,
}

/// How terms are put together. Lists have at least two members.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// Every record.
    All,
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    Term(Term),
}

/// One test of one record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Term {
    /// Words, phrases and wildcards in the body.
    Body(Text),
    BodyRegex(Pattern),
    Severity(Range<u8>),
    SeverityNumber(Range<u8>),
    Time(Range<i64>),
    ObservedTime(Range<i64>),
    Seq(Range<u64>),
    Stream(Stream),
    Kind(Kind),
    /// A resource or attribute by name.
    Field(FieldName, FieldTest),
}

/// The three kinds of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Log,
    Gap,
    Lifecycle,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Log, Self::Gap, Self::Lifecycle];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Gap => "gap",
            Self::Lifecycle => "lifecycle",
        }
    }
}

/// What the value of a field must be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FieldTest {
    /// The whole value, in any case; the number, where the text was one and JSON has a number.
    Is(Text, Option<Number>),
    /// A number on one side of another.
    Compare(Operator, Number),
    Regex(Pattern),
}

/// Folded text with wildcards between its pieces; a single piece has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) pieces: Box<[Box<str>]>,
}

impl Text {
    /// Text in which `*` is a star.
    pub(crate) fn exact(text: &str) -> Self {
        Self { pieces: Box::new([fold(text)]) }
    }

    /// Text in which `*` stands for anything; stars side by side are one.
    pub(crate) fn with_wildcards(text: &str) -> Self {
        let all: Vec<_> = text.split('*').collect();
        let last = all.len() - 1;
        let kept = all
            .iter()
            .enumerate()
            .filter(|(index, piece)| *index == 0 || *index == last || !piece.is_empty());
        Self { pieces: kept.map(|(_, piece)| fold(piece)).collect() }
    }

    /// `*` alone.
    pub(crate) fn is_anything(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(|piece| piece.is_empty())
    }
}

fn fold(text: &str) -> Box<str> {
    let folded: String = text.chars().map(tokens::fold_char).collect();
    folded.into_boxed_str()
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Is,
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl Operator {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Is => ":",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
        }
    }
}

/// A comparison with a value that may itself span a range, as a day or `severity:warn` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range<T> {
    pub(crate) operator: Operator,
    /// First and last value that equal it.
    pub(crate) span: (T, T),
    /// The value as it was typed.
    pub(crate) text: Box<str>,
}

impl<T: Copy + PartialOrd> Range<T> {
    pub(crate) fn admits(&self, value: T) -> bool {
        let (first, last) = self.span;
        match self.operator {
            Operator::Is => first <= value && value <= last,
            Operator::Above => value > last,
            Operator::AtLeast => value >= first,
            Operator::Below => value < first,
            Operator::AtMost => value <= last,
        }
    }

    /// Takes values that this cannot admit off the ends of a range.
    fn narrow(&self, range: &mut (T, T)) {
        let (first, last) = self.span;
        if matches!(self.operator, Operator::Is | Operator::AtLeast | Operator::Above) && first > range.0 {
            range.0 = first;
        }
        if matches!(self.operator, Operator::Is | Operator::AtMost | Operator::Below) && last < range.1 {
            range.1 = last;
        }
    }
}

/// A compiled regular expression; equal when its text is.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    pub(crate) regex: Regex,
    /// As typed between the slashes.
    pub(crate) text: Box<str>,
    pub(crate) any_case: bool,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.any_case == other.any_case
    }
}

impl Query {
    /// The pipes, in order.
    pub(crate) fn pipes(&self) -> &[Pipe] {
        &self.pipes
    }

    /// Whether the query gives a table ([`crate::Pipeline`]) instead of records.
    pub fn is_table(&self) -> bool {
        self.pipes.iter().any(|pipe| !matches!(pipe, Pipe::Limit(_)))
    }

    /// How many of the newest records the query itself asks for, where it gives records.
    pub fn record_limit(&self) -> Option<usize> {
        let limits = self.pipes.iter().map(|pipe| match pipe {
            Pipe::Limit(rows) => Some(*rows),
            _ => None,
        });
        limits.collect::<Option<Vec<_>>>()?.into_iter().min()
    }

    /// Event times outside of which nothing can match: first and last, for readers that can skip.
    pub fn times(&self) -> (i64, i64) {
        let mut times = (i64::MIN, i64::MAX);
        for term in self.conditions() {
            if let Expression::Term(Term::Time(range)) = term {
                range.narrow(&mut times);
            }
        }
        times
    }

    /// The columns that the filter reads; what pipes read is [`crate::Pipeline::needs`].
    pub fn needs(&self) -> Columns {
        let mut columns = Columns::default();
        self.expression.needs(&mut columns);
        columns
    }

    /// Expressions all of which a record must meet.
    pub(crate) fn conditions(&self) -> &[Expression] {
        match &self.expression {
            Expression::And(parts) => parts,
            one => std::slice::from_ref(one),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.write(f, Place::Whole)?;
        self.pipes.iter().try_for_each(|pipe| write!(f, " | {pipe}"))
    }
}

/// Where an expression stands, which decides whether it needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Whole,
    Alternative,
    Inside,
}

impl Expression {
    fn needs(&self, columns: &mut Columns) {
        match self {
            Self::All => {}
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.needs(columns)),
            Self::Not(inner) => inner.needs(columns),
            Self::Term(Term::Field(name, _)) => needs_of_name(name.folded_text(), columns),
            Self::Term(Term::Body(_) | Term::BodyRegex(_)) => columns.body = true,
            Self::Term(Term::Severity(_) | Term::SeverityNumber(_)) => columns.severity = true,
            Self::Term(Term::Time(_)) => columns.time = true,
            Self::Term(Term::ObservedTime(_)) => columns.observed = true,
            // Seqs are always there.
            Self::Term(Term::Seq(_)) => {}
            Self::Term(Term::Stream(_)) => columns.stream = true,
            Self::Term(Term::Kind(_)) => columns.flags = true,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, place: Place) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::And(parts) => list(f, parts, " ", Place::Inside, place == Place::Inside),
            Self::Or(parts) => list(f, parts, " OR ", Place::Alternative, place != Place::Whole),
            Self::Not(inner) => {
                f.write_str(if matches!(**inner, Self::Not(_)) { "NOT " } else { "-" })?;
                inner.write(f, Place::Inside)
            }
            Self::Term(term) => write!(f, "{term}"),
        }
    }
}

fn list(
    f: &mut fmt::Formatter<'_>,
    parts: &[Expression],
    between: &str,
    place: Place,
    parentheses: bool,
) -> fmt::Result {
    f.write_str(if parentheses { "(" } else { "" })?;
    for (index, part) in parts.iter().enumerate() {
        f.write_str(if index > 0 { between } else { "" })?;
        part.write(f, place)?;
    }
    f.write_str(if parentheses { ")" } else { "" })
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(text) if text.pieces.len() == 1 => write!(f, "{text}"),
            Self::Body(text) => write!(f, "body:{text}"),
            Self::BodyRegex(pattern) => write!(f, "body{pattern}"),
            Self::Severity(range) => write!(f, "severity{range}"),
            Self::SeverityNumber(range) => write!(f, "severity_number{range}"),
            Self::Time(range) => write!(f, "time{range}"),
            Self::ObservedTime(range) => write!(f, "observed_time{range}"),
            Self::Seq(range) => write!(f, "seq{range}"),
            Self::Stream(stream) => write!(f, "stream:{}", stream.name()),
            Self::Kind(kind) => write!(f, "kind:{}", kind.name()),
            Self::Field(name, FieldTest::Is(text, None)) => write!(f, "{name}:{text}"),
            Self::Field(name, FieldTest::Is(text, Some(_))) => write!(f, "{name}:{}", text.pieces.concat()),
            Self::Field(name, FieldTest::Compare(operator, number)) => {
                write!(f, "{name}{}{number}", operator.text())
            }
            Self::Field(name, FieldTest::Regex(pattern)) => write!(f, "{name}{pattern}"),
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.pieces {
            [exact] => write!(f, "\"{}\"", exact.replace('\\', "\\\\").replace('"', "\\\"")),
            pieces => f.write_str(&pieces.join("*")),
        }
    }
}

impl<T> fmt::Display for Range<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.operator.text(), self.text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "~/{}/{}", self.text, if self.any_case { "i" } else { "" })
    }
}
