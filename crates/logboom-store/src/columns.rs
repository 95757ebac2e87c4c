//! Which columns a reader of a block needs. A segment decodes no others; seqs are always there.

use std::sync::Arc;

/// Columns to load. A column that was not asked for is zero, or empty, in the batch; a part of the log that has no
/// columns apart gives all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns {
    /// Bodies.
    pub body: bool,
    /// Event times.
    pub time: bool,
    /// Observed times.
    pub observed: bool,
    /// Severity numbers.
    pub severity: bool,
    /// Streams.
    pub stream: bool,
    /// Marks.
    pub flags: bool,
    /// Attributes as the source sent them.
    pub attributes: bool,
    /// Attributes, parsed and of the source, as views by name (`_` for `.`); see `Batch::view`.
    pub views: Arc<[Box<str>]>,
}

impl Columns {
    /// Everything a record has; no views.
    pub fn all() -> Self {
        Self {
            body: true,
            time: true,
            observed: true,
            severity: true,
            stream: true,
            flags: true,
            attributes: true,
            views: Arc::default(),
        }
    }
}
