//! How a search runs over a snapshot: what all entries of the crate have in common.
//!
//! [`run`](run::run) takes parts of the log and their blocks in the order of the best record they can hold, on a few
//! threads. `open` prunes the blocks of a part (times, seqs, resources, filters), `block` counts or loads one and
//! matches its rows, and a [`Worker`](run::Worker) takes what was found: `hits` records, `table` pipes, `bars` and
//! `values` counts.

pub(crate) mod around;
pub(crate) mod bars;
pub(crate) mod block;
pub(crate) mod body_regex;
pub(crate) mod bounds;
pub(crate) mod group;
pub(crate) mod hits;
pub(crate) mod needs;
pub(crate) mod open;
pub(crate) mod order;
pub(crate) mod place;
pub(crate) mod queue;
pub(crate) mod required;
pub(crate) mod run;
pub(crate) mod scope;
pub(crate) mod suggest;
pub(crate) mod table;
pub(crate) mod values;
pub(crate) mod verdict;

pub(crate) use scope::Scope;
