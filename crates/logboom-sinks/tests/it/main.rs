//! The shipper against real pipes and files, over a log and an intake in memory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod log;
mod shipping;
