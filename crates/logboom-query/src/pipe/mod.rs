//! Pipes: `| count by service`, read by `parse`, meant by `syntax`, run by [`Pipeline`] over batches into a [`Table`].
//!
//! A pipeline is pure: it sees batches and selections of their rows, each worker of a search fills one of its own,
//! and merging them gives what one alone would have given.

pub(crate) mod parse;
mod pipeline;
pub(crate) mod syntax;
mod table;

pub use pipeline::{PipeLimits, Pipeline};
pub use table::{Table, Value};
