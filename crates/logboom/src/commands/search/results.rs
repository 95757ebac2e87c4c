//! What a search found, on its way to standard output.

use std::io::{self, BufWriter};

use serde::Deserialize;

use super::Ask;
use super::around::Around;
use crate::cli::Order;
use crate::failure::{Failure, say};
use crate::output::{Form, Place, Printer, Progress, ProgressLine, Table, stdout_printer};

/// How a search ended.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    /// Whether there are older hits than those shown.
    pub more: bool,
    /// Why this is not everything.
    pub incomplete: Option<String>,
}

/// Prints what comes as soon as its order allows.
pub struct Results {
    printer: Printer<BufWriter<io::Stdout>>,
    progress: ProgressLine,
    table: Option<Table>,
    /// Hits to show with the lines around them, in the order in which they came.
    hits: Option<Vec<u64>>,
    streams: bool,
    limit: usize,
}

/// What is needed of a hit to ask for the lines around it.
#[derive(Deserialize)]
struct Hit {
    seq: u64,
}

impl Results {
    /// Nothing yet.
    pub fn new(ask: &Ask, form: Form) -> Self {
        Self {
            printer: stdout_printer(form),
            progress: ProgressLine::start(),
            table: None,
            hits: ask.context.map(|_| Vec::new()),
            streams: ask.order == Order::Newest,
            limit: ask.request.query.record_limit().unwrap_or(ask.request.limit).min(ask.request.limit),
        }
    }

    /// Takes a hit, given as its JSON object.
    pub fn record(&mut self, json: &[u8]) -> Result<(), Failure> {
        match &mut self.hits {
            Some(hits) => hits.push(seq_of(json)?),
            None => {
                self.progress.clear();
                self.printer.record(json, Place::Alone)?;
            }
        }
        Ok(())
    }

    /// Takes a table, or a further piece of it.
    pub fn table(&mut self, piece: Table) {
        self.table.get_or_insert_default().append(piece);
    }

    /// Takes note of how far the search is.
    pub fn progress(&mut self, progress: &Progress) -> Result<(), Failure> {
        if self.streams {
            self.printer.flush()?;
        }
        self.progress.show(progress);
        Ok(())
    }

    /// Hits whose surroundings are to be printed, by [`Results::around`].
    pub fn hits(&mut self) -> Vec<u64> {
        self.hits.take().unwrap_or_default()
    }

    /// Prints the lines around one hit, given as their JSON objects.
    pub fn around(&mut self, around: &mut Around, lines: Vec<Vec<u8>>) -> Result<(), Failure> {
        let lines = lines.into_iter().map(|json| Ok((seq_of(&json)?, json)));
        let (apart, lines) = around.take(lines.collect::<Result<Vec<_>, Failure>>()?);
        self.progress.clear();
        if apart {
            self.printer.apart()?;
        }
        for (json, place) in lines {
            self.printer.record(&json, place)?;
        }
        Ok(())
    }

    /// Prints what is still to be printed, and what is to be known about it.
    pub fn finish(&mut self, done: &Done) -> Result<(), Failure> {
        self.progress.clear();
        match &self.table {
            Some(table) => self.printer.table(table)?,
            None => self.printer.begin_records()?,
        }
        self.printer.flush()?;
        for note in self.table.iter().flat_map(|table| &table.notes) {
            say(note);
        }
        if let Some(why) = &done.incomplete {
            say(&format!("this is not everything: {why}"));
        }
        if done.more && self.table.is_none() {
            say(&format!("older lines match too; only the newest {} are shown (--limit)", self.limit));
        }
        Ok(())
    }
}

fn seq_of(json: &[u8]) -> Result<u64, Failure> {
    let hit: Hit = serde_json::from_slice(json)
        .map_err(|error| Failure::Failed(anyhow::anyhow!("logboom sent what is not a record: {error}")))?;
    Ok(hit.seq)
}
