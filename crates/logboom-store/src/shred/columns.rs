//! Columns of a block while its rows come in. A row without a value costs nothing.

use logboom_model::attributes::{AttributeValue, Value, unescape_exact};
use logboom_model::{ColumnValues, FixedValues, TextValues};

use super::plan::ColumnKind;

/// Texts so far; `valid` ends with the last row that has one.
#[derive(Debug, Default)]
pub(super) struct Texts {
    values: TextValues,
}

/// A column of one type so far.
#[derive(Debug)]
pub(super) enum Column {
    Text(Texts),
    I64(FixedValues<i64>),
    F64(FixedValues<f64>),
    Bool(FixedValues<bool>),
}

impl Texts {
    /// The buffer to append the row's text to; [`Texts::end`] closes it.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.values.bytes
    }

    /// Closes the text of a row.
    pub(super) fn end(&mut self, row: usize) {
        let values = &mut self.values;
        if values.offsets.is_empty() {
            values.offsets.push(0);
        }
        values.offsets.push(values.bytes.len() as u32);
        mark(&mut values.valid, row);
    }

    /// Drops what was appended since the last row.
    fn discard(&mut self) {
        let end = self.values.offsets.last().copied().unwrap_or(0);
        self.values.bytes.truncate(end as usize);
    }

    /// The texts of so many rows; what comes next begins anew.
    pub(super) fn take(&mut self, rows: usize) -> TextValues {
        let next = TextValues {
            valid: Vec::with_capacity(self.values.valid.len()),
            bytes: Vec::with_capacity(self.values.bytes.len()),
            offsets: Vec::with_capacity(self.values.offsets.len()),
        };
        let mut values = std::mem::replace(&mut self.values, next);
        values.valid.resize(rows, false);
        if values.offsets.is_empty() {
            values.offsets.push(0);
        }
        values
    }
}

fn mark(valid: &mut Vec<bool>, row: usize) {
    valid.resize(row, false);
    valid.push(true);
}

impl Column {
    pub(super) fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Text => Self::Text(Texts::default()),
            ColumnKind::I64 => Self::I64(FixedValues::default()),
            ColumnKind::F64 => Self::F64(FixedValues::default()),
            ColumnKind::Bool => Self::Bool(FixedValues::default()),
        }
    }

    /// Takes the value of a row if it is of this type and loses nothing.
    pub(super) fn put(&mut self, row: usize, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Text(texts), Value::String { raw, escaped }) => {
                if !escaped {
                    texts.buffer().extend_from_slice(raw);
                } else if !unescape_exact(raw, texts.buffer()) {
                    texts.discard();
                    return false;
                }
                texts.end(row);
                true
            }
            (Self::Bool(fixed), Value::Boolean(value)) => push(fixed, row, value),
            (Self::I64(fixed), Value::Number(_)) => match value.meaning(&mut Vec::new()) {
                AttributeValue::Integer(value) => push(fixed, row, value),
                _ => false,
            },
            (Self::F64(fixed), Value::Number(_)) => match value.meaning(&mut Vec::new()) {
                AttributeValue::Float(value) => push(fixed, row, value),
                _ => false,
            },
            _ => false,
        }
    }

    /// The values of so many rows; what comes next begins anew.
    pub(super) fn take(&mut self, rows: usize) -> ColumnValues {
        match self {
            Self::Text(texts) if texts.values.valid.is_empty() => ColumnValues::Absent,
            Self::Text(texts) => ColumnValues::Text(texts.take(rows)),
            Self::I64(fixed) => take(fixed, rows).map_or(ColumnValues::Absent, ColumnValues::I64),
            Self::F64(fixed) => take(fixed, rows).map_or(ColumnValues::Absent, ColumnValues::F64),
            Self::Bool(fixed) => take(fixed, rows).map_or(ColumnValues::Absent, ColumnValues::Bool),
        }
    }
}

fn push<T>(fixed: &mut FixedValues<T>, row: usize, value: T) -> bool {
    fixed.values.push(value);
    mark(&mut fixed.valid, row);
    true
}

fn take<T: Default>(fixed: &mut FixedValues<T>, rows: usize) -> Option<FixedValues<T>> {
    if fixed.values.is_empty() {
        return None;
    }
    let next = FixedValues {
        valid: Vec::with_capacity(fixed.valid.len()),
        values: Vec::with_capacity(fixed.values.len()),
    };
    let mut taken = std::mem::replace(fixed, next);
    taken.valid.resize(rows, false);
    Some(taken)
}
