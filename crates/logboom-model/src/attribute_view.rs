//! The values of one attribute over the rows of a batch that was read from typed columns, so that a test of one name
//! needs no bodies.
//!
//! A segment keeps the first value of a name in a column of its type, and whatever has no column in a residual JSON
//! object. [`ColumnValues`] are such columns over the rows of one block; an [`AttributeView`] shows a range of them.

use std::ops::Range;
use std::sync::Arc;

use crate::Flags;
use memchr::{memchr, memmem};

use crate::attributes::{self, AttributeValue};

/// Texts of some rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextValues {
    /// By row: whether it has one.
    pub valid: Vec<bool>,
    /// The texts, one behind the other.
    pub bytes: Vec<u8>,
    /// Offsets into `bytes`: one more than there are texts.
    pub offsets: Vec<u32>,
}

/// Numbers or booleans of some rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FixedValues<T> {
    /// By row: whether it has one.
    pub valid: Vec<bool>,
    /// The values of those that have one.
    pub values: Vec<T>,
}

/// One column over the rows of a block.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnValues {
    /// No row has a value.
    Absent,
    /// Text without escapes.
    Text(TextValues),
    /// Integers.
    I64(FixedValues<i64>),
    /// Other numbers.
    F64(FixedValues<f64>),
    /// Booleans.
    Bool(FixedValues<bool>),
}

/// The values of one name, by row. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AttributeView {
    block: Arc<Block>,
    rows: Range<usize>,
}

#[derive(Debug)]
struct Block {
    name: Box<str>,
    columns: Vec<(Places, ColumnValues)>,
    residual: Option<(Places, TextValues)>,
    /// What every residual that has the name contains, unless a name is written with escapes.
    part: memmem::Finder<'static>,
}

/// By row: one more than the place among the values, 0 for none.
#[derive(Debug)]
struct Places(Vec<u32>);

impl AttributeView {
    /// The view of a block of so many rows. `name` is folded: `_` for `.`. `columns` are those whose attribute has
    /// that name; `residual` are the JSON objects with everything that is in no column. Values beyond the rows, and
    /// marks without a value, are ignored.
    pub fn new(name: &str, rows: usize, columns: Vec<ColumnValues>, residual: Option<TextValues>) -> Self {
        let columns = columns
            .into_iter()
            .filter_map(|column| {
                let places = match &column {
                    ColumnValues::Absent => return None,
                    ColumnValues::Text(text) => Places::new(&text.valid, texts(text)),
                    ColumnValues::I64(fixed) => Places::new(&fixed.valid, fixed.values.len()),
                    ColumnValues::F64(fixed) => Places::new(&fixed.valid, fixed.values.len()),
                    ColumnValues::Bool(fixed) => Places::new(&fixed.valid, fixed.values.len()),
                };
                Some((places, column))
            })
            .collect();
        let part = name.split('_').max_by_key(|part| part.len()).unwrap_or_default();
        let part = memmem::Finder::new(part).into_owned();
        let residual = residual
            .filter(|text| may_have(&part, &text.bytes))
            .map(|text| (Places::new(&text.valid, texts(&text)), text));
        Self { block: Arc::new(Block { name: name.into(), columns, residual, part }), rows: 0..rows }
    }

    /// The view of some of its rows: those of one batch of the block.
    pub fn slice(&self, rows: Range<usize>) -> Self {
        let end = (self.rows.start + rows.end).min(self.rows.end);
        let start = (self.rows.start + rows.start).min(end);
        Self { block: self.block.clone(), rows: start..end }
    }

