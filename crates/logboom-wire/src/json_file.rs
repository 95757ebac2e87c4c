//! Docker's `json-file` on disk: one JSON object and a line feed per record, both ways.
//!
//! ```text
//! {"log":"<text>\n","stream":"stdout|stderr","attrs":{"k":"v",…},"time":"<RFC 3339, 0 to 9 digits>"}␊
//! ```
//!
//! Docker writes the keys in this order without spaces, `attrs` only when there are any (moby,
//! `daemon/logger/jsonfilelog`). `log` ends in a line feed unless the record is a fragment: more follows, or the
//! container ended without one; the file does not tell the two apart. A file that was truncated under a running
//! daemon starts with NULs.
//!
//! Two readers give one answer. [`strict`] knows exactly Docker's form and is fast; whatever it does not
//! understand goes to [`tolerant`], which is serde_json. Where JSON leaves a choice:
//!
//! * `log` is carried byte for byte: raw bytes that are not UTF-8 and raw control characters stay as they are;
//! * half of a surrogate pair becomes U+FFFD, as Go reads it;
//! * of a key that occurs twice the last one counts, unknown keys are ignored, `null` is as good as absent;
//! * a record without `log` is an empty fragment, if there is nothing but `stream`, `attrs` and `time` in it;
//! * anything else is no record: the row is the raw line, marked [`Flags::UNDECODED`]. Blank lines are no rows.

mod clock;
mod encode;
mod strict;
mod tolerant;
mod unescape;

use std::borrow::Cow;

use logboom_model::{Flags, Row, Rows, Severity, Stream, limits};
use memchr::memchr;

use clock::Clock;
pub use encode::{encode, encode_record};

/// Longest line that [`decode`] must be given in one piece, in bytes. Docker cuts text at 16 KiB, which escapes to
/// at most 96 KiB, and adds `attrs`; nothing it writes comes near. A reader whose buffer of at least this size
/// holds no line feed calls [`decode_unterminated`] and goes on.
pub const LINE_BYTES_MAX: usize = 2 << 20;

/// What [`decode`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes taken from the input: complete lines and NULs before a line.
    pub consumed: usize,
    /// Rows appended.
    pub rows: usize,
    /// Rows among them that are raw lines, marked [`Flags::UNDECODED`].
    pub undecoded: usize,
    /// NULs skipped before lines: what `truncate` leaves in a file whose writer keeps its offset.
    pub nul_bytes: usize,
}

/// One record as the readers see it; its text has been appended to the batch's body buffer.
struct Decoded<'a> {
    stream: Stream,
    time: i64,
    attributes: Cow<'a, [u8]>,
}

/// Decodes complete lines and appends a row for each, until the batch is full ([`logboom_model::Batch::has_room`])
/// or the input has no further line feed.
///
/// A row's body is `log` without its final line feed; without one it is marked [`Flags::PARTIAL`]. `attrs` becomes
/// the row's attributes as it is. `base` is the ordinal of `input[0]`; [`Rows::starts`] gets the ordinal of each
/// row's line. `keep(stream, start, time)` drops the row when it says so, for streams whose position lies further
/// on. Times of rows that are no records are `observed`.
///
/// An empty batch always has room: when nothing was consumed and the batch is empty, the input has no line feed.
pub fn decode(
    input: &[u8],
    base: u64,
    observed: i64,
    rows: &mut Rows,
    mut keep: impl FnMut(Stream, u64, i64) -> bool,
) -> Progress {
    let mut progress = Progress::default();
    let mut reader = LineReader::default();
    loop {
        skip_nuls(input, &mut progress);
        let rest = &input[progress.consumed..];
        let Some(end) = memchr(b'\n', rest) else { break };
        let line = &rest[..end];
        // No reading of a line is longer than the line.
        if !rows.batch.has_room(line.len()) {
            break;
        }
        let start = base + progress.consumed as u64;
        progress.consumed += end + 1;
        reader.line(line, start, observed, rows, &mut progress, &mut keep);
    }
    progress
}

