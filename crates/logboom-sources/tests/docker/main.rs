//! The docker source against a folder that imitates Docker's, step by step, and a local log in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed, in its helpers too")]

mod fake_docker;
mod fake_engine;
mod memory_log;

mod backlog;
mod engine;
mod lifecycle;
mod limits;
mod metadata;
mod restarts;
mod rotation;
mod traps;
mod truncation;
