//! The fast reader: exactly what Docker writes, in Docker's order, and nothing else.

use std::borrow::Cow;

use logboom_model::Stream;
use serde_json::value::RawValue;

use super::unescape::unescape;
use super::{Decoded, LineReader, is_attributes};

/// Appends the text of a record to `out`. `None` when the line is in any way different; `out` may then have grown.
pub(super) fn read<'a>(
    line: &'a [u8],
    reader: &mut LineReader<'a>,
    out: &mut Vec<u8>,
) -> Option<Decoded<'a>> {
    let rest = unescape(line.strip_prefix(b"{\"log\":\"")?, out)?;
    let (head, rest) = rest.split_first_chunk::<18>()?;
    let stream = match head {
        b",\"stream\":\"stdout\"" => Stream::Stdout,
        b",\"stream\":\"stderr\"" => Stream::Stderr,
        _ => return None,
    };
    let (attributes, rest) = match rest.strip_prefix(b",\"attrs\":") {
        Some(rest) => attributes(rest, reader)?,
        None => (&[][..], rest),
    };
    let time = rest.strip_prefix(b",\"time\":\"")?.strip_suffix(b"\"}")?;
    let time = reader.clock.parse(time)?;
    Some(Decoded { stream, time, attributes: Cow::Borrowed(attributes) })
}

/// The object `text` starts with, and what follows it.
fn attributes<'a>(text: &'a [u8], reader: &mut LineReader<'a>) -> Option<(&'a [u8], &'a [u8])> {
    let known = reader.attributes;
    if !known.is_empty() && text.starts_with(known) {
        return Some(text.split_at(known.len()));
    }
    let raw = serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>().next()?.ok()?.get();
    if raw == "{}" || !is_attributes(raw) {
        return None;
    }
    let (raw, rest) = text.split_at(raw.len());
    reader.attributes = raw;
    Some((raw, rest))
}
