//! Results on standard output: text for people, JSON for programs, CSV for spreadsheets.
//!
//! Every record arrives here as the JSON object the HTTP API prints, so that a search of the daemon and one of the
//! data directory print the same bytes.

mod csv;
mod progress;
mod record;
mod status;
mod table;
mod terminal;
mod text;

use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal as _, Write};

pub use progress::{Progress, ProgressLine};
pub use record::RecordLine;
pub use status::status_text;
pub use table::Table;

use crate::cli::{Output, SearchOutput};
use crate::logging::no_color;

/// In which form records are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Lines for people.
    Text,
    /// The JSON object as it is.
    Json,
    /// Comma-separated values.
    Csv,
}

impl From<SearchOutput> for Form {
    fn from(output: SearchOutput) -> Self {
        match output {
            SearchOutput::Text => Self::Text,
            SearchOutput::Json => Self::Json,
            SearchOutput::Csv => Self::Csv,
        }
    }
}

impl From<Output> for Form {
    fn from(output: Output) -> Self {
        match output {
            Output::Text => Self::Text,
            Output::Json => Self::Json,
        }
    }
}

/// What the writer may do, because of who reads it.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// A terminal reads it: no control character of a log may pass, whatever the form.
    pub terminal: bool,
    /// Colours are welcome.
    pub colour: bool,
}

/// Prints records one after another, or a table.
pub struct Printer<W: Write> {
    out: W,
    form: Form,
    manner: Manner,
    line: Vec<u8>,
    begun: bool,
}

/// What a line is in a search that shows the lines around its hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A line as it is: nothing else is shown.
    Alone,
    /// A hit among other lines.
    Hit,
    /// A line around a hit.
    Around,
}

/// A printer on standard output.
pub fn stdout_printer(form: Form) -> Printer<BufWriter<io::Stdout>> {
    let terminal = io::stdout().is_terminal();
    let manner = Manner { terminal, colour: terminal && !no_color() };
    Printer::new(BufWriter::new(io::stdout()), form, manner)
}

impl<W: Write> Printer<W> {
    /// A printer that has printed nothing yet.
    pub fn new(out: W, form: Form, manner: Manner) -> Self {
        Self { out, form, manner, line: Vec::new(), begun: false }
    }

    /// Prints one record, given as a JSON object without line feed.
    pub fn record(&mut self, json: &[u8], place: Place) -> io::Result<()> {
        self.begin_records()?;
        self.line.clear();
        match self.form {
            Form::Json => {
                let marked = marked(json, place);
                match self.manner.terminal {
                    true => terminal::json_for_terminal(&marked, &mut self.line),
                    false => self.line.extend_from_slice(&marked),
                }
            }
            Form::Text => {
                self.line.extend_from_slice(match place {
                    Place::Alone => b"",
                    Place::Hit => b"> ",
                    Place::Around => b"  ",
                });
                text::write(&RecordLine::parse(json)?, self.manner.colour, &mut self.line);
            }
            Form::Csv => csv::write(&RecordLine::parse(json)?, self.manner.terminal, &mut self.line),
        }
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }

    /// Prints what stands above all records: of CSV the header, so that no result is a table too.
    pub fn begin_records(&mut self) -> io::Result<()> {
        if self.form == Form::Csv && !self.begun {
            self.out.write_all(csv::HEADER)?;
        }
        self.begun = true;
        Ok(())
    }

    /// Prints a whole table.
    pub fn table(&mut self, table: &Table) -> io::Result<()> {
        table.write(self.form, self.manner, &mut self.out)
    }

    /// Prints what stands between lines that do not follow each other.
    pub fn apart(&mut self) -> io::Result<()> {
        if self.form == Form::Text { self.out.write_all(b"--\n") } else { Ok(()) }
    }

    /// Prints a mark between records: `count` of the seqs `from..to`, or all of them, are not delivered.
    pub fn missing(&mut self, from: u64, to: u64, count: Option<u64>, reason: &str) -> io::Result<()> {
        let all = to.saturating_sub(from);
        let count = count.unwrap_or(all);
        match self.form {
            Form::Json => {
                let mark = serde_json::json!({ "event": "gap", "from": from, "to": to, "count": count, "reason": reason });
                writeln!(self.out, "{mark}")
            }
            Form::Text | Form::Csv => {
                let reason = logboom_model::sanitize_for_terminal(reason.as_bytes());
                let of = if count < all { "within " } else { "" };
                writeln!(
                    self.out,
                    "--- {count} records are missing here ({reason}): {of}seq {from} to {} ---",
                    to.saturating_sub(1)
                )
            }
        }
    }

    /// Hands everything over to whoever reads.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A line around a hit says so; a hit is the record and nothing else.
fn marked(json: &[u8], place: Place) -> Cow<'_, [u8]> {
    match json.strip_suffix(b"}") {
        Some(fields) if place == Place::Around => {
            let comma: &[u8] = if fields == b"{" { b"" } else { b"," };
            Cow::Owned([fields, comma, b"\"context\":true}"].concat())
        }
        _ => Cow::Borrowed(json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(form: Form, places: &[Place]) -> String {
        let mut printer = Printer::new(Vec::new(), form, Manner { terminal: false, colour: false });
        for &place in places {
            printer.record(br#"{"time":"t","severity":"info","body":"b","stream":"stdout"}"#, place).unwrap();
        }
        String::from_utf8(printer.out).unwrap()
    }

    #[test]
    fn lines_around_a_hit_are_told_from_it() {
        let places = [Place::Around, Place::Hit];
        assert_eq!(printed(Form::Text, &places), "  t - out info  b\n> t - out info  b\n");
        assert_eq!(printed(Form::Text, &[Place::Alone]), "t - out info  b\n");
        let json = printed(Form::Json, &places);
        let lines: Vec<serde_json::Value> =
            json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&lines[0]["context"], &lines[1]["context"]), (&true.into(), &serde_json::Value::Null));
        assert_eq!(marked(b"{}", Place::Around).as_ref(), b"{\"context\":true}");
    }

    #[test]
    fn missing_records_are_counted() {
        let mut printer = Printer::new(Vec::new(), Form::Text, Manner { terminal: true, colour: false });
        printer.missing(3, 8, None, "lagged\u{1b}").unwrap();
        printer.missing(3, 8, Some(2), "evicted").unwrap();
        assert_eq!(
            String::from_utf8(printer.out).unwrap(),
            "--- 5 records are missing here (lagged\\x1b): seq 3 to 7 ---\n\
             --- 2 records are missing here (evicted): within seq 3 to 7 ---\n"
        );
    }

    #[test]
    fn csv_has_its_header_once() {
        assert_eq!(printed(Form::Csv, &[Place::Alone; 2]).matches("time,seq").count(), 1);
        assert_eq!(printed(Form::Json, &[]), "");
    }
}
