//! The value of an attribute, wherever it stands: in the record's parsed attributes, else in a body that is JSON or
//! has `key=value` pairs, read only when a query asks.

use logboom_model::Record;
use memchr::memmem;

use crate::ast::{FieldTest, Operator, Text};
use crate::field::FieldName;
use crate::json::{self, Value};
use crate::logfmt;
use crate::number::Number;
use crate::whole_value;

/// Buffers that live as long as the matcher.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch {
    /// Folded text.
    pub(crate) folded: Vec<u8>,
    /// A string without its escapes.
    unescaped: Vec<u8>,
}

/// A test of one name.
#[derive(Debug, Clone)]
pub(crate) struct AttributeTest {
    name: FieldName,
    test: FieldTest,
    /// What every text that has the name contains, unless the name is written with escapes.
    part: memmem::Finder<'static>,
}

impl AttributeTest {
    pub(crate) fn new(name: FieldName, test: FieldTest) -> Self {
        let part = memmem::Finder::new(name.longest_part()).into_owned();
        Self { name, test, part }
    }

    /// The name that is tested.
    pub(crate) fn name(&self) -> &FieldName {
        &self.name
    }

    /// Tests the value of a resource.
    pub(crate) fn resource_matches(&self, value: &str, scratch: &mut Scratch) -> bool {
        text_matches(&self.test, value.as_bytes(), scratch)
    }

    /// Tests the attributes of a record: any value of that name will do. The body counts where the parsed attributes
    /// have no such name.
    pub(crate) fn record_matches(&self, record: &Record<'_>, scratch: &mut Scratch) -> bool {
        if let Some(answer) = self.object_matches(record.attributes, scratch) {
            return answer;
        }
        if json::is_object(record.body) {
            return self.object_matches(record.body, scratch) == Some(true);
        }
        self.part.find(record.body).is_some() && self.pairs_match(record.body, scratch)
    }

    /// `None` when the object has no such name.
    fn object_matches(&self, object: &[u8], scratch: &mut Scratch) -> Option<bool> {
        if self.part.find(object).is_none() && memmem::find(object, b"\\u").is_none() {
            return None;
        }
        let mut found = None;
        json::any_value(object, self.name.folded(), &mut |value| {
            let matched = value_matches(&self.test, value, scratch);
            found = Some(matched);
            matched
        });
        found
    }

    fn pairs_match(&self, body: &[u8], scratch: &mut Scratch) -> bool {
        logfmt::any_value(body, self.name.folded(), &mut |pair| {
            if pair.quoted {
                string_matches(&self.test, pair.value, scratch)
            } else {
                text_matches(&self.test, pair.value, scratch)
            }
        })
    }
}

fn value_matches(test: &FieldTest, value: Value<'_>, scratch: &mut Scratch) -> bool {
    match value {
        Value::String(text) => string_matches(test, text, scratch),
        Value::Plain(text) => plain_matches(test, text, scratch),
        Value::Array(elements) => {
            exists(test)
                || json::any_element(elements, &mut |element| match element {
                    Value::String(text) => string_matches(test, text, scratch),
                    Value::Plain(text) => plain_matches(test, text, scratch),
                    Value::Array(_) | Value::Object => false,
                })
        }
        Value::Object => exists(test),
    }
}

/// `name:*`, which asks only whether there is such a name.
fn exists(test: &FieldTest) -> bool {
    matches!(test, FieldTest::Is(text, _) if Text::is_anything(text))
}

/// A number, `true`, `false` or `null`: numbers that are equal are equal however they are written.
fn plain_matches(test: &FieldTest, text: &[u8], scratch: &mut Scratch) -> bool {
    match test {
        FieldTest::Is(_, Some(number)) => Number::parse(text).is_some_and(|value| value == *number),
        _ => text_matches(test, text, scratch),
    }
}

/// A string with JSON's escapes.
fn string_matches(test: &FieldTest, text: &[u8], scratch: &mut Scratch) -> bool {
    if !text.contains(&b'\\') {
        return text_matches(test, text, scratch);
    }
    let mut unescaped = std::mem::take(&mut scratch.unescaped);
    unescaped.clear();
    json::unescape(text, &mut unescaped);
    let matched = text_matches(test, &unescaped, scratch);
    scratch.unescaped = unescaped;
    matched
}

fn text_matches(test: &FieldTest, value: &[u8], scratch: &mut Scratch) -> bool {
    match test {
        FieldTest::Is(text, _) => whole_value::matches(text, value, &mut scratch.folded),
        FieldTest::Compare(operator, number) => {
            let Some(value) = Number::parse(value) else { return false };
            let order = value.compare(*number);
            match operator {
                Operator::Is => order.is_eq(),
                Operator::Above => order.is_gt(),
                Operator::AtLeast => order.is_ge(),
                Operator::Below => order.is_lt(),
                Operator::AtMost => order.is_le(),
            }
        }
        FieldTest::Regex(pattern) => pattern.regex.is_match(value),
    }
}
