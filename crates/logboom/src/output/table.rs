//! The result of a query with pipes: aligned columns for people, one object a row for programs, CSV for spreadsheets.
//!
//! It arrives as the JSON that the HTTP API prints, from a daemon as from the data directory.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Deserialize;
use serde_json::Value;

use super::terminal::{json_for_terminal, visible};
use super::{Form, Manner, csv};

/// Widest column that is padded: one long cell must not push all others off the screen.
const PADDED_MAX: usize = 60;

/// Columns and rows; every row has a value for each column.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Table {
    /// Their names.
    pub columns: Vec<String>,
    /// The values.
    pub rows: Vec<Vec<Value>>,
    /// What else there is to know, such as groups that were put together.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl Table {
    /// Takes the rows of a further piece of the same table.
    pub fn append(&mut self, mut piece: Self) {
        self.columns = piece.columns;
        self.rows.append(&mut piece.rows);
        self.notes.append(&mut piece.notes);
    }

    /// Prints the table.
    pub fn write(&self, form: Form, manner: Manner, out: &mut impl Write) -> io::Result<()> {
        match form {
            Form::Text => self.write_text(manner, out),
            Form::Json => self.write_json(manner, out),
            Form::Csv => self.write_csv(manner, out),
        }
    }

    fn write_text(&self, manner: Manner, out: &mut impl Write) -> io::Result<()> {
        let cells = |row: &Vec<Value>| row.iter().map(|value| visible(&text(value)).into_owned()).collect();
        let rows: Vec<Vec<String>> = self.rows.iter().map(cells).collect();
        let columns: Vec<Cell<'_>> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, name)| Cell::of(index, name, &self.rows, &rows))
            .collect();
        let (start, end) = if manner.colour { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        let heads: Vec<_> = columns.iter().map(|column| column.name.as_ref()).collect();
        writeln!(out, "{start}{}{end}", line(&columns, &heads))?;
        for row in &rows {
            let cells: Vec<_> = row.iter().map(String::as_str).collect();
            writeln!(out, "{}", line(&columns, &cells))?;
        }
        Ok(())
    }

    fn write_json(&self, manner: Manner, out: &mut impl Write) -> io::Result<()> {
        let mut object = Vec::new();
        let mut shown = Vec::new();
        for row in &self.rows {
            object.clear();
            for (name, value) in self.columns.iter().zip(row) {
                object.push(if object.is_empty() { b'{' } else { b',' });
                serde_json::to_writer(&mut object, name)?;
                object.push(b':');
                serde_json::to_writer(&mut object, value)?;
            }
            object.extend_from_slice(if object.is_empty() { b"{}" } else { b"}" });
            if manner.terminal {
                shown.clear();
                json_for_terminal(&object, &mut shown);
                std::mem::swap(&mut object, &mut shown);
            }
            object.push(b'\n');
            out.write_all(&object)?;
        }
        Ok(())
    }

    fn write_csv(&self, manner: Manner, out: &mut impl Write) -> io::Result<()> {
        let mut row = Vec::new();
        for (index, name) in self.columns.iter().enumerate() {
            csv::separator(index, &mut row);
            csv::text(name, manner.terminal, &mut row);
        }
        row.push(b'\n');
        for values in &self.rows {
            for (index, value) in values.iter().enumerate() {
                csv::separator(index, &mut row);
                match value {
                    Value::Number(number) => row.extend_from_slice(number.to_string().as_bytes()),
                    other => csv::text(&text(other), manner.terminal, &mut row),
                }
            }
            row.push(b'\n');
            out.write_all(&row)?;
            row.clear();
        }
        out.write_all(&row)
    }
}

/// How a column of text is set.
struct Cell<'a> {
    name: Cow<'a, str>,
    width: usize,
    numbers: bool,
}

impl<'a> Cell<'a> {
    fn of(index: usize, name: &'a str, values: &[Vec<Value>], shown: &[Vec<String>]) -> Self {
        let name = visible(name);
        let cells = shown.iter().filter_map(|row| row.get(index));
        let widest = cells.map(|cell| cell.chars().count()).chain([name.chars().count()]).max();
        let mut known =
            values.iter().filter_map(|row| row.get(index)).filter(|value| !value.is_null()).peekable();
        let numbers = known.peek().is_some() && known.all(Value::is_number);
        Self { name, width: widest.unwrap_or_default().min(PADDED_MAX), numbers }
    }
}

/// One line of aligned cells, without spaces at its end.
fn line(columns: &[Cell<'_>], cells: &[&str]) -> String {
    let mut line = String::new();
    for (index, (column, cell)) in columns.iter().zip(cells).enumerate() {
        let width = column.width;
        if index > 0 {
            line.push_str("  ");
        }
        let padded = if column.numbers { format!("{cell:>width$}") } else { format!("{cell:<width$}") };
        line.push_str(&padded);
    }
    line.truncate(line.trim_end().len());
    line
}

/// A value as people read it.
fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn printed(form: Form, terminal: bool, table: Value) -> String {
        let table: Table = serde_json::from_value(table).unwrap();
        let mut out = Vec::new();
        table.write(form, Manner { terminal, colour: false }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn table() -> Value {
        json!({ "columns": ["service", "count", "p95"], "rows": [["web", 1200, 1.5], ["=db,\u{1b}[2J", 7, null]] })
    }

    #[test]
    fn columns_are_aligned_and_nothing_moves_the_cursor() {
        assert_eq!(
            printed(Form::Text, true, table()),
            "service      count  p95\nweb           1200  1.5\n=db,\\x1b[2J      7\n"
        );
        let two_lines = json!({ "columns": ["body"], "rows": [["a\nb"]] });
        assert_eq!(printed(Form::Text, false, two_lines), "body\na\\x0ab\n");
    }

    #[test]
    fn programs_get_one_object_a_row_in_the_order_of_the_columns() {
        assert_eq!(
            printed(Form::Json, false, table()),
            "{\"service\":\"web\",\"count\":1200,\"p95\":1.5}\n{\"service\":\"=db,\\u001b[2J\",\"count\":7,\"p95\":null}\n"
        );
        let c1 = json!({ "columns": ["a"], "rows": [["\u{9b}31m"]] });
        assert_eq!(printed(Form::Json, true, c1), "{\"a\":\"\\u009b31m\"}\n");
    }

    #[test]
    fn spreadsheets_get_numbers_as_numbers_and_no_formulas() {
        let csv = printed(Form::Csv, false, table());
        assert_eq!(csv, "service,count,p95\nweb,1200,1.5\n\"'=db,\u{1b}[2J\",7,\n");
        let negative = json!({ "columns": ["n"], "rows": [[-5], ["-5"]] });
        assert_eq!(printed(Form::Csv, false, negative), "n\n-5\n\"'-5\"\n");
        assert_eq!(printed(Form::Csv, false, json!({ "columns": ["n"], "rows": [] })), "n\n");
    }
}
