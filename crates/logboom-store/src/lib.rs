//! The local log: one writer, a durable bounded journal, readers at their own pace (DESIGN §3.1 and §3.4).
//!
//! [`Store`] is the open log of a running logboom; [`Snapshot`] is what a search reads, with or without a daemon, in
//! parts ([`Part`]) that are journal files and segments alike.
//!
//! The path of a record: [`Store`] queues it (`queue`), the writer takes a group (`writer`), encodes it (`encode`,
//! `format`), makes sure of the space (`space`), writes and syncs it to the active file (`active`), and only then
//! shows it (`log`) to readers (`reader`, `snapshot`). A closed file is sealed into a segment (`seal`, `segment`); when
//! room is needed the loud give it first (`space`, `seal`). After a crash `recover` reads it all back.

mod active;
mod cache;
mod clock;
mod clock_guard;
mod columns;
mod encode;
pub mod encoding;
mod entries;
mod error;
pub mod filter;
pub mod format;
pub mod fs;
mod gaps;
pub mod limits;
mod log;
mod manual;
mod names;
mod options;
mod part;
mod probe;
mod queue;
mod reader;
mod recover;
mod repair;
mod seal;
mod sealed;
pub mod segment;
mod shared;
pub mod shred;
mod snapshot;
mod space;
mod stats;
mod store;
mod stripes;
mod window;
mod writer;

pub use clock::{Clock, ManualClock, SystemClock};
pub use columns::Columns;
pub use error::{FlushError, OpenError, ReadError};
pub use manual::ManualStore;
pub use options::StoreOptions;
pub use part::{BlockCount, BlockResources, BlockView, OpenPart, Part};
pub use probe::{BlockSet, Probe};
pub use reader::Reader;
pub use snapshot::Snapshot;
pub use stats::{StoreState, StoreStats};
pub use store::Store;
