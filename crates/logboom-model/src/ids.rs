//! Identities that leave the process: the store's id, and the (store, seq) pair every reader resumes by.

use std::fmt;
use std::str::FromStr;

/// 128 random bits born with a data directory, so that a wiped or cloned directory is never taken for the old one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreId(pub [u8; 16]);

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreId({self})")
    }
}

impl FromStr for StoreId {
    type Err = CursorParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(CursorParseError);
        }
        let mut id = [0; 16];
        for (index, byte) in id.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| CursorParseError)?;
        }
        Ok(Self(id))
    }
}

/// The last record a reader has finished: `<store_id>:<seq>`, as in `Last-Event-ID` and permalinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The store the sequence number belongs to.
    pub store_id: StoreId,
    /// The last finished record.
    pub seq: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.store_id, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = CursorParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (store_id, seq) = text.split_once(':').ok_or(CursorParseError)?;
        Ok(Self { store_id: store_id.parse()?, seq: seq.parse().map_err(|_| CursorParseError)? })
    }
}

/// The text was not `<32 hex digits>:<decimal seq>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor: expected <32 hex digits>:<number>")]
pub struct CursorParseError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_form() {
        let cursor = Cursor { store_id: StoreId([0xab; 16]), seq: 42 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn hostile_cursors_are_refused() {
        for text in
            ["", ":", "1:2", "zz:1", &format!("{}:-1", "a".repeat(32)), &format!("{}:1", "é".repeat(16))]
        {
            assert_eq!(text.parse::<Cursor>(), Err(CursorParseError), "{text:?}");
        }
    }
}