/// Takes all of the input as the raw text of a line whose end is not there, for a line over [`LINE_BYTES_MAX`] and
/// for the torn last line of a file that will never grow again: one row, marked [`Flags::UNDECODED`] and
/// [`Flags::PARTIAL`], without a stream.
///
/// The rest of an over-long line needs no care: [`decode`] finds no record in it, and its raw text, on the same
/// stream, ends the fragment.
pub fn decode_unterminated(input: &[u8], base: u64, observed: i64, rows: &mut Rows) -> Progress {
    let mut progress = Progress::default();
    skip_nuls(input, &mut progress);
    let text = &input[progress.consumed..];
    if !text.is_empty() && rows.batch.has_room(text.len()) {
        push_raw(text, base + progress.consumed as u64, observed, Flags::PARTIAL, rows, &mut progress);
        progress.consumed = input.len();
    }
    progress
}

/// The whole first line (after NULs, without its line feed), `time` included: what identifies a file. `None` until
/// the line is complete.
pub fn first_record(input: &[u8]) -> Option<&[u8]> {
    let start = input.iter().position(|&byte| byte != 0)?;
    let line = &input[start..];
    Some(&line[..memchr(b'\n', line)?])
}

fn skip_nuls(input: &[u8], progress: &mut Progress) {
    const BLOCK: [u8; 64] = [0; 64];
    let rest = &input[progress.consumed..];
    if rest.first() != Some(&0) {
        return;
    }
    let blocks = rest.chunks_exact(BLOCK.len()).take_while(|&block| *block == BLOCK).count() * BLOCK.len();
    let nuls = blocks + rest[blocks..].iter().take_while(|&&byte| byte == 0).count();
    progress.consumed += nuls;
    progress.nul_bytes += nuls;
}

fn push_raw(text: &[u8], start: u64, observed: i64, flags: Flags, rows: &mut Rows, progress: &mut Progress) {
    let flags = flags | Flags::UNDECODED;
    let row = Row { time: observed, observed, severity: Severity::UNSET, stream: Stream::None, flags };
    rows.batch.push(row, text);
    rows.starts.push(start);
    progress.rows += 1;
    progress.undecoded += 1;
}

/// What one call of [`decode`] remembers from line to line.
#[derive(Default)]
struct LineReader<'a> {
    clock: Clock,
    /// The last `attrs` that were checked: they are the same on every line of a container.
    attributes: &'a [u8],
}

impl<'a> LineReader<'a> {
    fn line(
        &mut self,
        line: &'a [u8],
        start: u64,
        observed: i64,
        rows: &mut Rows,
        progress: &mut Progress,
        keep: &mut impl FnMut(Stream, u64, i64) -> bool,
    ) {
        let batch = &mut rows.batch;
        let open = batch.body_buffer().len();
        let decoded = strict::read(line, self, batch.body_buffer()).or_else(|| {
            batch.body_buffer().truncate(open);
            tolerant::read(line, batch.body_buffer())
        });
        let Some(decoded) = decoded else {
            batch.discard_open_row();
            if !line.iter().all(u8::is_ascii_whitespace) && keep(Stream::None, start, observed) {
                push_raw(line, start, observed, Flags::empty(), rows, progress);
            }
            return;
        };
        if !keep(decoded.stream, start, decoded.time) {
            batch.discard_open_row();
            return;
        }
        let body = batch.body_buffer();
        let complete = body.len() > open && body.last() == Some(&b'\n');
        if complete {
            body.pop();
        }
        let row = Row {
            time: decoded.time,
            observed,
            severity: Severity::UNSET,
            stream: decoded.stream,
            flags: if complete { Flags::empty() } else { Flags::PARTIAL },
        };
        batch.end_row_with_attributes(row, &decoded.attributes);
        rows.starts.push(start);
        progress.rows += 1;
    }
}

/// Whether this JSON text is what a row's attributes may be: an object, within limits, not nested without end.
fn is_attributes(text: &str) -> bool {
    text.len() <= limits::ATTRIBUTES_BYTES_MAX
        && serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
}
