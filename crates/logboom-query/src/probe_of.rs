//! From a query to the probe that the filters of a segment are asked: a condition that every match meets.
//!
//! Only what a record's own text must contain is asked. Words and literals of expressions stand in the body. The value
//! of an attribute stands in the body, in the source's attributes, or, where it is spelt with escapes, in the texts
//! that the filters hold besides; a number may be written in many ways and is never asked. What is negated is not asked
//! either, nor a field that a resource may have.

use logboom_model::tokens::tokens;
use logboom_store::Probe;

use crate::ast::{Expression, FieldTest, Query, Term, Text};
use crate::engine::required::{self, Required};
use crate::field::FieldName;

/// The conditions of a query; those of fields apart, since they depend on the resources.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProbeTree {
    root: Node,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Probe(Probe),
    And(Vec<Node>),
    Or(Vec<Node>),
    Field(FieldName, Probe),
}

/// Shorter texts have no trigram.
const TEXT_BYTES_MIN: usize = 3;

impl ProbeTree {
    /// The conditions of a query.
    pub(crate) fn of(query: &Query) -> Self {
        Self { root: node(&query.expression) }
    }

    /// Whether there are conditions on fields.
    pub(crate) fn has_fields(&self) -> bool {
        has_fields(&self.root)
    }

    /// The probe for records of resources of which `has` says whether one has a name.
    pub(crate) fn probe(&self, has: &dyn Fn(&FieldName) -> bool) -> Probe {
        probe(&self.root, has)
    }
}

fn has_fields(node: &Node) -> bool {
    match node {
        Node::Probe(_) => false,
        Node::And(parts) | Node::Or(parts) => parts.iter().any(has_fields),
        Node::Field(..) => true,
    }
}

fn probe(node: &Node, has: &dyn Fn(&FieldName) -> bool) -> Probe {
    match node {
        Node::Probe(probe) => probe.clone(),
        Node::And(parts) => all(parts.iter().map(|part| probe(part, has))),
        Node::Or(parts) => any(parts.iter().map(|part| probe(part, has))),
        Node::Field(name, probe) if name.attributes_only || !has(name) => probe.clone(),
        Node::Field(..) => Probe::Any,
    }
}

fn all(probes: impl Iterator<Item = Probe>) -> Probe {
    let mut probes: Vec<_> = probes.filter(|probe| *probe != Probe::Any).collect();
    if probes.len() > 1 { Probe::And(probes) } else { probes.pop().unwrap_or(Probe::Any) }
}

fn any(probes: impl Iterator<Item = Probe>) -> Probe {
    let probes: Vec<_> = probes.collect();
    if probes.contains(&Probe::Any) { Probe::Any } else { Probe::Or(probes) }
}

fn node(expression: &Expression) -> Node {
    match expression {
        Expression::And(parts) => Node::And(parts.iter().map(node).collect()),
        Expression::Or(parts) => Node::Or(parts.iter().map(node).collect()),
        Expression::Term(Term::Body(text)) => Node::Probe(text_probe(text, false)),
        Expression::Term(Term::BodyRegex(pattern)) => {
            let required = required::of_pattern(&pattern.text, pattern.any_case);
            Node::Probe(required_probe(&required, false))
        }
        Expression::Term(Term::Field(name, test)) => {
            Node::Field(name.clone(), all([name_probe(name), test_probe(test)].into_iter()))
        }
        Expression::All | Expression::Not(_) | Expression::Term(_) => Node::Probe(Probe::Any),
    }
}

/// A name stands where its value does, unless it is spelt with escapes: those of what names are made of begin with
/// `\u00`.
fn name_probe(name: &FieldName) -> Probe {
    let part = name.longest_part();
    if part.len() < TEXT_BYTES_MIN || !part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Probe::Any;
    }
    let spelt_out = Probe::Text(part.to_ascii_lowercase().as_bytes().into());
    Probe::Or(vec![spelt_out, Probe::Text(ESCAPE.into())])
}

/// What every escape of an ASCII letter, digit or hyphen begins with, folded.
const ESCAPE: &[u8] = br"\u00";

fn test_probe(test: &FieldTest) -> Probe {
    match test {
        FieldTest::Is(text, None) => text_probe(text, true),
        FieldTest::Is(_, Some(_)) | FieldTest::Compare(..) => Probe::Any,
        FieldTest::Regex(pattern) => {
            required_probe(&required::of_pattern(&pattern.text, pattern.any_case), true)
        }
    }
}

/// Each piece, and the tokens at its closed ends; those within are the filter's own business.
fn text_probe(text: &Text, is_value: bool) -> Probe {
    let last = text.pieces.len().saturating_sub(1);
    let pieces = text.pieces.iter().enumerate();
    all(pieces.flat_map(|(index, piece)| {
        let bytes = piece.as_bytes();
        let mut probes = vec![piece_probe(bytes, is_value)];
        if may_be_number(bytes) && is_value {
            return probes;
        }
        let (opens, closes) = (index == 0, index == last);
        let is_asked = |token: &[u8]| {
            let at = token.as_ptr() as usize - bytes.as_ptr() as usize;
            let (is_first, is_last) = (at == 0, at + token.len() == bytes.len());
            (is_first || is_last) && (!is_first || opens) && (!is_last || closes) && is_identifier(token)
        };
        probes.extend(tokens(bytes).filter(|token| is_asked(token)).map(|token| Probe::Token(token.into())));
        probes
    }))
}

