//! A streamed answer's bytes: lines of JSON, or Server-Sent Events (WHATWG HTML, §9.2).
//!
//! | event | data |
//! | --- | --- |
//! | `record` | the record as JSON |
//! | `table` | `{"columns":[…],"rows":[[…],…],"notes":[…]}`; in pieces (`pieces.rs`), notes with the last |
//! | `progress` | `{"blocks_done","blocks_total","bytes_done","bytes_total","scanned_records","scanned_bytes","matches","back_to"}` |
//! | `done` | `{"scanned_records","scanned_bytes","blocks","skipped_blocks","more","incomplete","cursor","elapsed_ms"}` |
//! | `error` | `{"error":{"message","at","hint"}}`, as of any other answer |
//!
//! Lines have records or rows only: who wants the rest asks for events.

use std::time::Duration;

use logboom_model::{Cursor, format_rfc3339};
use logboom_query::{OwnedRecord, SearchOutcome, SearchProgress};
use serde_json::json;

use crate::answer::Problem;
use crate::ndjson::push_record;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// NDJSON.
    Lines,
    /// Server-Sent Events.
    Events,
}

impl Form {
    /// `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Lines => "application/x-ndjson",
            Self::Events => "text/event-stream",
        }
    }

    /// One record.
    pub fn record(self, record: &OwnedRecord, out: &mut Vec<u8>) {
        self.begin("record", out);
        push_record(&record.as_record(), out);
        self.end(out);
    }

    /// How far it is.
    pub fn progress(self, at: &SearchProgress, out: &mut Vec<u8>) {
        let progress = json!({
            "blocks_done": at.blocks_done, "blocks_total": at.blocks_total,
            "bytes_done": at.bytes_done, "bytes_total": at.bytes_total,
            "scanned_records": at.scanned_records, "scanned_bytes": at.scanned_bytes,
            "matches": at.matches, "back_to": format_rfc3339(at.back_to),
        });
        self.event("progress", &progress, out);
    }

    /// The end of a search that ended by itself.
    pub fn done(self, outcome: &SearchOutcome, cursor: Cursor, elapsed: Duration, out: &mut Vec<u8>) {
        let done = json!({
            "scanned_records": outcome.scanned_records, "scanned_bytes": outcome.scanned_bytes,
            "blocks": outcome.blocks, "skipped_blocks": outcome.skipped_blocks,
            "more": outcome.more, "incomplete": outcome.incomplete,
            "cursor": cursor.to_string(), "elapsed_ms": u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        });
        self.event("done", &done, out);
    }

    /// The end of one that could not go on.
    pub fn error(self, problem: &Problem, out: &mut Vec<u8>) {
        self.event("error", &problem.body(), out);
    }

    fn event(self, name: &str, data: &serde_json::Value, out: &mut Vec<u8>) {
        if self == Self::Events {
            self.begin(name, out);
            // JSON of serde_json has no line breaks.
            out.extend_from_slice(data.to_string().as_bytes());
            self.end(out);
        }
    }

    fn begin(self, name: &str, out: &mut Vec<u8>) {
        if self == Self::Events {
            out.extend_from_slice(b"event: ");
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\ndata: ");
        }
    }

    fn end(self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self == Self::Events { b"\n\n" } else { b"\n" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_for_events_only() {
        let mut out = Vec::new();
        Form::Lines.progress(&SearchProgress::default(), &mut out);
        Form::Lines.error(&Problem::bad_request("x"), &mut out);
        assert!(out.is_empty());
        Form::Events.error(&Problem::bad_request("x").at(3), &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "event: error\ndata: {\"error\":{\"at\":3,\"hint\":null,\"message\":\"x\"}}\n\n"
        );
    }
}
