//! Names in the data directory and in small state that several parts of the store agree on.

/// Directory of the journal, below the data directory.
pub const JOURNAL_DIR: &str = "journal";
/// A journal file that is being made.
pub const NEW_FILE_NAME: &str = "new.tmp";
/// Locked by the one logboom that writes.
pub const LOCK_NAME: &str = "lock";
/// Small state: first seq not evicted, decimal.
pub const EVICTED_TO_KEY: &[u8] = b"store/evicted_to";
