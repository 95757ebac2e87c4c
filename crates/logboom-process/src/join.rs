//! Joins the fragments of long lines, per stream, and splits what is longer than [`limits::LINE_BYTES_MAX`], or
//! would make all lanes together hold too much.
//!
//! A piece of a split line always ends where a fragment of the source ends, or its fragment is emitted whole:
//! [`Join::held_from`] then never points at bytes whose text has left already, and reading on from there after a
//! restart doubles nothing. A batch without fragments and over-long lines moves through untouched.

use std::sync::Arc;

use logboom_model::{Batch, Flags, Resource, Row, Rows, Stream, limits};

use crate::held::{HeldAccount, HeldText};

/// Text held back, at most one line per stream, each at most [`limits::LINE_BYTES_MAX`] bytes.
pub(crate) struct Join {
    resource: Arc<Resource>,
    held: [Option<Held>; STREAMS],
    account: HeldAccount,
}

const STREAMS: usize = Stream::Stderr as usize + 1;

/// The fragments of one line so far; time, marks and attributes are the first one's.
struct Held {
    start: u64,
    row: Row,
    body: HeldText,
    attributes: Vec<u8>,
}

impl Join {
    pub(crate) fn new(resource: Arc<Resource>, account: HeldAccount) -> Self {
        Self { resource, held: [const { None }; STREAMS], account }
    }

    /// The complete lines among these rows and what was held, in source order.
    pub(crate) fn run(&mut self, rows: Rows) -> Batch {
        let Rows { batch, starts } = rows;
        if !Arc::ptr_eq(&self.resource, batch.resource()) {
            self.resource = batch.resource().clone();
        }
        if self.held.iter().all(Option::is_none) && is_untouched(&batch) {
            return batch;
        }
        let held_bytes: usize = self.held.iter().flatten().map(|held| held.body.bytes().len()).sum();
        let columns = batch.columns();
        let mut out =
            Batch::with_capacity(self.resource.clone(), batch.len(), columns.body.len() + held_bytes);
        for index in 0..batch.len() {
            let start = starts.get(index).copied().unwrap_or_default();
            self.take(start, batch.row(index), batch.body(index), batch.attributes(index), &mut out);
        }
        out
    }

    fn take(&mut self, start: u64, row: Row, body: &[u8], attributes: &[u8], out: &mut Batch) {
        let partial = row.flags.contains(Flags::PARTIAL);
        let account = &self.account;
        let fits = |own: usize| {
            own + body.len() <= limits::LINE_BYTES_MAX && (!partial || account.has_room(own, body.len()))
        };
        let slot = &mut self.held[row.stream as usize];
        // Fragments of one line have one time: another time is another line, and what is held never got its end.
        if let Some(held) = slot.take_if(|held| row.stream != Stream::None && held.row.time != row.time) {
            held.emit(Flags::PARTIAL, out);
        }
        if let Some(held) = slot.take_if(|held| !fits(held.body.bytes().len())) {
            held.emit(Flags::SPLIT, out);
        }
        match slot {
            Some(held) => {
                held.body.append(body);
                held.row.flags |= row.flags;
                if !partial && let Some(held) = slot.take() {
                    held.emit(Flags::empty(), out);
                }
            }
            None if partial && fits(0) => {
                *slot = Some(Held { start, row, body: account.hold(body), attributes: attributes.to_vec() });
            }
            None => emit_pieces(row, body, attributes, out),
        }
    }

    pub(crate) fn held_from(&self, stream: Stream) -> Option<u64> {
        self.held[stream as usize].as_ref().map(|held| held.start)
    }

    pub(crate) fn held_since(&self) -> Option<i64> {
        self.held.iter().flatten().map(|held| held.row.observed).min()
    }

    /// Gives up what is held (and was observed before a time), marked [`Flags::PARTIAL`], in source order.
    pub(crate) fn flush(&mut self, observed_before: Option<i64>) -> Option<Batch> {
        let is_due = |held: &mut Held| observed_before.is_none_or(|time| held.row.observed < time);
        let mut due: Vec<Held> = self.held.iter_mut().filter_map(|slot| slot.take_if(is_due)).collect();
        if due.is_empty() {
            return None;
        }
        due.sort_by_key(|held| held.start);
        let mut out = Batch::new(self.resource.clone());
        due.into_iter().for_each(|held| held.emit(Flags::PARTIAL, &mut out));
        Some(out)
    }
}

impl Held {
    fn emit(self, mark: Flags, out: &mut Batch) {
        let flags = (self.row.flags - Flags::PARTIAL) | mark;
        out.push_with_attributes(Row { flags, ..self.row }, self.body.bytes(), &self.attributes);
    }
}

/// A row as it is, in pieces if it is too long. The last piece of a fragment is [`Flags::SPLIT`] too: its line goes
/// on.
fn emit_pieces(row: Row, body: &[u8], attributes: &[u8], out: &mut Batch) {
    let partial = row.flags.contains(Flags::PARTIAL);
    let whole = row.flags - Flags::PARTIAL;
    let mut rest = body;
    while rest.len() > limits::LINE_BYTES_MAX {
        let (piece, after) = rest.split_at(limits::LINE_BYTES_MAX);
        out.push_with_attributes(Row { flags: whole | Flags::SPLIT, ..row }, piece, attributes);
        rest = after;
    }
    let flags = if partial { whole | Flags::SPLIT } else { whole };
    out.push_with_attributes(Row { flags, ..row }, rest, attributes);
}

fn is_untouched(batch: &Batch) -> bool {
    let columns = batch.columns();
    let partial = columns.flags.iter().fold(0, |all, flags| all | flags) & Flags::PARTIAL.bits() != 0;
    let long = columns.body.len() > limits::LINE_BYTES_MAX
        && columns.offsets.windows(2).any(|pair| (pair[1] - pair[0]) as usize > limits::LINE_BYTES_MAX);
    !partial && !long
}
