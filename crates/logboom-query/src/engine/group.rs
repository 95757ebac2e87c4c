//! The values of one field over the rows of a batch, as small numbers: what bars and facets count by.

use std::collections::HashMap;
use std::sync::Arc;

use logboom_model::{Batch, Flags, Resource, Severity, Stream};

use crate::field::{Field, FieldName, RecordField, is_name, resolve};
use crate::json::{self, Value};
use crate::logfmt;
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
}

/// Values and their numbers.
#[derive(Debug, Clone)]
pub(crate) struct Groups {
    by: By,
    ids: HashMap<Arc<str>, ValueId>,
    names: Vec<Arc<str>>,
    max: usize,
    text: Vec<u8>,
}

impl Groups {
    /// Room for so many values; those beyond are [`REST`].
    pub(crate) fn new(by: By, max: usize) -> Self {
        let names = vec![Arc::from(""), Arc::from("")];
        Self { by, ids: HashMap::new(), names, max, text: Vec::new() }
    }

    /// How many ids there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
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
            By::Stream => {
                for row in rows {
                    let id = match batch.stream(row) {
                        Stream::None => MISSING,
                        stream => self.id(stream.name()),
                    };
                    take(row, id);
                }
            }
            By::Kind => {
                for row in rows {
                    let id = self.id(kind(batch.flags(row)));
                    take(row, id);
                }
            }
            By::Named(name) => {
                if let Some(value) = name.value_in(batch.resource()) {
                    let value = value.to_owned();
                    let id = self.id(&value);
                    return rows.for_each(|row| take(row, id));
                }
                let name = name.clone();
                let mut text = std::mem::take(&mut self.text);
                for row in rows {
                    text.clear();
                    let found = attribute(batch, row, &name, &mut text);
                    let id = if found { self.id(&String::from_utf8_lossy(&text)) } else { MISSING };
                    take(row, id);
                }
                self.text = text;
            }
        }
    }
}

fn kind(flags: Flags) -> &'static str {
    if flags.contains(Flags::GAP) {
        "gap"
    } else if flags.contains(Flags::LIFECYCLE) {
        "lifecycle"
    } else {
        "log"
    }
}

/// Appends the text of an attribute's first value.
fn attribute(batch: &Batch, row: usize, name: &FieldName, text: &mut Vec<u8>) -> bool {
    let mut of_value = |value: Value<'_>| {
        match value {
            Value::String(string) => json::unescape(string, text),
            Value::Plain(plain) => text.extend_from_slice(plain),
            Value::Array(_) | Value::Object => return false,
        }
        true
    };
    if json::any_value(batch.attributes(row), name.folded(), &mut of_value) {
        return true;
    }
    if json::is_object(batch.body(row)) {
        return json::any_value(batch.body(row), name.folded(), &mut of_value);
    }
    logfmt::any_value(batch.body(row), name.folded(), &mut |pair| {
        of_value(if pair.quoted { Value::String(pair.value) } else { Value::Plain(pair.value) })
    })
}
