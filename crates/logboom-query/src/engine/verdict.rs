//! What can be said of many records at once, from what the index knows of them: their resource, severity, times and
//! seqs. A block is left out when every cell of it says no, and counted without being read when every cell says.

use std::collections::HashMap;

use logboom_model::{Resource, ResourceId};

use crate::ast::{Expression, Operator, Query, Range, Term};
use crate::attributes::{AttributeTest, Scratch};
use crate::limits::RESOURCE_CACHE_MAX;

/// Records that share what the index knows. Ranges include both ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell<'a> {
    pub(crate) resource: &'a Resource,
    /// Not known where absent.
    pub(crate) severity: Option<u8>,
    pub(crate) times: (i64, i64),
    pub(crate) seqs: (u64, u64),
}

/// A query that answers for cells.
#[derive(Debug)]
pub(crate) struct Judge {
    root: Node,
    fields: Vec<AttributeTest>,
    /// What a resource says to each field.
    decided: HashMap<ResourceId, Box<[Option<bool>]>>,
    scratch: Scratch,
}

#[derive(Debug)]
enum Node {
    All,
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Severity(Range<u8>),
    SeverityNumber(Range<u8>),
    Time(Range<i64>),
    Seq(Range<u64>),
    /// Index into the fields.
    Field(usize),
    /// What only the record itself can tell.
    Unknown,
}

impl Judge {
    /// Prepares a query.
    pub(crate) fn new(query: &Query) -> Self {
        let mut fields = Vec::new();
        let root = node(&query.expression, &mut fields);
        Self { root, fields, decided: HashMap::new(), scratch: Scratch::default() }
    }

    /// Whether all of the cell's records match, none does, or that cannot be told.
    pub(crate) fn of(&mut self, cell: &Cell<'_>) -> Option<bool> {
        if self.decided.len() >= RESOURCE_CACHE_MAX {
            self.decided.clear();
        }
        let (fields, scratch) = (&self.fields, &mut self.scratch);
        let decided = self.decided.entry(cell.resource.id()).or_insert_with(|| {
            let answers = fields.iter().map(|field| {
                let value = field.name().value_in(cell.resource)?;
                Some(field.resource_matches(value, scratch))
            });
            answers.collect()
        });
        judge(&self.root, cell, decided)
    }
}

fn node(expression: &Expression, fields: &mut Vec<AttributeTest>) -> Node {
    let mut list = |parts: &[Expression]| parts.iter().map(|part| node(part, fields)).collect();
    match expression {
        Expression::All => Node::All,
        Expression::And(parts) => Node::And(list(parts)),
        Expression::Or(parts) => Node::Or(list(parts)),
        Expression::Not(inner) => Node::Not(Box::new(node(inner, fields))),
        Expression::Term(Term::Severity(range)) => Node::Severity(range.clone()),
        Expression::Term(Term::SeverityNumber(range)) => Node::SeverityNumber(range.clone()),
        Expression::Term(Term::Time(range)) => Node::Time(range.clone()),
        Expression::Term(Term::Seq(range)) => Node::Seq(range.clone()),
        Expression::Term(Term::Field(name, test)) => {
            fields.push(AttributeTest::new(name.clone(), test.clone()));
            Node::Field(fields.len() - 1)
        }
        Expression::Term(_) => Node::Unknown,
    }
}

fn judge(node: &Node, cell: &Cell<'_>, decided: &[Option<bool>]) -> Option<bool> {
    match node {
        Node::All => Some(true),
        Node::And(parts) => any_or_all(parts, cell, decided, false),
        Node::Or(parts) => any_or_all(parts, cell, decided, true),
        Node::Not(inner) => judge(inner, cell, decided).map(|answer| !answer),
        // Records of unset severity are on neither side of another.
        Node::Severity(range) => cell
            .severity
            .map(|number| range.admits(number) && (number != 0 || range.operator == Operator::Is)),
        Node::SeverityNumber(range) => cell.severity.map(|number| range.admits(number)),
        Node::Time(range) => admits_all(range, cell.times),
        Node::Seq(range) => admits_all(range, cell.seqs),
        Node::Field(slot) => decided.get(*slot).copied().flatten(),
        Node::Unknown => None,
    }
}

/// `decisive` as soon as one part is; its opposite when all are.
fn any_or_all(parts: &[Node], cell: &Cell<'_>, decided: &[Option<bool>], decisive: bool) -> Option<bool> {
    let mut all = Some(!decisive);
    for part in parts {
        match judge(part, cell, decided) {
            Some(answer) if answer == decisive => return Some(decisive),
            Some(_) => {}
            None => all = None,
        }
    }
    all
}

/// Whether a comparison holds for all values of a range, for none, or for some.
fn admits_all<T: Copy + PartialOrd>(range: &Range<T>, (low, high): (T, T)) -> Option<bool> {
    let (first, last) = range.span;
    let (all, none) = match range.operator {
        Operator::Is => (first <= low && high <= last, high < first || low > last),
        Operator::Above => (low > last, high <= last),
        Operator::AtLeast => (low >= first, high < first),
        Operator::Below => (high < first, low >= first),
        Operator::AtMost => (high <= last, low > last),
    };
    if all { Some(true) } else { none.then_some(false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, severity: Option<u8>, expected: Option<bool>) {
        let resource = Resource::builder().with("service.name", "shop").build();
        let cell = Cell { resource: &resource, severity, times: (10, 20), seqs: (100, 200) };
        let mut judge = Judge::new(&crate::parse(text).unwrap());
        assert_eq!(judge.of(&cell), expected, "{text} {severity:?}");
    }

    #[test]
    fn what_the_index_knows_decides() {
        check("*", None, Some(true));
        check("service:shop", None, Some(true));
        check("service:cart", None, Some(false));
        check("-service:cart severity>=warn", Some(13), Some(true));
        check("severity>=warn", Some(12), Some(false));
        check("severity<warn", Some(0), Some(false));
        check("-severity>=warn", Some(0), Some(true));
        check("severity:unset", Some(0), Some(true));
        check("severity_number<=3", Some(0), Some(true));
        check("severity>=warn", None, None);
        check("error", Some(17), None);
        check("error service:cart", Some(17), Some(false));
        check("error OR service:shop", Some(17), Some(true));
        check("-error", None, None);
        check("status:500", None, None);
        check("attributes.service_name:shop", None, None);
    }

    #[test]
    fn times_and_seqs_decide_where_the_range_is_on_one_side() {
        check("time<1970-01-01", None, Some(false));
        check("time>=1970-01-01", None, Some(true));
        check("time:1970-01-01", None, Some(true));
        for (text, expected) in [
            ("seq>=100", Some(true)),
            ("seq>100", None),
            ("seq<100", Some(false)),
            ("seq<101", None),
            ("seq<=200", Some(true)),
            ("seq:150", None),
            ("seq:201", Some(false)),
            ("-seq:201", Some(true)),
            ("seq>200", Some(false)),
        ] {
            check(text, None, expected);
        }
    }
}
