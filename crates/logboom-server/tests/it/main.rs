//! The server over real sockets, with a real store in a temporary directory and clients that are not ours.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod hostile;
mod metrics;
mod page;
mod questions;
mod search;
mod stop;
mod stream;
mod support;
mod tail;
mod tail_gap;
mod tail_slow;
mod tls;
