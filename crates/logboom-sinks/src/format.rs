//! A record as one line: JSON for programs, text for people.

use std::str::FromStr;

use logboom_model::{Flags, Record, Stream, record_to_json, sanitize_for_terminal, write_rfc3339};

/// How records look where text is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// One JSON object a line, the same as `logboom search --output json`.
    #[default]
    Json,
    /// Time, container, stream, severity, body; control characters are made visible, further lines indented.
    Text,
}

impl FromStr for Format {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err(()),
        }
    }
}

impl Format {
    /// Appends one record with its line feed.
    pub(crate) fn write(self, record: &Record<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Json => record_to_json(record, out),
            Self::Text => text(record, out),
        }
        out.push(b'\n');
    }
}

fn text(record: &Record<'_>, out: &mut Vec<u8>) {
    write_rfc3339(record.time, out);
    // Nine digits of fraction and the Z become three and the Z.
    out.truncate(out.len() - 7);
    out.extend_from_slice(b"Z ");
    out.extend_from_slice(sanitize_for_terminal(producer(record).as_bytes()).as_bytes());
    let severity = if record.severity.number() == 0 { "-" } else { record.severity.text() };
    out.extend_from_slice(format!(" {} {severity:<5}", mark(record)).as_bytes());
    for (index, line) in record.body.split(|&byte| byte == b'\n').enumerate() {
        out.extend_from_slice(if index == 0 { b" " } else { b"\n    " });
        out.extend_from_slice(sanitize_for_terminal(line.strip_suffix(b"\r").unwrap_or(line)).as_bytes());
    }
}

fn producer<'a>(record: &Record<'a>) -> &'a str {
    let resource = record.resource;
    [resource.container_name(), resource.service_name()]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or("-")
}

/// Three letters for where it came from.
fn mark(record: &Record<'_>) -> &'static str {
    if record.flags.contains(Flags::GAP) {
        return "gap";
    }
    if record.flags.contains(Flags::LIFECYCLE) {
        return "***";
    }
    match record.stream {
        Stream::Stdout => "out",
        Stream::Stderr => "err",
        Stream::None => "---",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use logboom_model::{Batch, Resource, Row, Severity};

    use super::*;

    fn check(container: &str, flags: Flags, body: &[u8], expected: &str) {
        let mut batch = Batch::new(Arc::new(Resource::builder().with("container.name", container).build()));
        let row = Row {
            time: 1_795_338_780_095_635_458,
            observed: 0,
            severity: Severity::WARN,
            stream: Stream::Stderr,
            flags,
        };
        batch.push(row, body);
        let mut out = Vec::new();
        Format::Text.write(&batch.record(0), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn text_is_one_line_for_people() {
        check("web", Flags::empty(), b"no route", "2026-11-22T09:13:00.095Z web err warn  no route\n");
        check("", Flags::GAP, b"gap", "2026-11-22T09:13:00.095Z - gap warn  gap\n");
    }

    #[test]
    fn log_content_neither_moves_the_cursor_nor_passes_for_a_record() {
        check(
            "w\x1b[2J",
            Flags::empty(),
            b"a\r\n2026 \x1b[31m\xff",
            "2026-11-22T09:13:00.095Z w\\x1b[2J err warn  a\n    2026 \\x1b[31m\u{fffd}\n",
        );
    }
}