fn piece_probe(bytes: &[u8], is_value: bool) -> Probe {
    if bytes.len() < TEXT_BYTES_MIN || (is_value && may_be_number(bytes)) {
        return Probe::Any;
    }
    Probe::Text(bytes.into())
}

fn required_probe(required: &Required, is_value: bool) -> Probe {
    match required {
        Required::Nothing => Probe::Any,
        Required::Run(run) => piece_probe(&run.text.to_ascii_lowercase(), is_value),
        Required::And(parts) => all(parts.iter().map(|part| required_probe(part, is_value))),
        Required::Or(parts) => any(parts.iter().map(|part| required_probe(part, is_value))),
    }
}

/// Whether a number could be written with these characters, and so in other ways too.
fn may_be_number(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'))
}

/// Whether filters keep such tokens.
fn is_identifier(token: &[u8]) -> bool {
    token.len() >= IDENTIFIER_BYTES_MIN && token.is_ascii() && token.iter().any(u8::is_ascii_digit)
}

/// As the filters have it; a shorter one would be asked in vain.
const IDENTIFIER_BYTES_MIN: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(probe: &Probe) -> String {
        let list = |parts: &[Probe], sign: &str| {
            format!("({})", parts.iter().map(shown).collect::<Vec<_>>().join(sign))
        };
        match probe {
            Probe::Any => "any".to_owned(),
            Probe::Nothing => "nothing".to_owned(),
            Probe::Text(text) => format!("{:?}", String::from_utf8_lossy(text)),
            Probe::Token(token) => format!("token {}", String::from_utf8_lossy(token)),
            Probe::And(parts) => list(parts, " & "),
            Probe::Or(parts) => list(parts, " | "),
        }
    }

    fn check(query: &str, expected: &str) {
        let tree = ProbeTree::of(&crate::parse(query).unwrap());
        assert_eq!(shown(&tree.probe(&|_| false)), expected, "{query}");
    }

    #[test]
    fn what_stands_in_the_body_of_every_match() {
        check("Error", "\"error\"");
        check("at", "any");
        check("*", "any");
        check("\"Connection refused\"", "\"connection refused\"");
        check("conn*fused", "(\"conn\" & \"fused\")");
        check("Straße", "\"straße\"");
        check("error timeout", "(\"error\" & \"timeout\")");
        check("error OR timeout", "(\"error\" | \"timeout\")");
        check("error OR at", "any");
        check("error -timeout", "\"error\"");
        check("error severity>=warn stream:stderr kind:log seq>1", "\"error\"");
        check("error OR severity>=warn", "any");
        check(r"body~/user=\d+ (ok|failed)/", "\"user=\"");
        check("~/GET|POST/", "(\"get\" | \"post\")");
    }

    #[test]
    fn whole_tokens_at_closed_ends_are_asked_as_identifiers() {
        check("req-1a2b3c4d", "(\"req-1a2b3c4d\" & token 1a2b3c4d)");
        check("1a2b3c4d", "(\"1a2b3c4d\" & token 1a2b3c4d)");
        check("1a2b3c4d*", "\"1a2b3c4d\"");
        check("*1a2b3c4d", "\"1a2b3c4d\"");
        check("1a2b3c4d*9f8e7d6c", "(\"1a2b3c4d\" & \"9f8e7d6c\")");
        check("1a2b3c4d-*", "(\"1a2b3c4d-\" & token 1a2b3c4d)");
        check("é1a2b3c4d", "\"é1a2b3c4d\"");
        check("body~/1a2b3c4d/", "\"1a2b3c4d\"");
    }

    /// What is asked of the values of a field with a short name, which is not asked itself.
    fn check_value(test: &str, expected: &str) {
        check(&format!("x{test}"), expected);
    }

    #[test]
    fn values_of_attributes_are_asked_unless_they_may_be_numbers() {
        check_value(":Alice", "\"alice\"");
        check_value(":1a2b3c4d", "(\"1a2b3c4d\" & token 1a2b3c4d)");
        check_value(":500", "any");
        check_value(":15*", "any");
        check_value(":150*", "any");
        check_value(":1e5*x12", "\"x12\"");
        check_value(">=500", "any");
        check_value(":*", "any");
        check_value("~/^.api.v1/", "\"api\"");
        check_value("~/^.api.v1.users/", "(\"api\" & \"users\")");
        check_value("~/123/", "any");
        check("-x:alice", "any");
    }

    #[test]
    fn names_are_asked_as_they_are_spelt_or_as_an_escape() {
        check("Status>=500", r#"("status" | "\\u00")"#);
        check("http.duration_ms>5", r#"("duration" | "\\u00")"#);
        check("user:alice", r#"(("user" | "\\u00") & "alice")"#);
        check("x-request-id:*", r#"("x-request-id" | "\\u00")"#);
        check("grö_ße:1", "any");
        check("a_b:1", "any");
        check("-status:500", "any");
    }

    #[test]
    fn a_field_that_a_resource_has_is_not_asked() {
        let tree = |query: &str| ProbeTree::of(&crate::parse(query).unwrap());
        let probe = |query: &str| shown(&tree(query).probe(&|name| name.folded() == b"x"));
        assert_eq!(probe("x:checkout error"), "\"error\"");
        assert_eq!(probe("attributes.x:checkout"), "\"checkout\"");
        assert!(tree("error user:x").has_fields() && !tree("error").has_fields());
    }
}
