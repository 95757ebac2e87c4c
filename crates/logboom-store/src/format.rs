//! The journal's bytes. A file is a chain of entries, the first of which is its opening snapshot; one group commit
//! is one entry. All numbers are little-endian; CRCs are CRC-32C.
//!
//! ```text
//!  0        4    6   7   8          16         24          32     36      40       44       48
//!  ├────────┼────┼───┼───┼──────────┼──────────┼───────────┼──────┼───────┼────────┼────────┤
//!  │ "LBJE" │ ver│knd│ 0 │ file id  │ offset   │ first seq │ rows │ defs  │ defs   │ payload│
//!  │        │    │   │   │          │ of entry │           │      │ bytes │ raw    │ bytes  │
//!  ├────────┴┬───┴───┴─┬─┴──────┬───┴───────┬──┴────────┬──┴──────┴────┬──┴────────┴────────┤
//!  48        52        56       60          68          76             84                   88
//!  │ payload │ defs    │ payload│ min time  │ max time  │ commit time  │ CRC of bytes 0..84 │
//!  │ raw     │ CRC     │ CRC    │           │           │              │                    │
//!  ├─────────┴─────────┴────────┴───────────┴───────────┴──────────────┴────────────────────┤
//!  │ definitions: zstd of the resources this file has not named before (may be empty)       │
//!  ├────────────────────────────────────────────────────────────────────────────────────────┤
//!  │ payload: zstd of a commit (state updates, batches as columns) or of a snapshot         │
//!  └────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! The header's CRC covers the CRCs of what follows, so one chain covers the entry. Definitions have a CRC of their
//! own because a reader that skips payloads still needs them. Magic, version and file id stay where they are in
//! every version to come; an unknown version is refused, never cut or deleted. The offset keeps a stale or copied
//! block from passing for an entry.
//!
//! A file is named `<first seq, 20 digits>-<file id, 16 hex digits>.journal`; the upper half of the id counts files,
//! the lower is random.

pub mod batch;
pub mod commit;
pub mod snapshot;
pub mod wire;

use crate::limits::{DEFINITIONS_RAW_BYTES_MAX, ENTRY_RAW_BYTES_MAX, ENTRY_ROWS_MAX, SEQ_MAX};

/// First bytes of every entry.
pub const MAGIC: [u8; 4] = *b"LBJE";
/// The one version so far.
pub const VERSION: u16 = 1;

const AT_VERSION: usize = MAGIC.len();
const AT_KIND: usize = AT_VERSION + 2;
const AT_ZERO: usize = AT_KIND + 1;
const AT_FILE_ID: usize = AT_ZERO + 1;
const AT_OFFSET: usize = AT_FILE_ID + 8;
const AT_FIRST_SEQ: usize = AT_OFFSET + 8;
const AT_ROWS: usize = AT_FIRST_SEQ + 8;
const AT_DEFINITIONS_BYTES: usize = AT_ROWS + 4;
const AT_DEFINITIONS_RAW: usize = AT_DEFINITIONS_BYTES + 4;
const AT_PAYLOAD_BYTES: usize = AT_DEFINITIONS_RAW + 4;
const AT_PAYLOAD_RAW: usize = AT_PAYLOAD_BYTES + 4;
const AT_DEFINITIONS_CRC: usize = AT_PAYLOAD_RAW + 4;
const AT_PAYLOAD_CRC: usize = AT_DEFINITIONS_CRC + 4;
const AT_MIN_TIME: usize = AT_PAYLOAD_CRC + 4;
const AT_MAX_TIME: usize = AT_MIN_TIME + 8;
const AT_COMMIT_TIME: usize = AT_MAX_TIME + 8;
const AT_HEADER_CRC: usize = AT_COMMIT_TIME + 8;
/// Bytes of a header.
pub const HEADER_BYTES: usize = AT_HEADER_CRC + 4;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum EntryKind {
    /// Everything recovery needs, first in each file.
    Snapshot = 1,
    /// One group commit.
    Commit = 2,
}

/// The header of one entry; see the diagram above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryHeader {
    /// What follows.
    pub kind: EntryKind,
    /// Id of the file it belongs to.
    pub file_id: u64,
    /// Where in the file it begins.
    pub offset: u64,
    /// Seq of the first row, or of the next row to come when it has none.
    pub first_seq: u64,
    /// Rows.
    pub rows: u32,
    /// Stored bytes of the definitions.
    pub definitions_bytes: u32,
    /// Their bytes before compression.
    pub definitions_raw: u32,
    /// Stored bytes of the payload.
    pub payload_bytes: u32,
    /// Its bytes before compression.
    pub payload_raw: u32,
    /// Checksum of the stored definitions.
    pub definitions_crc: u32,
    /// Checksum of the stored payload.
    pub payload_crc: u32,
    /// Earliest event time; `i64::MAX` without rows.
    pub min_time: i64,
    /// Latest event time; `i64::MIN` without rows.
    pub max_time: i64,
    /// The commit clock, which never goes back.
    pub commit_time: i64,
}

