//! The columns of a segment as other readers see them: their order, names, types, and what fills each.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::{Type, TypePtr};

use logboom_model::attribute;

use super::ResourceShare;
use crate::limits::{COLUMN_NAME_BYTES_MAX, RESOURCE_COLUMNS_MAX};
use crate::shred::ColumnKind as Kind;

/// Prefix of the columns of attributes; no other column begins with it.
pub(super) const ATTRIBUTE_PREFIX: &str = "attr_";

/// What fills a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Seqs.
    Seq,
    /// Event times.
    Time,
    /// Observed times.
    Observed,
    /// Short names of severities.
    Severity,
    /// Severity numbers.
    SeverityNumber,
    /// Names of streams.
    Stream,
    /// Bits of marks.
    Flags,
    /// Ids of resources.
    ResourceId,
    /// One attribute of the resource, by index into [`FileSchema::resource_names`].
    ResourceAttribute(usize),
    /// All attributes of the resource as JSON.
    Resource,
    /// Bodies as text.
    Body,
    /// Bodies that are not UTF-8.
    BodyBytes,
    /// Attributes as the source sent them.
    SourceAttributes,
    /// One planned attribute, by index into the plan.
    Attribute(usize, Kind),
    /// Attributes without columns.
    Residual,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its name in the file.
    pub name: Box<str>,
    /// What fills it.
    pub content: Content,
}

impl Column {
    /// Whether it may have nulls.
    pub fn nullable(&self) -> bool {
        use Content::{
            Attribute, BodyBytes, Residual, Resource, ResourceAttribute, Severity, SourceAttributes, Stream,
        };
        matches!(
            self.content,
            Attribute(..)
                | BodyBytes
                | Residual
                | Resource
                | ResourceAttribute(_)
                | Severity
                | SourceAttributes
                | Stream
        )
    }

    fn parquet_type(&self) -> Result<Type, ParquetError> {
        let timestamp = || LogicalType::timestamp(true, TimeUnit::NANOS);
        let (physical, logical) = match self.content {
            Content::Seq | Content::Attribute(_, Kind::I64) => (Physical::INT64, None),
            Content::Time | Content::Observed => (Physical::INT64, Some(timestamp())),
            Content::SeverityNumber | Content::Flags => (Physical::INT32, None),
            Content::Attribute(_, Kind::F64) => (Physical::DOUBLE, None),
            Content::Attribute(_, Kind::Bool) => (Physical::BOOLEAN, None),
            Content::BodyBytes => (Physical::BYTE_ARRAY, None),
            _ => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let repetition = if self.nullable() { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        Type::primitive_type_builder(&self.name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition)
            .build()
    }
}

/// The columns of one file.
#[derive(Debug)]
pub(super) struct FileSchema {
    /// In the order of the file.
    pub columns: Vec<Column>,
    /// Dotted names of the resource attributes that have columns.
    pub resource_names: Vec<Box<str>>,
}

impl FileSchema {
    /// The columns for these resources, and for attributes with these column names and types.
    pub fn new<'a>(resources: &[ResourceShare], attributes: impl Iterator<Item = (&'a str, Kind)>) -> Self {
        let attributes =
            attributes.enumerate().map(|(at, (name, kind))| (name, Content::Attribute(at, kind)));
        let named = resource_columns(resources);
        let columns = [
            ("seq", Content::Seq),
            ("time", Content::Time),
            ("observed_time", Content::Observed),
            ("severity", Content::Severity),
            ("severity_number", Content::SeverityNumber),
            ("stream", Content::Stream),
            ("flags", Content::Flags),
            ("resource_id", Content::ResourceId),
        ]
        .into_iter()
        .chain(named.iter().enumerate().map(|(at, (column, _))| (&**column, Content::ResourceAttribute(at))))
        .chain([
            ("resource", Content::Resource),
            ("body", Content::Body),
            ("body_bytes", Content::BodyBytes),
            ("attributes_source", Content::SourceAttributes),
        ])
        .chain(attributes)
        .chain([("attributes", Content::Residual)])
        .map(|(name, content)| Column { name: name.into(), content })
        .collect();
        Self { columns, resource_names: named.into_iter().map(|(_, name)| name).collect() }
    }

    /// The schema of the file.
    pub fn parquet(&self) -> Result<TypePtr, ParquetError> {
        let fields = self
            .columns
            .iter()
            .map(|column| column.parquet_type().map(Arc::new))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(Type::group_type_builder("logboom").with_fields(fields).build()?))
    }
}

/// Names that are never a resource attribute's column.
const FIXED: [&str; 13] = [
    "seq",
    "time",
    "observed_time",
    "severity",
    "severity_number",
    "stream",
    "flags",
    "resource_id",
    "resource",
    "body",
    "body_bytes",
    "attributes_source",
    "attributes",
];

/// Attributes that have a column before all others.
const FIRST: [&str; 6] = [
    attribute::SERVICE_NAME,
    attribute::HOST_NAME,
    attribute::CONTAINER_ID,
    attribute::CONTAINER_NAME,
    attribute::IMAGE_NAME,
    attribute::IMAGE_ID,
];

/// Columns of resource attributes with their dotted names: the usual ones first, then those of the most rows. A name
/// whose column would collide with another (columns are the same in any case, and `.` becomes `_`) has none.
fn resource_columns(resources: &[ResourceShare]) -> Vec<(Box<str>, Box<str>)> {
    let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
    for share in resources {
        for (name, _) in share.resource.attributes() {
            *rows.entry(name).or_default() += share.rows;
        }
    }
    let rank = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
    let mut names: Vec<(&str, u64)> = rows.into_iter().collect();
    names.sort_by_key(|&(name, rows)| (rank(name), std::cmp::Reverse(rows)));
    let mut taken: HashSet<String> = FIXED.iter().map(|&name| name.to_owned()).collect();
    let mut columns = Vec::new();
    for (name, _) in names {
        if name.len() > COLUMN_NAME_BYTES_MAX || name.chars().any(char::is_control) {
            continue;
        }
        let column = name.replace('.', "_");
        let folded = column.to_lowercase();
        if columns.len() < RESOURCE_COLUMNS_MAX
            && !folded.starts_with(ATTRIBUTE_PREFIX)
            && taken.insert(folded)
        {
            columns.push((column.into(), name.into()));
        }
    }
    columns
}
