//! Results on standard output: text for people, JSON for programs, CSV for spreadsheets.
//!
//! Every record arrives here as the JSON object the HTTP API prints, so that a search of the daemon and one of the
//! data directory print the same bytes.

mod csv;
mod record;
mod status;
mod terminal;
mod text;

use std::io::{self, BufWriter, IsTerminal as _, Write};

pub use record::RecordLine;
pub use status::status_text;

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

/// Prints records one after another.
pub struct Printer<W: Write> {
    out: W,
    form: Form,
    manner: Manner,
    line: Vec<u8>,
}

/// A printer on standard output.
pub fn stdout_printer(form: Form) -> io::Result<Printer<BufWriter<io::Stdout>>> {
    let terminal = io::stdout().is_terminal();
    let manner = Manner { terminal, colour: terminal && !no_color() };
    Printer::new(BufWriter::new(io::stdout()), form, manner)
}

impl<W: Write> Printer<W> {
    /// A printer; CSV begins with its header, so that no result is a table too.
    pub fn new(mut out: W, form: Form, manner: Manner) -> io::Result<Self> {
        if form == Form::Csv {
            out.write_all(csv::HEADER)?;
        }
        Ok(Self { out, form, manner, line: Vec::new() })
    }

    /// Prints one record, given as a JSON object without line feed.
    pub fn record(&mut self, json: &[u8]) -> io::Result<()> {
        self.line.clear();
        match self.form {
            Form::Json if self.manner.terminal => terminal::json_for_terminal(json, &mut self.line),
            Form::Json => self.line.extend_from_slice(json),
            Form::Text => text::write(&RecordLine::parse(json)?, self.manner.colour, &mut self.line),
            Form::Csv => csv::write(&RecordLine::parse(json)?, self.manner.terminal, &mut self.line),
        }
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }

    /// Prints a mark between records: seqs `from..to` were not delivered.
    pub fn missing(&mut self, from: u64, to: u64, reason: &str) -> io::Result<()> {
        let count = to.saturating_sub(from);
        match self.form {
            Form::Json => {
                let mark = serde_json::json!({ "event": "gap", "from": from, "to": to, "reason": reason });
                writeln!(self.out, "{mark}")
            }
            Form::Text | Form::Csv => {
                let reason = logboom_model::sanitize_for_terminal(reason.as_bytes());
                writeln!(
                    self.out,
                    "--- {count} records are missing here ({reason}): seq {from} to {} ---",
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
