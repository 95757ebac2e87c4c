//! The fixed stages, as sources use them.

mod join;
mod parse;
mod severity;
