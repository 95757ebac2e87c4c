//! What a log file is known by: the hash of its whole first record, its `time` included, and the bytes before the
//! offset. Inode numbers are reused at once (ext4 cycles through three of them), so they are no identity beyond the
//! life of an open descriptor; while one is open, though, its inode belongs to nobody else.

use std::fmt;
use std::os::unix::fs::MetadataExt;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::limits::TAIL_BYTES;

/// XXH3 (128 bits) of a file's first record. It is stored in positions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub u128);

impl Fingerprint {
    /// Of the first record itself.
    pub fn of_record(record: &[u8]) -> Self {
        Self(xxh3_128(record))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({:032x})", self.0)
    }
}

/// Device and inode: exact among descriptors that are open at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Inode {
    device: u64,
    number: u64,
}

impl Inode {
    /// From what `stat` said.
    pub fn from_metadata(metadata: &std::fs::Metadata) -> Self {
        Self { device: metadata.dev(), number: metadata.ino() }
    }
}

/// The last bytes before an offset.
#[derive(Debug, Clone, Copy)]
pub struct Tail {
    bytes: [u8; TAIL_BYTES],
    length: u8,
}

impl Default for Tail {
    fn default() -> Self {
        Self { bytes: [0; TAIL_BYTES], length: 0 }
    }
}

impl Tail {
    /// The end of these bytes.
    pub fn of(before: &[u8]) -> Self {
        let mut tail = Self::default();
        let end = &before[before.len().saturating_sub(TAIL_BYTES)..];
        tail.bytes[..end.len()].copy_from_slice(end);
        tail.length = end.len() as u8;
        tail
    }

    /// The bytes, at most [`TAIL_BYTES`].
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        usize::from(self.length)
    }

    /// What a position keeps of them.
    pub fn hash(&self) -> u64 {
        xxh3_64(self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_stable_because_it_is_stored() {
        let fingerprint = Fingerprint::of_record(b"{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"t\"}");
        assert_eq!(format!("{fingerprint:?}"), "Fingerprint(2164869dc06d144fabc95b8d5a923018)");
    }

    #[test]
    fn a_tail_is_the_end_of_what_lies_before() {
        assert_eq!(Tail::of(b"abc").bytes(), b"abc");
        let long: Vec<u8> = (0..=255).collect();
        assert_eq!(Tail::of(&long).bytes(), &long[192..]);
    }
}
