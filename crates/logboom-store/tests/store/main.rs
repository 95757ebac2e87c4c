//! The store as a whole: on a simulated disk that fails and crashes, and on a real one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod crash;
mod damage;
mod faults;
mod harness;
mod model;
mod reading;
mod sealing;
mod sealing_crash;
mod segment;
mod segment_readers;
mod smoke;
mod space;
mod threads;
