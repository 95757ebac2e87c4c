//! A YAML document as a tree that remembers where every key and value stood.
//!
//! Built from the parser's events. What a person could not have meant is refused here: a key given twice, a second
//! document, tags, merge keys. Sizes are bounded, so that a chain of aliases cannot fill the memory.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::problem::{Place, Problem, Step};

/// Nodes of one file, aliases counted as often as they are used. A real file has some hundred.
const NODES_MAX: usize = 100_000;

/// How every message about the YAML itself begins.
const NOT_YAML: &str = "not valid YAML";

/// A value and where it stood.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it starts.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// What a node is. Scalars stay text: the setting decides how it is read.
#[derive(Debug, Clone)]
pub enum Value {
    /// A scalar; `plain` when it was written without quotes.
    Scalar {
        /// Its text.
        text: String,
        /// Written without quotes.
        plain: bool,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in order of the file.
    Map(Vec<Entry>),
    /// A value already reported as wrong: readers act as if it were not there.
    Skipped,
}

/// One key of a mapping.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub place: Place,
    /// Its value.
    pub node: Node,
}

impl Node {
    /// Whether nothing, `~` or `null` was written.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// Where the value at a path stands; the nearest parent that exists when it was not written.
    pub fn place_of(&self, path: &[Step]) -> Place {
        let mut node = self;
        for step in path {
            let child = match (&node.value, step) {
                (Value::Map(entries), Step::Key(key)) => {
                    entries.iter().find(|entry| entry.key == *key).map(|entry| &entry.node)
                }
                (Value::List(items), Step::Index(index)) => items.get(*index),
                _ => None,
            };
            match child {
                Some(child) => node = child,
                None => break,
            }
        }
        node.place
    }

    /// Takes the value at a path out of further reading; says whether there was one.
    pub fn skip(&mut self, path: &[Step]) -> bool {
        let Some((step, rest)) = path.split_first() else {
            let there = !matches!(self.value, Value::Skipped);
            self.value = Value::Skipped;
            return there;
        };
        match (&mut self.value, step) {
            (Value::Map(entries), Step::Key(key)) => {
                entries.iter_mut().find(|entry| entry.key == *key).is_some_and(|entry| entry.node.skip(rest))
            }
            (Value::List(items), Step::Index(index)) => {
                items.get_mut(*index).is_some_and(|item| item.skip(rest))
            }
            _ => false,
        }
    }

    fn count(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Self::count).sum(),
            Value::Map(entries) => entries.iter().map(|entry| entry.node.count()).sum::<usize>(),
            Value::Scalar { .. } | Value::Skipped => 0,
        }
    }
}

/// Parses one document; an empty file is an empty mapping.
pub fn parse(text: &str) -> Result<Node, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    parse_events(text).map_err(|mut problem| {
        let line = problem.place.and_then(|place| text.lines().nth(place.line.saturating_sub(1)));
        if problem.message.starts_with(NOT_YAML) && line.is_some_and(|line| line.contains("${")) {
            problem.message.push_str("; inside { } and [ ] put \"${NAME}\" into quotes");
        }
        problem
    })
}

fn parse_events(text: &str) -> Result<Node, Problem> {
    let mut builder = Builder { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0 };
    let mut root = None;
    while let Some((event, span)) = builder.next_event()? {
        match event {
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            Event::StreamEnd => break,
            _ if root.is_some() => return Err(refuse(span, "a second YAML document; one file holds one")),
            event => root = Some(builder.node(event, span)?),
        }
    }
    let empty = || Node { place: Place { line: 1, column: 1 }, value: Value::Map(Vec::new()) };
    Ok(root.filter(|node| !node.is_null()).unwrap_or_else(empty))
}

fn place(span: Span) -> Place {
    Place { line: span.start.line(), column: span.start.col() + 1 }
}

fn refuse(span: Span, message: &str) -> Problem {
    Problem::at(place(span), &[], message)
}

