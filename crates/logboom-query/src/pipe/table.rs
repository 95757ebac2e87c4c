//! What pipes give: rows of values under named columns.

use logboom_model::write_rfc3339;
use serde::{Serialize, Serializer};

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
