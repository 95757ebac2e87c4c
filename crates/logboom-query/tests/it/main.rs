//! The query language as a user sees it, and the matcher against a naive reference.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod errors;
mod fixture;
mod hostile;
mod language;
mod matching;
mod model;
mod pipes;
mod pipes_model;
mod pipes_reference;
mod searching;
