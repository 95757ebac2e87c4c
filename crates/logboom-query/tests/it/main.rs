//! The query language as a user sees it, and the matcher against a naive reference.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod complete;
mod context;
mod errors;
mod facets;
mod fixture;
mod histogram;
mod hostile;
mod language;
mod log;
mod matching;
mod model;
mod pipes;
mod pipes_model;
mod pipes_reference;
mod pipes_sealed;
mod searching;
mod segments;
