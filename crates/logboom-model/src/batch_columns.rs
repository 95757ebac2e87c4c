//! The raw columns of a [`crate::Batch`], as the store writes and reads them, and their checks.

/// Attributes of the rows that have any: JSON objects in one buffer, empty slices for rows without.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeColumn {
    /// Concatenated JSON objects.
    pub bytes: Vec<u8>,
    /// `rows + 1` offsets into `bytes`.
    pub offsets: Vec<u32>,
}

/// The raw columns, as the store reads them back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchColumns {
    /// Event times, nanoseconds since the Unix epoch.
    pub times: Vec<i64>,
    /// Observed times, nanoseconds since the Unix epoch.
    pub observed: Vec<i64>,
    /// Severity numbers.
    pub severities: Vec<u8>,
    /// [`crate::Stream`] bytes.
    pub streams: Vec<u8>,
    /// [`crate::Flags`] bits.
    pub flags: Vec<u16>,
    /// Concatenated bodies.
    pub body: Vec<u8>,
    /// `rows + 1` offsets into `body`, starting with 0.
    pub offsets: Vec<u32>,
    /// Absent when no row has attributes.
    pub attributes: Option<AttributeColumn>,
}

/// Columns that do not fit together; only a corrupt or hostile file has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed batch: {0}")]
pub struct MalformedBatch(pub &'static str);

impl BatchColumns {
    /// Checks every length, offset and code.
    pub(crate) fn check(&self) -> Result<(), MalformedBatch> {
        let rows = self.times.len();
        let same = [self.observed.len(), self.severities.len(), self.streams.len(), self.flags.len()];
        if same.iter().any(|&length| length != rows) {
            return Err(MalformedBatch("columns differ in length"));
        }
        check_offsets(&self.offsets, rows, self.body.len())?;
        if let Some(attributes) = &self.attributes {
            check_offsets(&attributes.offsets, rows, attributes.bytes.len())?;
        }
        if self.severities.iter().any(|&number| number > 24) {
            return Err(MalformedBatch("severity above 24"));
        }
        if self.streams.iter().any(|&byte| byte > 2) {
            return Err(MalformedBatch("unknown stream"));
        }
        Ok(())
    }
}

fn check_offsets(offsets: &[u32], rows: usize, bytes: usize) -> Result<(), MalformedBatch> {
    if offsets.len() != rows + 1 || offsets[0] != 0 || offsets[rows] as usize != bytes {
        return Err(MalformedBatch("offsets do not span the buffer"));
    }
    if offsets.windows(2).any(|pair| pair[0] > pair[1]) {
        return Err(MalformedBatch("offsets go back"));
    }
    Ok(())
}
