//! Names in the data directory and in small state that several parts of the store agree on.

/// Directory of the journal, below the data directory.
pub const JOURNAL_DIR: &str = "journal";
/// A journal file that is being made.
pub const NEW_FILE_NAME: &str = "new.tmp";
/// Locked by the one logboom that writes.
pub const LOCK_NAME: &str = "lock";
/// Small state: first seq not evicted, decimal.
pub const EVICTED_TO_KEY: &[u8] = b"store/evicted_to";
/// Directory of the segments, below the data directory; in it a directory for each date and hour of commit.
pub const SEGMENTS_DIR: &str = "segments";
/// Begins the name of a directory of one date.
pub const DATE_PREFIX: &str = "ingest_date=";
/// Begins the name of a directory of one hour.
pub const HOUR_PREFIX: &str = "ingest_hour=";
/// Directory of what is being written, below the data directory.
pub const TEMPORARY_DIR: &str = "tmp";
/// The segment that a journal file is being sealed into.
pub const SEAL_NAME: &str = "tmp/seal.parquet";
/// The segment that others are being rewritten into.
pub const REWRITE_NAME: &str = "tmp/rewrite.parquet";
/// Small state: the rewrite that is past its point of no return.
pub const REWRITE_KEY: &[u8] = b"store/rewrite";
