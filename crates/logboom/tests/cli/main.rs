//! The real binary from the outside: exit codes, messages, what it prints, how it starts and stops.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod check;
mod daemon;
mod limits;
mod reading;
mod running;
mod tls;
mod usage;
