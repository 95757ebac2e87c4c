//! Limits that more than one crate must agree on, each with its reason. Limits of one crate live in that crate.

/// Longest body of one record, in bytes; longer lines are split and each piece but the last is marked
/// [`crate::Flags::SPLIT`]. 1 MiB is far above what a person reads and keeps a batch within one commit.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Bodies of one batch, in bytes. A batch is the unit that moves between stages: large enough to pay for its
/// header, small enough that a hundred of them fit into the memory of a small host.
pub const BATCH_BODY_BYTES_MAX: usize = 1 << 20;

/// Rows of one batch: offsets are `u32` and a batch of empty lines must be bounded too.
pub const BATCH_ROWS_MAX: usize = 1 << 16;

/// Attributes of one batch, as JSON text, in bytes: short lines with long attributes must be bounded too.
pub const BATCH_ATTRIBUTES_BYTES_MAX: usize = 8 << 20;

/// Attributes of one record, as JSON text, in bytes.
pub const ATTRIBUTES_BYTES_MAX: usize = 1 << 20;

/// Objects and arrays inside each other in a body that is taken as JSON; a deeper one is text. What other parsers
/// (serde_json) read too.
pub const ATTRIBUTE_DEPTH_MAX: usize = 128;

/// Bytes of a dotted name under which the members of a nested object count; a nested object with a longer name is one
/// value. Bounds how often a long name is repeated.
pub const ATTRIBUTE_NAME_BYTES_MAX: usize = 128;

/// Attributes of one resource, and the bytes of one name or value. Container labels are user input.
pub const RESOURCE_ATTRIBUTES_MAX: usize = 256;
/// Bytes of one attribute name or value of a resource; longer values are cut at a character.
pub const RESOURCE_VALUE_BYTES_MAX: usize = 4096;

/// Live resources; beyond this a receiver's resource stays in the record (DESIGN §3.1).
pub const RESOURCES_MAX: usize = 16_384;