    /// The folded name.
    pub fn name(&self) -> &str {
        &self.block.name
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Shows the values of one row until `show` says true (enough), in the order of [`attributes::visit`]; whether
    /// it did.
    pub fn for_each(&self, row: usize, show: &mut dyn FnMut(AttributeValue<'_>) -> bool) -> bool {
        let row = self.rows.start.saturating_add(row);
        if row >= self.rows.end {
            return false;
        }
        let block = &*self.block;
        for (places, column) in &block.columns {
            let value = places.of(row).and_then(|place| value(column, place));
            if value.is_some_and(&mut *show) {
                return true;
            }
        }
        let Some((places, residual)) = &block.residual else { return false };
        let object = places.of(row).and_then(|place| text(residual, place));
        let object = object.filter(|object| may_have(&block.part, object));
        object
            .is_some_and(|object| attributes::find(Flags::empty(), &[], object, block.name.as_bytes(), show))
    }

    /// Bytes the view holds in memory; views of one block share them.
    pub fn memory_bytes(&self) -> usize {
        let column = |column: &ColumnValues| match column {
            ColumnValues::Absent => 0,
            ColumnValues::Text(text) => text_bytes(text),
            ColumnValues::I64(fixed) => fixed.valid.capacity() + fixed.values.capacity() * 8,
            ColumnValues::F64(fixed) => fixed.valid.capacity() + fixed.values.capacity() * 8,
            ColumnValues::Bool(fixed) => fixed.valid.capacity() + fixed.values.capacity(),
        };
        let columns =
            self.block.columns.iter().map(|(places, values)| places.0.capacity() * 4 + column(values));
        let residual =
            self.block.residual.iter().map(|(places, text)| places.0.capacity() * 4 + text_bytes(text));
        columns.chain(residual).sum()
    }
}

/// A view repeats what its rows say: two batches of the same rows are the same, whichever views they have.
impl PartialEq for AttributeView {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for AttributeView {}

impl Places {
    fn new(valid: &[bool], values: usize) -> Self {
        let mut next = 0;
        let place = |&valid: &bool| {
            let has = valid && (next as usize) < values;
            next += u32::from(has);
            if has { next } else { 0 }
        };
        Self(valid.iter().map(place).collect())
    }

    fn of(&self, row: usize) -> Option<usize> {
        self.0.get(row)?.checked_sub(1).map(|place| place as usize)
    }
}

fn may_have(part: &memmem::Finder<'_>, text: &[u8]) -> bool {
    part.find(text).is_some() || memchr(b'\\', text).is_some()
}

fn texts(values: &TextValues) -> usize {
    values.offsets.len().saturating_sub(1)
}

fn text_bytes(values: &TextValues) -> usize {
    values.valid.capacity() + values.bytes.capacity() + values.offsets.capacity() * 4
}

fn text(values: &TextValues, place: usize) -> Option<&[u8]> {
    let (start, end) = (*values.offsets.get(place)?, *values.offsets.get(place + 1)?);
    values.bytes.get(start as usize..end as usize)
}

fn value(column: &ColumnValues, place: usize) -> Option<AttributeValue<'_>> {
    match column {
        ColumnValues::Absent => None,
        ColumnValues::Text(values) => text(values, place).map(AttributeValue::Text),
        ColumnValues::I64(values) => values.values.get(place).copied().map(AttributeValue::Integer),
        ColumnValues::F64(values) => values.values.get(place).copied().map(AttributeValue::Float),
        ColumnValues::Bool(values) => values.values.get(place).copied().map(AttributeValue::Boolean),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(view: &AttributeView, row: usize) -> String {
        let mut seen = Vec::new();
        view.for_each(row, &mut |value| {
            seen.push(format!("{value:?}"));
            false
        });
        seen.join(" ")
    }

    #[test]
    fn columns_then_residual() {
        let integers = FixedValues { valid: vec![false, true, false], values: vec![7] };
        let texts = TextValues { valid: vec![true, false, false], bytes: b"x".to_vec(), offsets: vec![0, 1] };
        let residual = br#"{"a":{"b":null},"a_b":"\u0041","a":1}"#;
        let residual = TextValues {
            valid: vec![false, true, true],
            bytes: [&residual[..], b"{"].concat(),
            offsets: vec![0, residual.len() as u32, residual.len() as u32 + 1],
        };
        let columns = vec![ColumnValues::I64(integers), ColumnValues::Absent, ColumnValues::Text(texts)];
        let view = AttributeView::new("a_b", 3, columns, Some(residual));
        assert_eq!(shown(&view, 0), "Text([120])");
        assert_eq!(shown(&view, 1), "Integer(7) Json([110, 117, 108, 108]) Text([65])");
        assert_eq!(shown(&view, 2), "");
        assert_eq!(shown(&view, 3), "");
        let slice = view.slice(1..2);
        assert_eq!((slice.len(), shown(&slice, 0)), (1, shown(&view, 1)));
        assert_eq!(shown(&slice, 1), "");
    }

    #[test]
    fn columns_that_do_not_fit_show_nothing() {
        let broken = TextValues { valid: vec![true; 3], bytes: vec![], offsets: vec![0, 9, 3] };
        let view = AttributeView::new("a", 2, vec![ColumnValues::Text(broken)], None);
        assert_eq!(shown(&view, 0) + &shown(&view, 1), "");
    }
}