/// Why bytes are no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Fewer bytes than a header has, or other bytes where the magic should be.
    #[error("no entry begins here")]
    NotAnEntry,
    /// A version this program does not know.
    #[error("format version {version} is unknown")]
    Version {
        /// The version found.
        version: u16,
        /// The file id found.
        file_id: u64,
    },
    /// The checksum does not match.
    #[error("the header's checksum does not match")]
    Checksum,
    /// A field is outside its limits.
    #[error("{0} is out of bounds")]
    Bounds(&'static str),
}

impl EntryHeader {
    /// Bytes of the whole entry.
    pub fn entry_bytes(&self) -> u64 {
        (HEADER_BYTES as u64) + u64::from(self.definitions_bytes) + u64::from(self.payload_bytes)
    }

    /// Where the next entry begins.
    pub fn end(&self) -> u64 {
        self.offset + self.entry_bytes()
    }

    /// One past the last seq.
    pub fn end_seq(&self) -> u64 {
        self.first_seq + u64::from(self.rows)
    }

    /// Writes the header.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &MAGIC);
        put(AT_VERSION, &VERSION.to_le_bytes());
        put(AT_KIND, &[self.kind as u8]);
        put(AT_FILE_ID, &self.file_id.to_le_bytes());
        put(AT_OFFSET, &self.offset.to_le_bytes());
        put(AT_FIRST_SEQ, &self.first_seq.to_le_bytes());
        put(AT_ROWS, &self.rows.to_le_bytes());
        put(AT_DEFINITIONS_BYTES, &self.definitions_bytes.to_le_bytes());
        put(AT_DEFINITIONS_RAW, &self.definitions_raw.to_le_bytes());
        put(AT_PAYLOAD_BYTES, &self.payload_bytes.to_le_bytes());
        put(AT_PAYLOAD_RAW, &self.payload_raw.to_le_bytes());
        put(AT_DEFINITIONS_CRC, &self.definitions_crc.to_le_bytes());
        put(AT_PAYLOAD_CRC, &self.payload_crc.to_le_bytes());
        put(AT_MIN_TIME, &self.min_time.to_le_bytes());
        put(AT_MAX_TIME, &self.max_time.to_le_bytes());
        put(AT_COMMIT_TIME, &self.commit_time.to_le_bytes());
        let crc = crc32c::crc32c(&out[..AT_HEADER_CRC]);
        out[AT_HEADER_CRC..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// Reads a header and checks every field.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let Some(bytes) = bytes.first_chunk::<HEADER_BYTES>() else { return Err(HeaderError::NotAnEntry) };
        if bytes[..MAGIC.len()] != MAGIC {
            return Err(HeaderError::NotAnEntry);
        }
        let file_id = u64_at(bytes, AT_FILE_ID);
        let version = u16::from_le_bytes([bytes[AT_VERSION], bytes[AT_VERSION + 1]]);
        if version != VERSION {
            return Err(HeaderError::Version { version, file_id });
        }
        if crc32c::crc32c(&bytes[..AT_HEADER_CRC]) != u32_at(bytes, AT_HEADER_CRC) {
            return Err(HeaderError::Checksum);
        }
        let kind = match bytes[AT_KIND] {
            1 => EntryKind::Snapshot,
            2 => EntryKind::Commit,
            _ => return Err(HeaderError::Bounds("kind")),
        };
        let header = Self {
            kind,
            file_id,
            offset: u64_at(bytes, AT_OFFSET),
            first_seq: u64_at(bytes, AT_FIRST_SEQ),
            rows: u32_at(bytes, AT_ROWS),
            definitions_bytes: u32_at(bytes, AT_DEFINITIONS_BYTES),
            definitions_raw: u32_at(bytes, AT_DEFINITIONS_RAW),
            payload_bytes: u32_at(bytes, AT_PAYLOAD_BYTES),
            payload_raw: u32_at(bytes, AT_PAYLOAD_RAW),
            definitions_crc: u32_at(bytes, AT_DEFINITIONS_CRC),
            payload_crc: u32_at(bytes, AT_PAYLOAD_CRC),
            min_time: u64_at(bytes, AT_MIN_TIME) as i64,
            max_time: u64_at(bytes, AT_MAX_TIME) as i64,
            commit_time: u64_at(bytes, AT_COMMIT_TIME) as i64,
        };
        header.check()
    }

