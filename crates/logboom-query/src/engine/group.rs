//! The values of one field over the rows of a batch, as small numbers: what bars and facets count by.

use std::collections::HashMap;
use std::sync::Arc;

use logboom_model::{Batch, Resource, Severity};
use logboom_store::Columns;

use crate::field::{Field, FieldName, RecordField, is_name, resolve};
use crate::limits::GROUP_VALUE_BYTES_MAX;
use crate::pipe::cell::Cell;
use crate::pipe::source::{Readers, Row as _};
use crate::search::SearchError;

/// Number of a value.
pub(crate) type ValueId = usize;

/// Records that do not have the field.
pub(crate) const MISSING: ValueId = 0;
/// Values that there was no more room for.
pub(crate) const REST: ValueId = 1;
/// Ids of values begin here.
pub(crate) const FIRST: ValueId = 2;

/// What is counted by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum By {
    Nothing,
    /// Its short names: `warn` is one value.
    Severity,
    SeverityNumber,
    Stream,
    Kind,
    Named(FieldName),
}

impl By {
    /// Reads the name of a field.
    pub(crate) fn parse(name: &str) -> Result<Self, SearchError> {
        if !is_name(name) {
            return Err(SearchError::Refused(format!("{name:?} is not the name of a field")));
        }
        Ok(match resolve(name) {
            Field::Record(RecordField::Severity) => Self::Severity,
            Field::Record(RecordField::SeverityNumber) => Self::SeverityNumber,
            Field::Record(RecordField::Stream) => Self::Stream,
            Field::Record(RecordField::Kind) => Self::Kind,
            Field::Named(name) => Self::Named(name),
            Field::Record(_) => {
                return Err(SearchError::Refused(format!("there is nothing to count by {name}")));
            }
        })
    }

    /// The field whose values are read from rows.
    fn field(&self) -> Option<Field> {
        match self {
            Self::Stream => Some(Field::Record(RecordField::Stream)),
            Self::Kind => Some(Field::Record(RecordField::Kind)),
            Self::Named(name) => Some(Field::Named(name.clone())),
            Self::Nothing | Self::Severity | Self::SeverityNumber => None,
        }
    }
}

/// Values and their numbers.
#[derive(Debug)]
pub(crate) struct Groups {
    by: By,
    ids: HashMap<Arc<str>, ValueId>,
    names: Vec<Arc<str>>,
    max: usize,
    /// Reads fields that are not counted by resource or severity; absent while it is at work.
    readers: Option<Readers>,
    text: Vec<u8>,
}

impl Groups {
    /// Room for so many values; those beyond are [`REST`].
    pub(crate) fn new(by: By, max: usize) -> Self {
        let names = vec![Arc::from(""), Arc::from("")];
        let readers = by.field().map(|field| Readers::new(&[field]));
        Self { by, ids: HashMap::new(), names, max, readers, text: Vec::new() }
    }

    /// The id of what has an id elsewhere.
    pub(crate) fn id_of(&mut self, other: &Self, id: ValueId) -> ValueId {
        if id < FIRST { id } else { self.id(other.name(id)) }
    }

    /// The columns that [`Groups::of_rows`] reads.
    pub(crate) fn needs(&self) -> Columns {
        let is_severity = matches!(self.by, By::Severity | By::SeverityNumber);
        let mut columns = Columns { severity: is_severity, ..Columns::default() };
        if let Some(readers) = &self.readers {
            readers.needs(&mut columns);
        }
        columns
    }

    /// Whether counts by resource and severity may be enough.
    pub(crate) fn may_count(&self) -> bool {
        match &self.by {
            By::Nothing | By::Severity | By::SeverityNumber => true,
            By::Named(name) => !name.attributes_only,
            By::Stream | By::Kind => false,
        }
    }

    /// The text of a value.
    pub(crate) fn name(&self, id: ValueId) -> &Arc<str> {
        &self.names[id]
    }

    /// The id of a value's text.
    pub(crate) fn id(&mut self, value: &str) -> ValueId {
        if let Some(&id) = self.ids.get(value) {
            return id;
        }
        if self.ids.len() >= self.max {
            return REST;
        }
        let (id, name) = (self.names.len(), Arc::<str>::from(value));
        self.names.push(name.clone());
        self.ids.insert(name, id);
        id
    }

    /// The id for every record of a resource and severity, where these decide.
    pub(crate) fn of_cell(&mut self, resource: &Resource, severity: Severity) -> Option<ValueId> {
        match &self.by {
            By::Nothing => Some(MISSING),
            By::Severity => Some(self.severity(severity)),
            By::SeverityNumber => Some(self.id(&severity.number().to_string())),
            By::Named(name) => {
                let value = name.value_in(resource)?.to_owned();
                Some(self.id(&value))
            }
            By::Stream | By::Kind => None,
        }
    }

    fn severity(&mut self, severity: Severity) -> ValueId {
        if severity == Severity::UNSET { MISSING } else { self.id(severity.text()) }
    }

    /// The ids of the rows, in order.
    pub(crate) fn of_rows(
        &mut self,
        batch: &Batch,
        rows: impl Iterator<Item = usize>,
        take: &mut dyn FnMut(usize, ValueId),
    ) {
        match &self.by {
            By::Nothing => rows.for_each(|row| take(row, MISSING)),
            By::Severity | By::SeverityNumber => {
                let mut known = [None; 256];
                for row in rows {
                    let number = batch.columns().severities[row];
                    let id = known[usize::from(number)].or_else(|| {
                        self.of_cell(batch.resource(), Severity::from_number(number).unwrap_or_default())
                    });
                    known[usize::from(number)] = id;
                    take(row, id.unwrap_or(MISSING));
                }
            }
            By::Named(name) if name.value_in(batch.resource()).is_some() => {
                let value = name.value_in(batch.resource()).unwrap_or_default().to_owned();
                let id = self.id(&value);
                rows.for_each(|row| take(row, id));
            }
            By::Stream | By::Kind | By::Named(_) => {
                let Some(mut readers) = self.readers.take() else { return };
                let mut of_row = readers.bind(batch);
                for row in rows {
                    of_row.row = row;
                    let mut id = MISSING;
                    of_row.show(0, &mut |cell| id = self.of_cell_value(cell));
                    take(row, id);
                }
                self.readers = Some(readers);
            }
        }
    }

    fn of_cell_value(&mut self, cell: Cell<'_>) -> ValueId {
        if cell == Cell::Null {
            return MISSING;
        }
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        cell.write(&mut text);
        cut(&mut text);
        let id = self.id(&String::from_utf8_lossy(&text));
        self.text = text;
        id
    }
}

/// Cuts a value at a character so that values in memory are bounded.
fn cut(text: &mut Vec<u8>) {
    if text.len() > GROUP_VALUE_BYTES_MAX {
        let mut end = GROUP_VALUE_BYTES_MAX;
        while end > 0 && text[end] & 0xc0 == 0x80 {
            end -= 1;
        }
        text.truncate(end);
    }
}
