//! Seqs outside of which no record can match a query.

use std::ops::Range;

use crate::ast::{Expression, Operator, Query, Term};

/// What the parts of the log are chosen by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// First seq, and the first that is too late.
    pub(crate) seqs: Range<u64>,
}

/// The bounds that every match keeps.
pub(crate) fn of(query: &Query) -> Bounds {
    let terms = match &query.expression {
        Expression::And(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut seqs = 0..u64::MAX;
    for term in terms {
        if let Expression::Term(Term::Seq(range)) = term {
            let (first, last) = range.span;
            let after = last.saturating_add(1);
            match range.operator {
                Operator::Is => seqs = seqs.start.max(first)..seqs.end.min(after),
                Operator::AtLeast => seqs.start = seqs.start.max(first),
                Operator::Above => seqs.start = seqs.start.max(after),
                Operator::AtMost => seqs.end = seqs.end.min(after),
                Operator::Below => seqs.end = seqs.end.min(first),
            }
        }
    }
    Bounds { seqs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seqs_bound_where_every_match_keeps_them() {
        for (text, expected) in [
            ("seq:7", 7..8),
            ("error seq>=7 seq<9", 7..9),
            ("seq>7 seq<=9", 8..10),
            ("seq:7 OR error", 0..u64::MAX),
            ("-seq:7", 0..u64::MAX),
        ] {
            assert_eq!(of(&crate::parse(text).unwrap()).seqs, expected, "{text}");
        }
    }
}
