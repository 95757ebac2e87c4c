//! The matcher against a reference that does everything the slow and obvious way.

use std::sync::Arc;

use logboom_model::{Batch, Flags, Record, Resource, Row, Severity, Stream, tokens};
use logboom_query::{Selection, parse};
use proptest::prelude::*;
use serde_json::Value;

/// A query as a tree, with its text and its meaning.
#[derive(Debug, Clone)]
enum Tree {
    Word(String),
    Prefix(String),
    Suffix(String),
    Inside(String),
    Status(u32),
    User(String),
    Service(String),
    AtLeastWarn,
    Stderr,
    Gap,
    Regex,
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
}

impl Tree {
    fn text(&self) -> String {
        match self {
            Self::Word(word) => format!("\"{word}\""),
            Self::Prefix(word) => format!("{word}*"),
            Self::Suffix(word) => format!("*{word}"),
            Self::Inside(word) => format!("*{word}*"),
            Self::Status(number) => format!("status>={number}"),
            Self::User(name) => format!("user.name:{name}"),
            Self::Service(name) => format!("service:{name}"),
            Self::AtLeastWarn => "severity>=warn".to_owned(),
            Self::Stderr => "stream:stderr".to_owned(),
            Self::Gap => "kind:gap".to_owned(),
            Self::Regex => "body~/[ab]x?[ab]/".to_owned(),
            Self::Not(inner) => format!("-({})", inner.text()),
            Self::And(parts) => format!("({})", parts.iter().map(Self::text).collect::<Vec<_>>().join(" ")),
            Self::Or(parts) => format!("({})", parts.iter().map(Self::text).collect::<Vec<_>>().join(" OR ")),
        }
    }

    fn holds(&self, record: &Record<'_>) -> bool {
        match self {
            Self::Word(word) => stands(record.body, word, true, true),
            Self::Prefix(word) => stands(record.body, word, true, false),
            Self::Suffix(word) => stands(record.body, word, false, true),
            Self::Inside(word) => stands(record.body, word, false, false),
            Self::Status(number) => {
                attribute(record, &["status"]).and_then(number_of).is_some_and(|v| v >= f64::from(*number))
            }
            Self::User(name) => attribute(record, &["user", "name"])
                .and_then(|value| value.as_str().map(folded_text))
                .is_some_and(|value| value == folded_text(name)),
            Self::Service(name) => folded_text(record.resource.service_name()) == folded_text(name),
            Self::AtLeastWarn => record.severity >= Severity::WARN,
            Self::Stderr => record.stream == Stream::Stderr,
            Self::Gap => record.flags.contains(Flags::GAP),
            Self::Regex => {
                record.body.windows(2).any(|pair| pair.iter().all(|byte| b"ab".contains(byte)))
                    || record.body.windows(3).any(|three| {
                        b"ab".contains(&three[0]) && three[1] == b'x' && b"ab".contains(&three[2])
                    })
            }
            Self::Not(inner) => !inner.holds(record),
            Self::And(parts) => parts.iter().all(|part| part.holds(record)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(record)),
        }
    }
}

fn folded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    tokens::fold(bytes, &mut out);
    out
}

fn folded_text(text: &str) -> Vec<u8> {
    folded(text.as_bytes())
}

/// Whether the word stands in the body with the ends that are asked for on the edge of a token of the body.
fn stands(body: &[u8], word: &str, start: bool, end: bool) -> bool {
    let body = folded(body);
    let word_bytes = folded_text(word);
    let edges: Vec<(usize, usize)> = tokens::tokens(&body)
        .map(|token| {
            let at = token.as_ptr() as usize - body.as_ptr() as usize;
            (at, at + token.len())
        })
        .collect();
    let inside_token = |at: usize| edges.iter().any(|&(first, last)| first < at && at < last);
    let starts_token = word.chars().next().is_some_and(tokens::is_token_char);
    let ends_token = word.chars().next_back().is_some_and(tokens::is_token_char);
    (0..=body.len().saturating_sub(word_bytes.len())).any(|at| {
        body[at..].starts_with(&word_bytes)
            && !(start && starts_token && inside_token(at))
            && !(end && ends_token && inside_token(at + word_bytes.len()))
    })
}

