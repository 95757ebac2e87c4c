//! Pipes: `| count by service`, read by `parse`, meant by `syntax`, run by [`Pipeline`] over batches into a [`Table`].
//!
//! The first step takes records: `grouping` gathers them (`groups`, `measure`), `newest` makes rows of them. Every
//! later one takes the table before it (`later`). Counts of the block index stand for records where they can (`counted`). A pipeline is pure: it sees batches and selections of their rows;
//! each worker of a search fills one of its own, and merging them gives what one alone would have given.

pub(crate) mod cell;
mod counted;
mod grouping;
mod groups;
mod head;
mod later;
mod measure;
mod newest;
pub(crate) mod parse;
mod pipeline;
mod quantile;
mod room;
pub(crate) mod source;
pub(crate) mod syntax;
mod table;

pub use pipeline::{PipeLimits, Pipeline};
pub(crate) use source::needs_of_name;
pub use table::{Table, Value};