struct Builder<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl<'a> Builder<'a> {
    fn next_event(&mut self) -> Result<Option<(Event<'a>, Span)>, Problem> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok(next)) => Ok(Some(next)),
            Some(Err(error)) => {
                let place = Place { line: error.marker().line(), column: error.marker().col() + 1 };
                Err(Problem::at(place, &[], format!("{NOT_YAML}: {}", error.info())))
            }
        }
    }

    fn expect_event(&mut self, start: Place) -> Result<(Event<'a>, Span), Problem> {
        self.next_event()?.ok_or_else(|| Problem::at(start, &[], "not valid YAML: it ends too early"))
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Result<Node, Problem> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(refuse(span, "more values than a configuration can have"));
        }
        let place = place(span);
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                if tag.is_some() {
                    return Err(refuse(span, "YAML tags are not used here; write the plain value"));
                }
                (anchor, Value::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain })
            }
            Event::SequenceStart(anchor, _) => (anchor, Value::List(self.list(place)?)),
            Event::MappingStart(anchor, _) => (anchor, Value::Map(self.map(place)?)),
            Event::Alias(anchor) => return self.alias(anchor, place),
            _ => return Err(refuse(span, "not valid YAML here")),
        };
        let node = Node { place, value };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<Node, Problem> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(Problem::at(place, &[], "this alias has no anchor before it"));
        };
        self.nodes += node.count();
        if self.nodes > NODES_MAX {
            return Err(Problem::at(place, &[], "more values than a configuration can have"));
        }
        Ok(node.clone())
    }

    fn list(&mut self, start: Place) -> Result<Vec<Node>, Problem> {
        let mut items = Vec::new();
        loop {
            match self.expect_event(start)? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, span) => items.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self, start: Place) -> Result<Vec<Entry>, Problem> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, span) = self.expect_event(start)?;
            let key = match event {
                Event::MappingEnd => return Ok(entries),
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return Err(refuse(span, "a key must be a plain word")),
            };
            if key == "<<" {
                return Err(refuse(span, "merge keys are not used here; write the settings out"));
            }
            if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                let line = first.place.line;
                return Err(refuse(span, &format!("{key} is given twice; it stands in line {line} already")));
            }
            let (event, value_span) = self.expect_event(start)?;
            let node = self.node(event, value_span)?;
            entries.push(Entry { key, place: place(span), node });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let problem = parse(text).map(|node| format!("{node:?}")).unwrap_err();
        let place = problem.place.unwrap();
        format!("{}:{}: {}", place.line, place.column, problem.message)
    }

    #[test]
    fn what_nobody_can_mean_is_refused_with_its_place() {
        assert_eq!(refusal("a: 1\na: 2"), "2:1: a is given twice; it stands in line 1 already");
        assert_eq!(refusal("a: 1\n---\nb: 2"), "3:1: a second YAML document; one file holds one");
        assert_eq!(refusal("a: !secret x"), "1:4: YAML tags are not used here; write the plain value");
        assert!(refusal("a: [1, 2").contains("not valid YAML"));
        assert!(refusal("a: b: c").starts_with("1:"));
    }

    #[test]
    fn aliases_are_followed_but_cannot_fill_the_memory() {
        let node = parse("a: &x { k: v }\nb: *x").unwrap();
        let Value::Map(entries) = node.value else { panic!("{node:?}") };
        assert!(matches!(&entries[1].node.value, Value::Map(inner) if inner[0].key == "k"));
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let item = format!("*a{}, ", level - 1);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", item.repeat(10)));
        }
        assert!(refusal(&bomb).ends_with("more values than a configuration can have"));
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_crash() {
        let text = "[".repeat(100_000);
        assert!(parse(&text).is_err());
    }

    #[test]
    fn nothing_is_an_empty_mapping() {
        for text in ["", "# only a comment\n", "---\n", "\u{feff}"] {
            assert!(
                matches!(parse(text).unwrap().value, Value::Map(entries) if entries.is_empty()),
                "{text:?}"
            );
        }
    }
}
