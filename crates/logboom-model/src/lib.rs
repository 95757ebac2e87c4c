//! The vocabulary of logboom: what a record, a resource, a batch, a gap and a position are.
//!
//! Floor 0 of the workspace: no I/O, no threads, no clock. Every other crate speaks in these types, so that
//! sources, store, sinks and server never need to know each other.

mod attribute_view;
pub mod attributes;
mod batch;
mod batch_columns;
mod flow;
mod gap;
mod ids;
mod lifecycle;
pub mod limits;
mod record;
mod record_json;
mod resource;
mod severity;
pub mod status;
mod stream;
mod text;
mod time;
pub mod tokens;

pub use attribute_view::{AttributeView, ColumnValues, FixedValues, TextValues};
pub use batch::{Batch, Row};
pub use batch_columns::{AttributeColumn, BatchColumns, MalformedBatch};
pub use flow::{Ack, Intake, Lane, LogReader, Rows, Stages, StateUpdate, Submission, SubmitError, TailEntry};
pub use gap::{CountKind, Gap, GapReason};
pub use ids::{Cursor, CursorParseError, StoreId};
pub use lifecycle::{Lifecycle, LifecycleAction};
pub use record::Record;
pub use record_json::{event_id, record_to_json, write_json_string};
pub use resource::{Resource, ResourceBuilder, ResourceId, attribute};
pub use severity::Severity;
pub use stream::{Flags, Stream};
pub use text::sanitize_for_terminal;
pub use time::{TimeParseError, format_rfc3339, parse_rfc3339, write_rfc3339};
