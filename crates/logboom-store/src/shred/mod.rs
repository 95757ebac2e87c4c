//! Attributes as typed columns and a residual (DESIGN §3.3).
//!
//! [`plan`] looks at a sample of the rows of a segment and decides which names get columns; a [`Shredder`] then
//! takes the rows block by block. Columns and residual together hold every attribute that
//! [`logboom_model::attributes::visit`] shows: the first value of a folded name in a row goes to the column of its
//! name and type if there is one and it loses nothing there; everything else goes to the residual, which is a JSON
//! object as the body would have it.

mod columns;
mod limits;
mod names;
mod plan;
mod residual;
mod row;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod whole;

pub use plan::{ColumnKind, ColumnPlan, PlannedColumn, plan};
pub use row::{ShreddedBlock, Shredder};
