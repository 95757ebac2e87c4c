//! Limits of shredding, each with its reason.

/// Columns of one segment: each costs a page in every block that has it, and a place in every footer.
pub const COLUMNS_MAX: usize = 256;

/// A name gets a column when one row of so many has it; below, the residual costs less.
pub const ROWS_PER_VALUE_MAX: usize = 100;

/// One row of so many is looked at for the plan …
pub const SAMPLE_STRIDE: usize = 8;

/// … once there are more than this; small files are looked at as a whole.
pub const SAMPLE_ROWS_MIN: usize = 4_096;

/// Longest name that gets a column, in bytes.
pub const COLUMN_NAME_BYTES_MAX: usize = 128;

/// Names that are counted for the plan at once, 128 bytes each at most. When there are more, the rarer half is
/// forgotten.
pub const COUNTED_NAMES_MAX: usize = 1 << 15;
