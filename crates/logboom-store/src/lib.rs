//! The local log: one writer, a durable bounded journal, readers at their own pace (DESIGN §3.1 and §3.4).
//!
//! [`Store`] is the open log of a running logboom; [`Snapshot`] is what a search reads, with or without a daemon.

mod error;
mod options;
mod snapshot;
mod stats;
mod store;

pub use error::{FlushError, OpenError, ReadError};
pub use options::StoreOptions;
pub use snapshot::{ScanProgress, Snapshot};
pub use stats::{StoreState, StoreStats};
pub use store::{Reader, Store};
