//! How a search runs over a snapshot: what each entry of the crate has in common.

pub(crate) mod around;
pub(crate) mod bars;
pub(crate) mod bounds;
pub(crate) mod group;
pub(crate) mod hits;
pub(crate) mod run;
pub(crate) mod scope;
pub(crate) mod table;
pub(crate) mod values;
pub(crate) mod verdict;

pub(crate) use scope::Scope;
