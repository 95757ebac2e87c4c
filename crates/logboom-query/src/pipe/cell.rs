//! One value while it is looked at: borrowed from a record or from a table before.

use std::cmp::Ordering;

use logboom_model::attributes::AttributeValue;

use crate::number::Number;
use crate::pipe::table::Value;

/// A value of one record or row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Text(&'a [u8]),
    Integer(i64),
    Float(f64),
    /// Nanoseconds since the Unix epoch.
    Time(i64),
}

impl<'a> Cell<'a> {
    /// What an attribute means in a table: `null` is missing; what no number can hold is text.
    pub(crate) fn of_attribute(value: AttributeValue<'a>) -> Self {
        match value {
            AttributeValue::Text(text) => Self::Text(text),
            AttributeValue::Integer(integer) => Self::Integer(integer),
            AttributeValue::Float(float) => Self::Float(float),
            AttributeValue::Boolean(true) => Self::Text(b"true"),
            AttributeValue::Boolean(false) => Self::Text(b"false"),
            AttributeValue::Json(b"null") => Self::Null,
            AttributeValue::Json(json) => Self::Text(json),
        }
    }

    /// The value as a number, where it is one or is the text of one.
    pub(crate) fn number(self) -> Option<Number> {
        match self {
            Self::Null => None,
            Self::Text(text) => Number::parse(text),
            Self::Integer(integer) | Self::Time(integer) => Some(Number::Integer(integer)),
            Self::Float(float) => Some(Number::Float(float)),
        }
    }

    /// The order of values, the same everywhere: numbers (and texts of numbers), then texts byte by byte, then what
    /// is missing.
    pub(crate) fn order(self, other: Self) -> Ordering {
        self.order_towards(other, false)
    }

    /// The order with greater numbers and texts first where `descending`; numbers come before texts, and both before
    /// what is missing, in either direction.
    pub(crate) fn order_towards(self, other: Self, descending: bool) -> Ordering {
        let numbers = (self.number(), other.number());
        let class = |cell: Self, number: &Option<Number>| match cell {
            Self::Null => 2,
            _ if number.is_some() => 0,
            _ => 1,
        };
        let order = match numbers {
            (Some(one), Some(two)) => one.compare(two).then_with(|| self.spelling(other)),
            _ => self.spelling(other),
        };
        let classes = class(self, &numbers.0).cmp(&class(other, &numbers.1));
        classes.then(if descending { order.reverse() } else { order })
    }

    /// The order of values that are the same number, or no number.
    fn spelling(self, other: Self) -> Ordering {
        let rank = |cell: Self| match cell {
            Self::Time(_) => 0,
            Self::Integer(_) => 1,
            Self::Float(_) => 2,
            Self::Text(_) => 3,
            Self::Null => 4,
        };
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (one, two) => rank(one).cmp(&rank(two)),
        }
    }

    /// Appends the text of the value; texts are shown as they are, but for bytes that are not UTF-8.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Null => {}
            Self::Text(text) => match std::str::from_utf8(text) {
                Ok(_) => out.extend_from_slice(text),
                Err(_) => out.extend_from_slice(String::from_utf8_lossy(text).as_bytes()),
            },
            Self::Integer(integer) | Self::Time(integer) => Number::Integer(integer).write(out),
            Self::Float(float) => Number::Float(float).write(out),
        }
    }

    /// The value of its own.
    pub(crate) fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            Self::Integer(integer) => Value::Integer(integer),
            Self::Float(float) => Value::Float(float),
            Self::Time(nanos) => Value::Time(nanos),
        }
    }
}

impl Value {
    /// The value as a pipe looks at it.
    pub(crate) fn as_cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Text(text) => Cell::Text(text.as_bytes()),
            Self::Integer(integer) => Cell::Integer(*integer),
            Self::Float(float) => Cell::Float(*float),
            Self::Time(nanos) => Cell::Time(*nanos),
        }
    }

    /// See [`Cell::order`].
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.as_cell().order(other.as_cell())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SORTED: [Cell<'_>; 11] = [
        Cell::Integer(-1),
        Cell::Float(0.5),
        Cell::Integer(2),
        Cell::Text(b"2"),
        Cell::Text(b"2.0"),
        Cell::Text(b"10"),
        Cell::Text(b""),
        Cell::Text(b"10ms"),
        Cell::Text(b"B"),
        Cell::Text(b"a"),
        Cell::Null,
    ];

    #[test]
    fn values_have_one_order() {
        for (index, one) in SORTED.into_iter().enumerate() {
            for (place, two) in SORTED.into_iter().enumerate() {
                assert_eq!(one.order(two), index.cmp(&place), "{one:?} {two:?}");
            }
        }
    }

    #[test]
    fn numbers_come_first_and_what_is_missing_last_in_either_direction() {
        let mut cells = SORTED;
        cells.sort_by(|one, two| one.order_towards(*two, true));
        let mut expected = SORTED;
        expected[..6].reverse();
        expected[6..10].reverse();
        assert_eq!(cells, expected);
    }
}
