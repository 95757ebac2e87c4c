//! Where a pipe's values come from: fields of the rows of a batch, or columns of a table.

use logboom_model::{AttributeView, Batch, Severity};
use logboom_store::Columns;

use crate::attributes::AttributeName;
use crate::field::{Field, RecordField};
use crate::pipe::cell::Cell;
use crate::pipe::table::Value;
use crate::plan::kind_of;

/// The values of one row, by the number of the operand.
pub(crate) trait Row {
    /// Shows a value.
    fn show(&mut self, operand: usize, show: &mut dyn FnMut(Cell<'_>));
}

/// A row of a table; operands are its columns.
pub(crate) struct TableRow<'a> {
    /// Columns by operand.
    pub(crate) operands: &'a [usize],
    pub(crate) values: &'a [Value],
}

impl Row for TableRow<'_> {
    fn show(&mut self, operand: usize, show: &mut dyn FnMut(Cell<'_>)) {
        let column = self.operands.get(operand).copied();
        show(column.and_then(|column| self.values.get(column)).map_or(Cell::Null, Value::as_cell));
    }
}

/// The fields that a pipe reads.
#[derive(Debug)]
pub(crate) struct Readers {
    fields: Vec<Reader>,
    /// The text of an attribute.
    text: Vec<u8>,
}

#[derive(Debug)]
enum Reader {
    Record(RecordField),
    Named(Box<AttributeName>),
}

impl Readers {
    pub(crate) fn new(fields: &[Field]) -> Self {
        let readers = fields.iter().map(|field| match field {
            Field::Record(field) => Reader::Record(*field),
            Field::Named(name) => Reader::Named(Box::new(AttributeName::new(name.clone()))),
        });
        Self { fields: readers.collect(), text: Vec::new() }
    }

    /// Adds the columns that are read.
    pub(crate) fn needs(&self, columns: &mut Columns) {
        for field in &self.fields {
            match field {
                Reader::Record(field) => needs_of_record(*field, columns),
                Reader::Named(name) => needs_of_name(name.name().folded_text(), columns),
            }
        }
    }

    /// Gets ready for the rows of a batch.
    pub(crate) fn bind<'b>(&'b mut self, batch: &'b Batch) -> BatchRow<'b> {
        let bound = self.fields.iter().map(|field| match field {
            Reader::Record(field) => Bound::Record(*field),
            Reader::Named(name) => match name.name().value_in(batch.resource()) {
                Some(value) => Bound::Constant(value),
                None => Bound::Attribute(name, batch.view(name.name().folded_text())),
            },
        });
        BatchRow { bound: bound.collect(), batch, row: 0, text: &mut self.text }
    }
}

/// Adds the column of a field of records.
fn needs_of_record(field: RecordField, columns: &mut Columns) {
    match field {
        RecordField::Body => columns.body = true,
        RecordField::Severity | RecordField::SeverityNumber => columns.severity = true,
        RecordField::Time => columns.time = true,
        RecordField::ObservedTime => columns.observed = true,
        RecordField::Stream => columns.stream = true,
        RecordField::Kind => columns.flags = true,
        RecordField::Seq => {}
    }
}

/// Adds the view of a name.
pub(crate) fn needs_of_name(name: &str, columns: &mut Columns) {
    if !columns.views.iter().any(|view| **view == *name) {
        columns.views = columns.views.iter().cloned().chain([name.into()]).collect();
    }
}

/// A row of a batch.
pub(crate) struct BatchRow<'b> {
    bound: Vec<Bound<'b>>,
    batch: &'b Batch,
    pub(crate) row: usize,
    text: &'b mut Vec<u8>,
}

enum Bound<'b> {
    Record(RecordField),
    /// What the resource says.
    Constant(&'b str),
    Attribute(&'b AttributeName, Option<&'b AttributeView>),
}

/// Codes of [`BatchRow::code`].
pub(crate) const CODES: usize = 32 * 4 * 4;

