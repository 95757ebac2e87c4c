//! Names of fields: record field first, then resource, then attribute; a closed table of aliases.

use std::fmt;

use logboom_model::Resource;

/// Fields of the record itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordField {
    Body,
    Severity,
    SeverityNumber,
    Time,
    ObservedTime,
    Seq,
    Stream,
    Kind,
}

/// A resolved name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    Record(RecordField),
    Named(FieldName),
}

/// Short names that people type, and the names they stand for. Closed: a new one would change old queries.
const ALIASES: [(&str, &str); 8] = [
    ("message", "body"),
    ("level", "severity"),
    ("service", "service_name"),
    ("container", "container_name"),
    ("host", "host_name"),
    ("namespace", "k8s_namespace_name"),
    ("pod", "k8s_pod_name"),
    ("image", "container_image_name"),
];

const RECORD_FIELDS: [(&str, RecordField); 8] = [
    ("body", RecordField::Body),
    ("severity", RecordField::Severity),
    ("severity_number", RecordField::SeverityNumber),
    ("time", RecordField::Time),
    ("observed_time", RecordField::ObservedTime),
    ("seq", RecordField::Seq),
    ("stream", RecordField::Stream),
    ("kind", RecordField::Kind),
];

/// What reaches the parsed key whatever else has its name.
const ATTRIBUTES_PREFIX: &str = "attributes.";

/// Whether text before an operator can be a name: starts with a letter, `_` or `@`, ends with a letter, digit or `_`.
pub(crate) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == '@');
    let last = text.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
    first && last && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | '@'))
}

/// Resolves a name as typed.
pub(crate) fn resolve(name: &str) -> Field {
    if let Some(key) = name.strip_prefix(ATTRIBUTES_PREFIX) {
        return Field::Named(FieldName::new(key, true));
    }
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, full)| full);
    match RECORD_FIELDS.iter().find(|(field, _)| *field == name) {
        Some((_, field)) => Field::Record(*field),
        None => Field::Named(FieldName::new(name, false)),
    }
}

/// The name of a resource or attribute. `_` and `.` are the same in names, so that columns, queries and
/// OpenTelemetry's dotted names agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldName {
    /// With `_` for `.`.
    folded: Box<str>,
    /// Whether only attributes count (`attributes.x`).
    pub(crate) attributes_only: bool,
}

impl FieldName {
    fn new(name: &str, attributes_only: bool) -> Self {
        Self { folded: name.replace('.', "_").into(), attributes_only }
    }

    /// The name with `_` for `.`, as views are called.
    pub(crate) fn folded_text(&self) -> &str {
        &self.folded
    }

    /// The name with `_` for `.`.
    pub(crate) fn folded(&self) -> &[u8] {
        self.folded.as_bytes()
    }

    /// A part of the name that stands in every text which has the key, nested or not.
    pub(crate) fn longest_part(&self) -> &str {
        self.folded.split('_').max_by_key(|part| part.len()).unwrap_or_default()
    }

    /// The resource's value of this name.
    pub(crate) fn value_in<'a>(&self, resource: &'a Resource) -> Option<&'a str> {
        if self.attributes_only {
            return None;
        }
        let mut attributes = resource.attributes();
        attributes.find(|(name, _)| same_name(name.as_bytes(), self.folded())).map(|(_, value)| value)
    }
}

/// Whether a key has this name, `.` and `_` being the same.
pub(crate) fn same_name(key: &[u8], folded: &[u8]) -> bool {
    key.len() == folded.len()
        && key.iter().zip(folded).all(|(&key, &name)| key == name || (key == b'.' && name == b'_'))
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(field) => {
                let known = RECORD_FIELDS.iter().find(|(_, known)| known == field);
                f.write_str(known.map_or("", |(name, _)| name))
            }
            Self::Named(name) => write!(f, "{name}"),
        }
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.attributes_only { ATTRIBUTES_PREFIX } else { "" };
        write!(f, "{prefix}{}", self.folded)
    }
}
