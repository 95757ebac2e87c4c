//! Destinations, and the one loop that moves a cursor on the local log into each of them.
//!
//! The tour: [`SinkSpec::parse`] reads a URI, [`start`] resolves where to begin (once per name, for ever), opens the
//! destination and starts a thread that reads, filters, formats, writes, and only then commits its cursor. A sink
//! that cannot write waits; it holds up nobody, because readers of the local log are independent of each other.
//!
//! Architecture invariant: a cursor never passes a record that was not written and flushed, except over records
//! that were evicted, and those leave a gap row.
//! Architecture invariant: this crate knows no query language and no store; both come in as traits and closures.

mod cursor;
mod format;
mod handle;
pub mod limits;
mod shipper;
mod spec;
mod stdout;
mod uri;

pub use format::Format;
pub use handle::SinkHandle;
pub use shipper::{Accept, Resolve, StartError, Wiring, start, start_on};
pub use spec::{DestinationSpec, SinkSpec, SpecError, StartFrom};
