//! A query made executable: texts as finders, terms in the order of their cost.

use logboom_model::{Batch, Flags, Record, Stream};

use crate::ast::{Expression, Kind, Operator, Range, Term};
use crate::attributes::{AttributeTest, Scratch};
use crate::engine::body_regex::BodyRegex;
use crate::record_text::BodyText;

/// What a matcher runs.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) root: Node,
    /// Tests of named fields; a resource decides some of them for all of its records.
    pub(crate) fields: Vec<AttributeTest>,
}

#[derive(Debug)]
pub(crate) enum Node {
    All,
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Leaf(Leaf),
}

#[derive(Debug)]
pub(crate) enum Leaf {
    Text(BodyText),
    Regex(BodyRegex),
    Severity(Range<u8>),
    SeverityNumber(Range<u8>),
    Time(Range<i64>),
    ObservedTime(Range<i64>),
    Seq(Range<u64>),
    Stream(Stream),
    Kind(Kind),
    /// Index into [`Plan::fields`].
    Field(usize),
}

impl Plan {
    pub(crate) fn new(expression: &Expression) -> Self {
        let mut fields = Vec::new();
        let root = node(expression, &mut fields);
        Self { root, fields }
    }
}

fn node(expression: &Expression, fields: &mut Vec<AttributeTest>) -> Node {
    let mut list = |parts: &[Expression]| {
        let mut nodes: Vec<_> = parts.iter().map(|part| node(part, fields)).collect();
        nodes.sort_by_key(cost);
        nodes
    };
    match expression {
        Expression::All => Node::All,
        Expression::And(parts) => Node::And(list(parts)),
        Expression::Or(parts) => Node::Or(list(parts)),
        Expression::Not(inner) => Node::Not(Box::new(node(inner, fields))),
        Expression::Term(term) => Node::Leaf(leaf(term, fields)),
    }
}

fn leaf(term: &Term, fields: &mut Vec<AttributeTest>) -> Leaf {
    match term {
        Term::Body(text) => Leaf::Text(BodyText::new(text)),
        Term::BodyRegex(pattern) => Leaf::Regex(BodyRegex::new(pattern)),
        Term::Severity(range) => Leaf::Severity(range.clone()),
        Term::SeverityNumber(range) => Leaf::SeverityNumber(range.clone()),
        Term::Time(range) => Leaf::Time(range.clone()),
        Term::ObservedTime(range) => Leaf::ObservedTime(range.clone()),
        Term::Seq(range) => Leaf::Seq(range.clone()),
        Term::Stream(stream) => Leaf::Stream(*stream),
        Term::Kind(kind) => Leaf::Kind(*kind),
        Term::Field(name, test) => {
            fields.push(AttributeTest::new(name.clone(), test.clone()));
            Leaf::Field(fields.len() - 1)
        }
    }
}

/// The order of work: columns, then long texts (rarer, and no dearer than short ones), then what reads each body.
fn cost(node: &Node) -> usize {
    match node {
        Node::All => 0,
        Node::And(parts) | Node::Or(parts) => parts.iter().map(cost).max().unwrap_or(0),
        Node::Not(inner) => cost(inner),
        Node::Leaf(Leaf::Text(text)) if text.is_anything() => 0,
        Node::Leaf(Leaf::Text(text)) => match text.anchor() {
            Some(anchor) => 1000_usize.saturating_sub(anchor.len()).max(2),
            None => 2000,
        },
        Node::Leaf(Leaf::Field(_)) => 3000,
        Node::Leaf(Leaf::Regex(_)) => 4000,
        Node::Leaf(_) => 1,
    }
}

impl Leaf {
    /// Tests one record; fields that its resource decides are in `decided`.
    pub(crate) fn matches(
        &self,
        record: &Record<'_>,
        fields: &[AttributeTest],
        decided: &[Option<bool>],
        scratch: &mut Scratch,
    ) -> bool {
        match self {
            Self::Text(text) => text.matches(record.body, &mut scratch.folded),
            Self::Regex(regex) => regex.matches(record.body),
            Self::Severity(range) => severity_admits(range, record.severity.number()),
            Self::SeverityNumber(range) => range.admits(record.severity.number()),
            Self::Time(range) => range.admits(record.time),
            Self::ObservedTime(range) => range.admits(record.observed),
            Self::Seq(range) => range.admits(record.seq),
            Self::Stream(stream) => record.stream == *stream,
            Self::Kind(kind) => kind_of(record.flags) == *kind,
            Self::Field(slot) => {
                decided[*slot].unwrap_or_else(|| fields[*slot].record_matches(record, scratch))
            }
        }
    }

    /// Tests one row of a batch, reading no column that it does not need.
    pub(crate) fn matches_row(
        &self,
        batch: &Batch,
        row: usize,
        fields: &[AttributeTest],
        scratch: &mut Scratch,
    ) -> bool {
        let columns = batch.columns();
        match self {
            Self::Text(text) => text.matches(batch.body(row), &mut scratch.folded),
            Self::Regex(regex) => regex.matches(batch.body(row)),
            Self::Severity(range) => severity_admits(range, columns.severities[row]),
            Self::SeverityNumber(range) => range.admits(columns.severities[row]),
            Self::Time(range) => range.admits(columns.times[row]),
            Self::ObservedTime(range) => range.admits(columns.observed[row]),
            Self::Seq(range) => range.admits(batch.seq(row)),
            Self::Stream(stream) => batch.stream(row) == *stream,
            Self::Kind(kind) => kind_of(batch.flags(row)) == *kind,
            Self::Field(slot) => fields[*slot].row_matches(batch, row, fields[*slot].view(batch), scratch),
        }
    }
}

/// Records of unset severity are on neither side of another.
fn severity_admits(range: &Range<u8>, number: u8) -> bool {
    range.admits(number) && (number != 0 || range.operator == Operator::Is)
}

/// What kind of row these marks make.
pub(crate) fn kind_of(flags: Flags) -> Kind {
    if flags.contains(Flags::GAP) {
        Kind::Gap
    } else if flags.contains(Flags::LIFECYCLE) {
        Kind::Lifecycle
    } else {
        Kind::Log
    }
}
