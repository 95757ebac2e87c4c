//! The values of an attribute, wherever they stand: in columns that a segment keeps of it, else in what the source
//! sent and in a body that is marked as JSON or logfmt.

use logboom_model::attributes::{self, AttributeValue};
use logboom_model::{AttributeView, Batch, Flags, Record};
use memchr::{memchr, memmem};

use crate::ast::{FieldTest, Operator, Text};
use crate::field::FieldName;
use crate::json::{self, Element};
use crate::number::Number;
use crate::selection::Selection;
use crate::whole_value;

/// A name whose values are looked for.
#[derive(Debug, Clone)]
pub(crate) struct AttributeName {
    name: FieldName,
    /// What every text that has the name contains, unless the name is written with escapes.
    part: memmem::Finder<'static>,
}

impl AttributeName {
    pub(crate) fn new(name: FieldName) -> Self {
        let part = memmem::Finder::new(name.longest_part()).into_owned();
        Self { name, part }
    }

    pub(crate) fn name(&self) -> &FieldName {
        &self.name
    }

    /// Shows the values in a row of a batch until `test` says yes, and whether it did. `view` is the batch's own of
    /// that name, where it has one.
    pub(crate) fn any_in_row(
        &self,
        batch: &Batch,
        row: usize,
        view: Option<&AttributeView>,
        test: &mut dyn FnMut(AttributeValue<'_>) -> bool,
    ) -> bool {
        match view {
            Some(view) => view.for_each(row, test),
            None => self.any_in_text(batch.flags(row), batch.body(row), batch.attributes(row), test),
        }
    }

    /// The same for a record by its marks, body and source attributes.
    pub(crate) fn any_in_text(
        &self,
        flags: Flags,
        body: &[u8],
        source: &[u8],
        test: &mut dyn FnMut(AttributeValue<'_>) -> bool,
    ) -> bool {
        let is_marked = flags.intersects(Flags::JSON | Flags::LOGFMT);
        let may_have = self.may_stand_in(source) || (is_marked && self.may_stand_in(body));
        may_have && attributes::find(flags, body, source, self.name.folded(), test)
    }

    fn may_stand_in(&self, text: &[u8]) -> bool {
        !text.is_empty() && (self.part.find(text).is_some() || memchr(b'\\', text).is_some())
    }
}

/// Buffers that live as long as the matcher.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch {
    /// Folded text.
    pub(crate) folded: Vec<u8>,
    /// A string without its escapes, or the text of a number.
    text: Vec<u8>,
}

/// A test of one name.
#[derive(Debug, Clone)]
pub(crate) struct AttributeTest {
    name: AttributeName,
    test: FieldTest,
}

impl AttributeTest {
    pub(crate) fn new(name: FieldName, test: FieldTest) -> Self {
        Self { name: AttributeName::new(name), test }
    }

    /// The name that is tested.
    pub(crate) fn name(&self) -> &FieldName {
        self.name.name()
    }

    /// Tests the value of a resource.
    pub(crate) fn resource_matches(&self, value: &str, scratch: &mut Scratch) -> bool {
        text_matches(&self.test, value.as_bytes(), scratch)
    }

    /// Tests the attributes of a record: any value of that name will do.
    pub(crate) fn record_matches(&self, record: &Record<'_>, scratch: &mut Scratch) -> bool {
        let mut test = |value: AttributeValue<'_>| value_matches(&self.test, value, scratch);
        self.name.any_in_text(record.flags, record.body, record.attributes, &mut test)
    }

    /// The batch's own view of the name, where it has one.
    pub(crate) fn view<'b>(&self, batch: &'b Batch) -> Option<&'b AttributeView> {
        batch.view(self.name().folded_text())
    }

    /// Tests the attributes of one row of a batch; see [`AttributeTest::view`].
    pub(crate) fn row_matches(
        &self,
        batch: &Batch,
        row: usize,
        view: Option<&AttributeView>,
        scratch: &mut Scratch,
    ) -> bool {
        let mut test = |value: AttributeValue<'_>| value_matches(&self.test, value, scratch);
        self.name.any_in_row(batch, row, view, &mut test)
    }

    /// Keeps the rows of a batch that match.
    pub(crate) fn retain(&self, batch: &Batch, rows: &mut Selection, scratch: &mut Scratch) {
        let view = self.view(batch);
        rows.retain(|row| self.row_matches(batch, row, view, scratch));
    }
}

fn value_matches(test: &FieldTest, value: AttributeValue<'_>, scratch: &mut Scratch) -> bool {
    match value {
        AttributeValue::Text(text) => text_matches(test, text, scratch),
        AttributeValue::Integer(integer) => number_matches(test, Number::Integer(integer), scratch),
        AttributeValue::Float(float) => number_matches(test, Number::Float(float), scratch),
        AttributeValue::Boolean(true) => text_matches(test, b"true", scratch),
        AttributeValue::Boolean(false) => text_matches(test, b"false", scratch),
        AttributeValue::Json(json) => match json.first() {
            Some(b'[') => exists(test) || element_matches(test, &json[1..], scratch),
            Some(b'{') => exists(test),
            _ => plain_matches(test, json, scratch),
        },
    }
}

fn element_matches(test: &FieldTest, elements: &[u8], scratch: &mut Scratch) -> bool {
    json::any_element(elements, &mut |element| match element {
        Element::String(text) => string_matches(test, text, scratch),
        Element::Plain(text) => plain_matches(test, text, scratch),
    })
}

/// A number of a record: compared as one with a number, as its shortest text with anything else.
fn number_matches(test: &FieldTest, value: Number, scratch: &mut Scratch) -> bool {
    match test {
        FieldTest::Is(_, Some(number)) => value == *number,
        FieldTest::Compare(operator, number) => compare(*operator, value, *number),
        FieldTest::Is(_, None) | FieldTest::Regex(_) => {
            let mut text = std::mem::take(&mut scratch.text);
            text.clear();
            value.write(&mut text);
            let matched = text_matches(test, &text, scratch);
            scratch.text = text;
            matched
        }
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
    let mut unescaped = std::mem::take(&mut scratch.text);
    unescaped.clear();
    attributes::unescape(text, &mut unescaped);
    let matched = text_matches(test, &unescaped, scratch);
    scratch.text = unescaped;
    matched
}

fn text_matches(test: &FieldTest, value: &[u8], scratch: &mut Scratch) -> bool {
    match test {
        FieldTest::Is(text, _) => whole_value::matches(text, value, &mut scratch.folded),
        FieldTest::Compare(operator, number) => {
            Number::parse(value).is_some_and(|value| compare(*operator, value, *number))
        }
        FieldTest::Regex(pattern) => pattern.regex.is_match(value),
    }
}

fn compare(operator: Operator, value: Number, number: Number) -> bool {
    let order = value.compare(number);
    match operator {
        Operator::Is => order.is_eq(),
        Operator::Above => order.is_gt(),
        Operator::AtLeast => order.is_ge(),
        Operator::Below => order.is_lt(),
        Operator::AtMost => order.is_le(),
    }
}
