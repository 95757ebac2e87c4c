//! The docker source against a folder that imitates Docker's, step by step, and a local log in memory.

mod fake_docker;
mod memory_log;

mod backlog;
mod engine;
mod lifecycle;
mod metadata;
mod restarts;
mod rotation;
mod traps;
mod truncation;
