//! The fixed stages between a source and the local log, in DESIGN's order: join of partial lines, marks of
//! bodies with fields, severity.
//!
//! Floor 2 of the workspace: no I/O, no clock. Sources see only [`logboom_model::Stages`] and
//! [`logboom_model::Lane`]; the binary hands them [`FixedStages`].

mod held;
mod join;
mod lane;
mod limits;
mod parse;
pub mod severity;

pub use lane::FixedStages;