fn attribute(record: &Record<'_>, path: &[&str]) -> Option<Value> {
    let in_object = |text: &[u8]| {
        let object: Value = serde_json::from_slice(text).ok()?;
        path.iter().try_fold(object, |value, key| value.get(key).cloned())
    };
    in_object(record.attributes).or_else(|| in_object(record.body))
}

fn number_of(value: Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn word() -> impl Strategy<Value = String> {
    "[abABéÉx_ßẞ\u{212a}k0.]{1,3}"
        .prop_filter("a wildcard word cannot start like an operator", |word| !word.starts_with('.'))
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        4 => word().prop_map(Tree::Word),
        2 => word().prop_map(Tree::Prefix),
        2 => word().prop_map(Tree::Suffix),
        2 => word().prop_map(Tree::Inside),
        2 => (0_u32..4).prop_map(Tree::Status),
        1 => "[abé]".prop_map(Tree::User),
        2 => "[abc]".prop_map(Tree::Service),
        1 => Just(Tree::AtLeastWarn),
        1 => Just(Tree::Stderr),
        1 => Just(Tree::Gap),
        1 => Just(Tree::Regex),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|tree| Tree::Not(Box::new(tree))),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Tree::And),
            proptest::collection::vec(inner, 2..4).prop_map(Tree::Or),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => "[abABéÉx_ßẞ\u{212a}k0. -]{0,12}".prop_map(String::into_bytes),
        2 => proptest::collection::vec(prop::sample::select(&b"abABx_. \xc3\xa9\x89\xff\xe1\xba\x9e"[..]), 0..12),
        1 => (0_u32..5).prop_map(|status| format!("{{\"status\":{status},\"a\":\"b\"}}").into_bytes()),
        1 => "[abÉ]".prop_map(|name| format!("{{\"user\":{{\"name\":\"{name}\"}},\"status\":\"2\"}}").into_bytes()),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    (0_u8..=24, 0_u8..3, prop::sample::select(&[0_u16, 0, 0, 1, 2][..])).prop_map(
        |(severity, stream, flags)| Row {
            time: 0,
            observed: 0,
            severity: Severity::from_number(severity).unwrap(),
            stream: Stream::from_byte(stream).unwrap(),
            flags: Flags::from_bits_retain(flags),
        },
    )
}

fn batch() -> impl Strategy<Value = Batch> {
    let attributes = prop::sample::select(&["", "", "", "{\"status\":3}", "{\"user\":{\"name\":\"É\"}}"][..]);
    let rows = proptest::collection::vec((row(), body(), attributes), 0..70);
    ("[ab]?", rows).prop_map(|(service, rows)| {
        let mut batch = Batch::new(Arc::new(Resource::builder().with("service.name", &service).build()));
        for (mut row, body, attributes) in rows {
            row.flags |= crate::fixture::marks(&body);
            batch.push_with_attributes(row, &body, attributes.as_bytes());
        }
        batch
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn agrees_with_the_reference(tree in tree(), batches in proptest::collection::vec(batch(), 1..3)) {
        let query = parse(&tree.text()).unwrap_or_else(|error| panic!("{error}"));
        let (mut one_by_one, mut by_batch) = (query.matcher(), query.matcher());
        let mut rows = Selection::default();
        for batch in &batches {
            by_batch.matches_batch(batch, &mut rows);
            for (index, record) in batch.records().enumerate() {
                let expected = tree.holds(&record);
                let body = String::from_utf8_lossy(record.body);
                prop_assert_eq!(one_by_one.matches(&record), expected, "record: {} on {:?}", query, body);
                prop_assert_eq!(rows.contains(index), expected, "batch: {} on {:?}", query, body);
            }
        }
    }
}
