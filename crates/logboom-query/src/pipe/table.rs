//! What pipes give: rows of values under named columns.

use std::cmp::Ordering;

use logboom_model::write_rfc3339;
use serde::{Serialize, Serializer};

use crate::number::Number;

/// One value of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The record has no such field.
    Null,
    /// Text; bytes that are not UTF-8 are U+FFFD.
    Text(String),
    /// A number without a fraction.
    Integer(i64),
    /// Any other number; never infinite, never NaN.
    Float(f64),
    /// Nanoseconds since the Unix epoch.
    Time(i64),
}

/// Rows under columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Names of the columns, each once.
    pub columns: Vec<String>,
    /// One value for each column.
    pub rows: Vec<Vec<Value>>,
    /// What a reader must know of the rows, in whole sentences: a limit that was reached, an estimate.
    pub notes: Vec<String>,
}

impl Value {
    /// The value as a number, where it is one or is the text of one.
    pub(crate) fn number(&self) -> Option<Number> {
        match self {
            Self::Null => None,
            Self::Text(text) => Number::parse(text.as_bytes()),
            Self::Integer(integer) | Self::Time(integer) => Some(Number::Integer(*integer)),
            Self::Float(float) => Some(Number::Float(*float)),
        }
    }

    /// The order of values, the same everywhere: numbers (and texts of numbers), then texts byte by byte, then what
    /// is missing.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self.number(), other.number()) {
            (Some(one), Some(two)) => one.compare(two).then_with(|| self.text_order(other)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => self.text_order(other),
        }
    }

    fn text_order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (one, two) => one.rank().cmp(&two.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Time(_) => 0,
            Self::Integer(_) => 1,
            Self::Float(_) => 2,
            Self::Text(_) => 3,
            Self::Null => 4,
        }
    }

    /// Bytes it holds in memory, for budgets.
    pub(crate) fn memory_bytes(&self) -> usize {
        size_of::<Self>() + if let Self::Text(text) = self { text.len() } else { 0 }
    }
}

/// Times as RFC 3339 with nanoseconds, everything else as JSON has it.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(integer) => serializer.serialize_i64(*integer),
            Self::Float(float) => serializer.serialize_f64(*float),
            Self::Time(_) => serializer.collect_str(self),
        }
    }
}

/// As a cell of text: nothing for what is missing, RFC 3339 for times.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Float(float) => write!(f, "{float}"),
            Self::Time(nanos) => {
                let mut text = Vec::new();
                write_rfc3339(*nanos, &mut text);
                f.write_str(&String::from_utf8_lossy(&text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_one_order() {
        let text = |text: &str| Value::Text(text.to_owned());
        let sorted = [
            Value::Integer(-1),
            Value::Float(0.5),
            Value::Integer(2),
            text("2"),
            text("10"),
            text(""),
            text("10ms"),
            text("B"),
            text("a"),
            Value::Null,
        ];
        for (index, one) in sorted.iter().enumerate() {
            for (place, two) in sorted.iter().enumerate() {
                assert_eq!(one.order(two), index.cmp(&place), "{one:?} {two:?}");
            }
        }
    }

    #[test]
    fn values_are_json() {
        let row = [
            Value::Null,
            Value::Text("a\"".to_owned()),
            Value::Integer(7),
            Value::Float(0.5),
            Value::Time(1_500_000_000),
        ];
        let json = serde_json::to_string(&row).unwrap();
        assert_eq!(json, r#"[null,"a\"",7,0.5,"1970-01-01T00:00:01.500000000Z"]"#);
    }
}
