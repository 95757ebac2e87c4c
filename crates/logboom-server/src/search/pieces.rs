//! A table piece by piece, so that neither end has to hold one line as large as the whole.

use logboom_query::{Table, Value};
use serde::Serialize;

use super::encode::Form;
use crate::limits;
use crate::ndjson::push_row;

/// The pieces of a table; of events at least one, since a table without rows has columns too.
pub(super) struct Pieces<'a> {
    form: Form,
    table: &'a Table,
    next_row: usize,
    is_over: bool,
}

impl<'a> Pieces<'a> {
    /// Of a table, written as rows of objects or as events.
    pub fn new(form: Form, table: &'a Table) -> Self {
        let is_over = form == Form::Lines && table.rows.is_empty();
        Self { form, table, next_row: 0, is_over }
    }

    /// Writes rows with `write` until the piece is large enough.
    fn rows(&mut self, out: &mut Vec<u8>, mut write: impl FnMut(&[Value], &mut Vec<u8>)) {
        let start = self.next_row;
        for row in &self.table.rows[start..] {
            if self.next_row > start && out.len() >= limits::TABLE_PIECE_BYTES {
                return;
            }
            write(row, out);
            self.next_row += 1;
        }
        self.is_over = true;
    }

    fn event(&mut self, out: &mut Vec<u8>) {
        let table = self.table;
        out.extend_from_slice(b"event: table\ndata: {\"columns\":");
        push_json(&table.columns, out);
        out.extend_from_slice(b",\"rows\":[");
        let mut is_first = true;
        self.rows(out, |row, out| {
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            push_json(&row, out);
        });
        out.extend_from_slice(b"],\"notes\":");
        let notes: &[String] = if self.is_over { &table.notes } else { &[] };
        push_json(&notes, out);
        out.extend_from_slice(b"}\n\n");
    }
}

impl Iterator for Pieces<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if self.is_over {
            return None;
        }
        let mut piece = Vec::new();
        let columns = &self.table.columns;
        match self.form {
            Form::Events => self.event(&mut piece),
            Form::Lines => self.rows(&mut piece, |row, out| {
                push_row(columns, row, out);
                out.push(b'\n');
            }),
        }
        Some(piece)
    }
}

/// Texts and values of a table are always JSON, and without line breaks.
fn push_json(value: &impl Serialize, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(&mut *out, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize, text: &str) -> Table {
        let row = |number| vec![Value::Text(text.to_owned()), Value::Integer(number)];
        Table {
            columns: vec!["name".to_owned(), "count".to_owned()],
            rows: (0..rows).map(|number| row(number as i64)).collect(),
            notes: vec!["note".to_owned()],
        }
    }

    fn written(form: Form, table: &Table) -> Vec<String> {
        Pieces::new(form, table).map(|piece| String::from_utf8(piece).unwrap()).collect()
    }

    #[test]
    fn rows_are_objects_of_lines_and_arrays_of_events() {
        let table = table(2, "a\n\"b");
        assert_eq!(
            written(Form::Lines, &table),
            ["{\"name\":\"a\\n\\\"b\",\"count\":0}\n{\"name\":\"a\\n\\\"b\",\"count\":1}\n"]
        );
        assert_eq!(
            written(Form::Events, &table),
            [
                "event: table\ndata: {\"columns\":[\"name\",\"count\"],\"rows\":[[\"a\\n\\\"b\",0],[\"a\\n\\\"b\",1]],\"notes\":[\"note\"]}\n\n"
            ]
        );
    }

    #[test]
    fn an_empty_table_still_has_columns_and_notes() {
        let table = table(0, "");
        assert_eq!(written(Form::Lines, &table), [""; 0]);
        assert_eq!(
            written(Form::Events, &table),
            ["event: table\ndata: {\"columns\":[\"name\",\"count\"],\"rows\":[],\"notes\":[\"note\"]}\n\n"]
        );
    }

    #[test]
    fn a_large_table_comes_in_pieces_that_are_complete_together() {
        let table = table(100, &"x".repeat(limits::TABLE_PIECE_BYTES / 10));
        let events = written(Form::Events, &table);
        assert!(events.len() >= 10, "{}", events.len());
        let mut counts = Vec::new();
        for (index, event) in events.iter().enumerate() {
            assert!(event.len() < 2 * limits::TABLE_PIECE_BYTES);
            let data: serde_json::Value =
                serde_json::from_str(event.strip_prefix("event: table\ndata: ").unwrap()).unwrap();
            counts.extend(data["rows"].as_array().unwrap().iter().map(|row| row[1].as_u64().unwrap()));
            let is_last = index + 1 == events.len();
            assert_eq!(data["notes"].as_array().unwrap().len(), usize::from(is_last));
        }
        assert_eq!(counts, (0..100).collect::<Vec<_>>());
        assert_eq!(written(Form::Lines, &table).concat().lines().count(), 100);
    }
}
