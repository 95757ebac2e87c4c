//! A sink's cursor as it is kept in the local log: `sink/cursor/<name>` → `{"v":1,"seq":…}`.

use logboom_model::StateUpdate;
use serde::Deserialize;

const VERSION: u32 = 1;

/// Version 1: the last record that was written and flushed.
#[derive(Debug, Deserialize)]
struct CursorState {
    seq: u64,
}

/// The committed cursor cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CursorError {
    #[error("its cursor has version {0}, which this logboom does not know")]
    Newer(u32),
    #[error("its cursor is damaged")]
    Damaged,
}

pub(crate) fn key(name: &str) -> Box<[u8]> {
    format!("sink/cursor/{name}").into_bytes().into()
}

pub(crate) fn update(key: &[u8], seq: u64) -> StateUpdate {
    let value = format!("{{\"v\":{VERSION},\"seq\":{seq}}}");
    StateUpdate { key: key.into(), value: Some(value.into_bytes()) }
}

pub(crate) fn decode(value: &[u8]) -> Result<u64, CursorError> {
    #[derive(Deserialize)]
    struct Versioned {
        v: u32,
    }
    let Versioned { v } = serde_json::from_slice(value).map_err(|_| CursorError::Damaged)?;
    if v != VERSION {
        return Err(CursorError::Newer(v));
    }
    let state: CursorState = serde_json::from_slice(value).map_err(|_| CursorError::Damaged)?;
    Ok(state.seq)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_and_strangers_are_refused() {
        let value = update(b"k", u64::MAX).value.unwrap();
        assert_eq!(decode(&value), Ok(u64::MAX));
        assert_eq!(decode(b"{\"v\":1,\"seq\":7}"), Ok(7), "the form that is on disks");
        assert_eq!(decode(b"{\"v\":2,\"at\":[]}"), Err(CursorError::Newer(2)));
        assert_eq!(decode(b"{\"v\":1}"), Err(CursorError::Damaged));
        assert_eq!(decode(b""), Err(CursorError::Damaged));
    }
}
