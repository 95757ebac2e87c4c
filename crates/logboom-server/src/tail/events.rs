//! The events of `/api/v1/tail` as Server-Sent Events (WHATWG HTML, §9.2).
//!
//! | event | id | data |
//! | --- | --- | --- |
//! | `record` | the record, absent in history | the record as JSON |
//! | `gap` | the last missing seq | `{"from":first,"to":one past the last,"reason":"evicted"\|"lagged"}` |
//! | `gap` | none | `{"from":first,"to":one past the last,"count":n,"reason":"evicted"}`: n rows of these are missing, and the others follow |
//! | `position` | the last seq looked at | `{"seq":n}` |
//! | `reset` | none | `{"store_id":…,"seq":n}`: the cursor belongs to another log; this one goes on after n |

use std::io::Write as _;

use logboom_model::{Cursor, Record, StoreId};

use crate::ndjson::push_record;

/// Why rows are missing from a tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MissedReason {
    /// They were gone before this tail came.
    Evicted,
    /// They went while this tail was open: its client was slower than the log.
    Lagged,
}

impl MissedReason {
    fn name(self) -> &'static str {
        match self {
            Self::Evicted => "evicted",
            Self::Lagged => "lagged",
        }
    }
}

/// Writes events of one log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Events {
    /// The log's id, part of every event's.
    pub store_id: StoreId,
}

impl Events {
    /// The first bytes of every stream: browsers reconnect after a second.
    pub fn hello() -> &'static [u8] {
        b"retry: 1000\n\n"
    }

    /// A comment, which clients skip: the connection is alive while history is being searched.
    pub fn patience() -> &'static [u8] {
        b": searching\n\n"
    }

    /// A record by which a client can resume.
    pub fn record(self, record: &Record<'_>, out: &mut Vec<u8>) {
        self.id(record.seq, out);
        Self::history(record, out);
    }

    /// A record out of history, which is in the order of time: no id, so that nobody resumes in the middle of it.
    pub fn history(record: &Record<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"event: record\ndata: ");
        push_record(record, out);
        out.extend_from_slice(b"\n\n");
    }

    /// Rows that this tail will never see.
    pub fn gap(self, from: u64, to: u64, reason: MissedReason, out: &mut Vec<u8>) {
        self.id(to.saturating_sub(1), out);
        let reason = reason.name();
        push(
            out,
            format_args!("event: gap\ndata: {{\"from\":{from},\"to\":{to},\"reason\":\"{reason}\"}}\n\n"),
        );
    }

    /// So many rows of a range that this tail will never see; those that are left follow, so that it has no id.
    pub fn thinned(self, from: u64, to: u64, count: u64, out: &mut Vec<u8>) {
        let reason = MissedReason::Evicted.name();
        push(
            out,
            format_args!(
                "event: gap\ndata: {{\"from\":{from},\"to\":{to},\"count\":{count},\"reason\":\"{reason}\"}}\n\n"
            ),
        );
    }

    /// Everything up to here was looked at.
    pub fn position(self, seq: u64, out: &mut Vec<u8>) {
        self.id(seq, out);
        push(out, format_args!("event: position\ndata: {{\"seq\":{seq}}}\n\n"));
    }

    /// The client's cursor is of another log.
    pub fn reset(self, seq: u64, out: &mut Vec<u8>) {
        let store_id = self.store_id;
        push(out, format_args!("event: reset\ndata: {{\"store_id\":\"{store_id}\",\"seq\":{seq}}}\n\n"));
    }

    fn id(self, seq: u64, out: &mut Vec<u8>) {
        push(out, format_args!("id: {}\n", Cursor { store_id: self.store_id, seq }));
    }
}

fn push(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a Vec cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_each_event() {
        let events = Events { store_id: StoreId([0xab; 16]) };
        let id = "ab".repeat(16);
        let mut out = Vec::new();
        events.gap(3, 8, MissedReason::Lagged, &mut out);
        events.thinned(8, 20, 4, &mut out);
        events.position(9, &mut out);
        events.reset(2, &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            format!(
                "id: {id}:7\nevent: gap\ndata: {{\"from\":3,\"to\":8,\"reason\":\"lagged\"}}\n\n\
                 event: gap\ndata: {{\"from\":8,\"to\":20,\"count\":4,\"reason\":\"evicted\"}}\n\n\
                 id: {id}:9\nevent: position\ndata: {{\"seq\":9}}\n\n\
                 event: reset\ndata: {{\"store_id\":\"{id}\",\"seq\":2}}\n\n"
            )
        );
    }
}
