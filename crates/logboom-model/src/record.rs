//! One row of a batch as a reader sees it: borrowed, never copied.

use crate::{Flags, Resource, Severity, Stream};

/// A view of one record. Times are nanoseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Number in the local log.
    pub seq: u64,
    /// When the event happened, as the source says.
    pub time: i64,
    /// When logboom read it.
    pub observed: i64,
    /// OpenTelemetry severity.
    pub severity: Severity,
    /// Standard stream.
    pub stream: Stream,
    /// Marks.
    pub flags: Flags,
    /// The line, byte for byte, without its line feed. Not always UTF-8.
    pub body: &'a [u8],
    /// A JSON object, or empty when the record has no attributes.
    pub attributes: &'a [u8],
    /// What produced it.
    pub resource: &'a Resource,
}