impl BatchRow<'_> {
    /// Whether these operands have few values, which [`BatchRow::code`] tells apart.
    pub(crate) fn is_coded(&self, operands: std::ops::Range<usize>) -> bool {
        self.bound[operands].iter().all(|bound| match bound {
            Bound::Record(field) => matches!(
                field,
                RecordField::Severity | RecordField::SeverityNumber | RecordField::Stream | RecordField::Kind
            ),
            Bound::Constant(_) => true,
            Bound::Attribute(..) => false,
        })
    }

    /// Whether these operands are the same for all rows of the batch.
    pub(crate) fn is_constant(&self, operands: std::ops::Range<usize>) -> bool {
        self.bound[operands].iter().all(|bound| matches!(bound, Bound::Constant(_)))
    }

    /// A number below [`CODES`] that differs wherever severity, stream or kind do.
    pub(crate) fn code(&self) -> usize {
        let columns = self.batch.columns();
        let severity = usize::from(columns.severities[self.row] & 31);
        let stream = usize::from(columns.streams[self.row] & 3);
        (severity * 4 + stream) * 4 + kind_of(self.batch.flags(self.row)) as usize
    }
}

impl Row for BatchRow<'_> {
    fn show(&mut self, operand: usize, show: &mut dyn FnMut(Cell<'_>)) {
        match self.bound.get(operand) {
            Some(Bound::Record(field)) => show(of_record(self.batch, self.row, *field)),
            Some(Bound::Constant(text)) => show(Cell::Text(text.as_bytes())),
            Some(Bound::Attribute(name, view)) => {
                show(of_attribute(name, *view, self.batch, self.row, self.text));
            }
            None => show(Cell::Null),
        }
    }
}

fn of_record(batch: &Batch, row: usize, field: RecordField) -> Cell<'_> {
    let columns = batch.columns();
    let named = |name: &'static str| if name.is_empty() { Cell::Null } else { Cell::Text(name.as_bytes()) };
    match field {
        RecordField::Body => Cell::Text(batch.body(row)),
        RecordField::Severity => {
            named(Severity::from_number(columns.severities[row]).unwrap_or_default().text())
        }
        RecordField::SeverityNumber => Cell::Integer(i64::from(columns.severities[row])),
        RecordField::Time => Cell::Time(columns.times[row]),
        RecordField::ObservedTime => Cell::Time(columns.observed[row]),
        RecordField::Seq => Cell::Integer(i64::try_from(batch.seq(row)).unwrap_or(i64::MAX)),
        RecordField::Stream => named(batch.stream(row).name()),
        RecordField::Kind => named(kind_of(batch.flags(row)).name()),
    }
}

/// Of several values the least, so that it does not matter where and in which order they stand.
fn of_attribute<'a>(
    name: &AttributeName,
    view: Option<&AttributeView>,
    batch: &Batch,
    row: usize,
    text: &'a mut Vec<u8>,
) -> Cell<'a> {
    /// The least so far, its text in the buffer.
    #[derive(Clone, Copy)]
    enum Least {
        Text,
        Other(Cell<'static>),
    }
    let mut least = Least::Other(Cell::Null);
    text.clear();
    name.any_in_row(batch, row, view, &mut |value| {
        let cell = Cell::of_attribute(value);
        let known = match least {
            Least::Text => Cell::Text(text),
            Least::Other(cell) => cell,
        };
        if known == Cell::Null || cell.order(known).is_lt() {
            least = match cell {
                Cell::Text(value) => {
                    text.clear();
                    text.extend_from_slice(value);
                    Least::Text
                }
                Cell::Integer(integer) => Least::Other(Cell::Integer(integer)),
                Cell::Float(float) => Least::Other(Cell::Float(float)),
                Cell::Time(nanos) => Least::Other(Cell::Time(nanos)),
                Cell::Null => Least::Other(Cell::Null),
            };
        }
        false
    });
    match least {
        Least::Text => Cell::Text(text),
        Least::Other(cell) => cell,
    }
}
