//! A streamed answer's bytes: lines of JSON, or Server-Sent Events (WHATWG HTML, §9.2).
//!
//! | event | data |
//! | --- | --- |
//! | `record` | the record as JSON |
//! | `table` | `{"columns":[…],"rows":[[…],…],"notes":[…]}`; a large table comes in pieces, notes with the last |
//! | `progress` | `{"blocks_done","blocks_total","bytes_done","bytes_total","scanned_records","scanned_bytes","matches","back_to"}` |
//! | `done` | `{"scanned_records","scanned_bytes","blocks","skipped_blocks","more","incomplete","cursor","elapsed_ms"}` |
//! | `error` | `{"error":{"message","at","hint"}}`, as of any other answer |
//!
//! Lines have records or rows only: who wants the rest asks for events.

use std::time::Duration;

use logboom_model::{Cursor, format_rfc3339};
use logboom_query::{OwnedRecord, SearchOutcome, SearchProgress, Table};
use serde_json::json;

use crate::answer::Problem;
use crate::limits;
use crate::ndjson::{push_record, push_row};

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

    /// A table, piece by piece.
    pub fn table(self, table: &Table, write: &mut dyn FnMut(&dyn Fn(&mut Vec<u8>))) {
        if self == Self::Lines {
            for row in &table.rows {
                write(&|out| {
                    push_row(&table.columns, row, out);
                    out.push(b'\n');
                });
            }
            return;
        }
        let pieces = table.rows.chunks(limits::TABLE_EVENT_ROWS);
        let last = pieces.len().saturating_sub(1);
        // A table without rows has columns and notes.
        let none: &[_] = &[];
        for (index, rows) in pieces.chain(table.rows.is_empty().then_some(none)).enumerate() {
            let notes: &[String] = if index == last { &table.notes } else { &[] };
            let piece = json!({ "columns": table.columns, "rows": rows, "notes": notes });
            write(&|out| self.event("table", &piece, out));
        }
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
    use logboom_query::Value;

    use super::*;

    fn written(form: Form, rows: usize) -> (String, usize) {
        let row = |number| vec![Value::Text("a\n\"b".to_owned()), Value::Integer(number)];
        let table = Table {
            columns: vec!["name".to_owned(), "count".to_owned()],
            rows: (0..rows).map(|number| row(number as i64)).collect(),
            notes: vec!["note".to_owned()],
        };
        let (mut out, mut pieces) = (Vec::new(), 0);
        form.table(&table, &mut |write| {
            write(&mut out);
            pieces += 1;
        });
        (String::from_utf8(out).unwrap(), pieces)
    }

    #[test]
    fn rows_are_objects_of_lines_and_arrays_of_events() {
        assert_eq!(written(Form::Lines, 1), ("{\"name\":\"a\\n\\\"b\",\"count\":0}\n".to_owned(), 1));
        let (events, pieces) = written(Form::Events, 1);
        assert_eq!(
            (events.as_str(), pieces),
            (
                "event: table\ndata: {\"columns\":[\"name\",\"count\"],\"notes\":[\"note\"],\"rows\":[[\"a\\n\\\"b\",0]]}\n\n",
                1
            )
        );
    }

    #[test]
    fn an_empty_table_still_has_columns_and_a_large_one_comes_in_pieces() {
        assert_eq!(written(Form::Events, 0).1, 1);
        let (events, pieces) = written(Form::Events, limits::TABLE_EVENT_ROWS + 1);
        assert_eq!((pieces, events.matches("note\"]").count()), (2, 1));
    }

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
