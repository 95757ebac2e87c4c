//! Wire and file formats of container logs as pure codecs: bytes in, rows out, and back.
//!
//! Floor 1 of the workspace: no I/O, no threads, no clock. Incomplete input is left where it is, hostile input
//! never panics and never costs more than linear time. One module per format.

pub mod json_file;
