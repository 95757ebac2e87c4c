//! A record, or a row of a table, as one line of JSON, whatever it contains.

use logboom_model::{Record, record_to_json, write_json_string};
use logboom_query::Value;

/// Appends the record without any line break. Attributes come from the log as they were; between their tokens JSON
/// allows line breaks, which would break NDJSON and SSE. Inside JSON strings there are none, so that a space is the
/// same value.
pub(crate) fn push_record(record: &Record<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    record_to_json(record, out);
    out[start..].iter_mut().filter(|byte| is_line_break(**byte)).for_each(|byte| *byte = b' ');
}

/// Appends a row of a table as one object, in the order of the columns.
pub(crate) fn push_row(columns: &[String], row: &[Value], out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (name, value)) in columns.iter().zip(row).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_json_string(name, out);
        out.push(b':');
        // A value of a table is always JSON.
        let _ = serde_json::to_writer(&mut *out, value);
    }
    out.push(b'}');
}

fn is_line_break(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

#[cfg(test)]
mod tests {
    use logboom_model::{Flags, Resource, Severity, Stream};

    use super::*;

    #[test]
    fn line_breaks_between_tokens_of_attributes_do_not_break_the_line() {
        let resource = Resource::builder().build();
        let record = Record {
            seq: 1,
            time: 0,
            observed: 0,
            severity: Severity::UNSET,
            stream: Stream::Stdout,
            flags: Flags::empty(),
            body: b"a\r\nb",
            attributes: b"{\r\"a\":\n\"\\r\\n\"}",
            resource: &resource,
        };
        let mut line = Vec::new();
        push_record(&record, &mut line);
        assert!(!line.iter().any(|&byte| is_line_break(byte)));
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(value["attributes"]["a"], "\r\n");
        assert_eq!(value["body"], "a\r\nb");
    }
}