    fn check(self) -> Result<Self, HeaderError> {
        let stored_max = |raw: u32| raw as usize + raw as usize / 128 + 1024;
        for (good, field) in [
            (self.payload_raw as usize <= ENTRY_RAW_BYTES_MAX, "raw length of the payload"),
            (self.payload_bytes as usize <= stored_max(self.payload_raw), "length of the payload"),
            (self.definitions_raw as usize <= DEFINITIONS_RAW_BYTES_MAX, "raw length of the definitions"),
            (
                self.definitions_bytes as usize <= stored_max(self.definitions_raw),
                "length of the definitions",
            ),
            (self.rows as usize <= ENTRY_ROWS_MAX, "number of rows"),
            ((1..SEQ_MAX).contains(&self.first_seq), "seq"),
            (self.offset.checked_add(self.entry_bytes()).is_some(), "offset"),
            (self.kind == EntryKind::Commit || self.rows == 0, "rows of a snapshot"),
        ] {
            if !good {
                return Err(HeaderError::Bounds(field));
            }
        }
        Ok(self)
    }
}

fn u32_at(bytes: &[u8; HEADER_BYTES], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8; HEADER_BYTES], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

/// Name of a journal file, without its directory.
pub fn file_name(first_seq: u64, file_id: u64) -> String {
    format!("{first_seq:020}-{file_id:016x}.journal")
}

/// First seq and id in a journal file's name; `None` for any other name.
pub fn parse_file_name(name: &str) -> Option<(u64, u64)> {
    let (first_seq, id) = name.strip_suffix(".journal")?.split_once('-')?;
    let digits = first_seq.len() == 20 && first_seq.bytes().all(|byte| byte.is_ascii_digit());
    let hex = id.len() == 16 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !digits || !hex {
        return None;
    }
    let first_seq = first_seq.parse().ok().filter(|seq| (1..SEQ_MAX).contains(seq))?;
    Some((first_seq, u64::from_str_radix(id, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> EntryHeader {
        EntryHeader {
            kind: EntryKind::Commit,
            file_id: 0x1_0000_0007,
            offset: 4096,
            first_seq: 77,
            rows: 3,
            definitions_bytes: 9,
            definitions_raw: 10,
            payload_bytes: 100,
            payload_raw: 200,
            definitions_crc: 1,
            payload_crc: 2,
            min_time: -5,
            max_time: 5,
            commit_time: 6,
        }
    }

    #[test]
    fn a_header_survives_and_any_flipped_bit_is_seen() {
        let bytes = header().encode();
        assert_eq!(EntryHeader::decode(&bytes), Ok(header()));
        for bit in 0..HEADER_BYTES * 8 {
            let mut bad = bytes;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(EntryHeader::decode(&bad).is_err(), "bit {bit}");
        }
        assert_eq!(EntryHeader::decode(&bytes[..HEADER_BYTES - 1]), Err(HeaderError::NotAnEntry));
    }

    #[test]
    fn another_version_is_told_apart_from_damage() {
        let mut bytes = header().encode();
        bytes[AT_VERSION] = 2;
        let expected = HeaderError::Version { version: 2, file_id: 0x1_0000_0007 };
        assert_eq!(EntryHeader::decode(&bytes), Err(expected));
    }

    #[test]
    fn fields_beyond_their_limits_are_refused_whatever_the_checksum_says() {
        for spoil in [
            (|h| h.payload_raw = u32::MAX) as fn(&mut EntryHeader),
            |h| h.payload_bytes = 10_000,
            |h| h.definitions_raw = u32::MAX,
            |h| h.definitions_bytes = 10_000,
            |h| h.rows = u32::MAX,
            |h| h.first_seq = 0,
            |h| h.first_seq = SEQ_MAX,
            |h| h.offset = u64::MAX,
            |h| h.kind = EntryKind::Snapshot,
        ] {
            let mut bad = header();
            spoil(&mut bad);
            assert!(matches!(EntryHeader::decode(&bad.encode()), Err(HeaderError::Bounds(_))), "{bad:?}");
        }
    }

    #[test]
    fn file_names_sort_by_seq_and_survive() {
        let name = file_name(42, 0xabc);
        assert_eq!(parse_file_name(&name), Some((42, 0xabc)));
        assert!(name < file_name(100, 1));
        for bad in ["", "lock", "42-abc.journal", &name.replace(".journal", ".tmp"), &name.to_uppercase()] {
            assert_eq!(parse_file_name(bad), None, "{bad}");
        }
    }
}
