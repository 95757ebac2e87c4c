//! Marks rows whose body is a JSON object or has `key=value` pairs. The mark makes the body's fields attributes of
//! the record: a view of the body, never a copy.
//!
//! Pieces of a line that is too long are text, and so are fragments whose line never ended: half a value is none.

use logboom_model::attributes::{is_json_object, is_logfmt};
use logboom_model::{Batch, Flags};

/// Rows that say what logboom did, that could not be decoded, or that are no whole line.
const SKIPPED: Flags =
    Flags::GAP.union(Flags::LIFECYCLE).union(Flags::UNDECODED).union(Flags::PARTIAL).union(Flags::SPLIT);

/// Marks the rows of batches.
#[derive(Debug, Default)]
pub(crate) struct ParseStage {
    /// By stream: whether the next row is another piece of a split line.
    continued: [bool; 3],
}

impl ParseStage {
    pub(crate) fn run(&mut self, batch: &mut Batch) {
        for row in 0..batch.len() {
            let flags = batch.flags(row);
            let continued = &mut self.continued[batch.stream(row) as usize];
            let is_piece = std::mem::replace(continued, flags.contains(Flags::SPLIT));
            if is_piece || flags.intersects(SKIPPED) {
                continue;
            }
            let mark = mark_of(batch.body(row));
            if !mark.is_empty() {
                batch.mark(row, mark);
            }
        }
    }
}

/// What the body has: nothing, or one of the two marks.
fn mark_of(body: &[u8]) -> Flags {
    let first = body.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    if first == Some(&b'{') && is_json_object(body) {
        Flags::JSON
    } else if is_logfmt(body) {
        Flags::LOGFMT
    } else {
        Flags::empty()
    }
}
