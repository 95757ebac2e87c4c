//! Encodings of Parquet pages, both ways: delta, delta-length, the RLE and bit-packed hybrid, and plain values.
//!
//! They follow the Parquet format's `Encodings.md`, so that any reader of Parquet reads what they write. All are pure:
//! an encoder appends to a buffer, a decoder takes bytes that nobody vouches for and the number of values that the
//! page's header promised, allocates for no more than those, and answers bad input with [`Malformed`].

mod bits;
pub mod delta;
pub mod delta_length;
pub mod hybrid;
pub mod plain;
mod varint;

/// Bytes that are not what the encoding says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed {encoding}: {problem}")]
pub struct Malformed {
    /// The encoding, as Parquet names it.
    pub encoding: &'static str,
    /// What is wrong.
    pub problem: &'static str,
}
