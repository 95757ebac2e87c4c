//! A record as `--output json`, `/api/v1/search` and `/api/v1/tail` print it: one JSON object, one line, no spaces.

use base64::Engine as _;

use crate::{Flags, Record, StoreId, attributes, write_rfc3339};

/// Appends one record as a JSON object (no line feed). `body` when the bytes are UTF-8, else `body_base64`.
pub fn record_to_json(record: &Record<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"time\":\"");
    write_rfc3339(record.time, out);
    out.extend_from_slice(b"\",\"seq\":");
    out.extend_from_slice(record.seq.to_string().as_bytes());
    out.extend_from_slice(b",\"severity\":\"");
    out.extend_from_slice(record.severity.text().as_bytes());
    out.extend_from_slice(b"\",\"severity_number\":");
    out.extend_from_slice(record.severity.number().to_string().as_bytes());
    match simdutf8::basic::from_utf8(record.body) {
        Ok(body) => {
            out.extend_from_slice(b",\"body\":");
            write_json_string(body, out);
        }
        Err(_) => {
            out.extend_from_slice(b",\"body_base64\":\"");
            out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(record.body).as_bytes());
            out.push(b'"');
        }
    }
    out.extend_from_slice(b",\"stream\":\"");
    out.extend_from_slice(record.stream.name().as_bytes());
    out.extend_from_slice(b"\",\"container_id\":");
    write_json_string(record.resource.container_id(), out);
    out.extend_from_slice(b",\"container_name\":");
    write_json_string(record.resource.container_name(), out);
    if let Some(kind) = kind(record.flags) {
        out.extend_from_slice(b",\"kind\":\"");
        out.extend_from_slice(kind.as_bytes());
        out.push(b'"');
    }
    if record.flags.intersects(Flags::PARTIAL | Flags::SPLIT) {
        out.extend_from_slice(b",\"partial\":true");
    }
    if record.flags.contains(Flags::BACKLOG) {
        out.extend_from_slice(b",\"backlog\":true");
    }
    out.extend_from_slice(b",\"observed_time\":\"");
    write_rfc3339(record.observed, out);
    out.extend_from_slice(b"\",\"attributes\":");
    write_attributes(record, out);
    out.extend_from_slice(b",\"resource\":{");
    for (index, (name, value)) in record.resource.attributes().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_json_string(name, out);
        out.push(b':');
        write_json_string(value, out);
    }
    out.extend_from_slice(b"}}");
}

/// Attributes of the source and of the body as one object with dotted names. A name that the body has twice is there
/// twice.
fn write_attributes(record: &Record<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'{');
    attributes::visit(record.flags, record.body, record.attributes, &mut |name, value| {
        if out.len() > start + 1 {
            out.push(b',');
        }
        attributes::write_string(name, false, out);
        out.push(b':');
        value.write_json(out);
    });
    out.push(b'}');
    // White space inside of arrays must not end the line.
    out[start..].iter_mut().filter(|byte| byte.is_ascii_control()).for_each(|byte| *byte = b' ');
}

fn kind(flags: Flags) -> Option<&'static str> {
    if flags.contains(Flags::GAP) {
        Some("gap")
    } else if flags.contains(Flags::LIFECYCLE) {
        Some("lifecycle")
    } else {
        None
    }
}

/// Appends a JSON string with its quotes.
pub fn write_json_string(text: &str, out: &mut Vec<u8>) {
    attributes::write_text(text.as_bytes(), out);
}

/// The SSE id of a record: (store_id, seq).
pub fn event_id(store_id: StoreId, seq: u64) -> String {
    crate::Cursor { store_id, seq }.to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Batch, Resource, Row, Severity, Stream};

    #[test]
    fn any_body_gives_json_that_others_read() {
        let resource = Resource::builder().with("container.name", "we\"b").build();
        let mut batch = Batch::new(Arc::new(resource));
        let row = Row {
            time: 1_500_000_000,
            observed: 0,
            severity: Severity::ERROR,
            stream: Stream::Stderr,
            flags: Flags::empty(),
        };
        batch.push(row, "a\"\\\n\u{0}\u{2028}é".as_bytes());
        batch.push_with_attributes(row, b"\xff", b"{\"a\":[1]}");
        let values: Vec<serde_json::Value> = batch
            .records()
            .map(|record| {
                let mut out = Vec::new();
                record_to_json(&record, &mut out);
                serde_json::from_slice(&out).unwrap()
            })
            .collect();
        assert_eq!(values[0]["body"], "a\"\\\n\u{0}\u{2028}é");
        assert_eq!(values[0]["container_name"], "we\"b");
        assert_eq!(values[0]["time"], "1970-01-01T00:00:01.500000000Z");
        assert_eq!(values[0]["severity"], "error");
        assert_eq!(values[1]["body_base64"], "/w==");
        assert_eq!(values[1]["attributes"]["a"][0], 1);
    }

    #[test]
    fn attributes_of_source_and_body_are_one_flat_object() {
        let mut batch = Batch::new(Arc::new(Resource::builder().build()));
        let row =
            |flags| Row { time: 0, observed: 0, severity: Severity::UNSET, stream: Stream::Stdout, flags };
        let body = b"{\"a\":{\"b\":[1,\n2],\"c\":1e400},\"d\":\"body\",\"\\u0001\":-0}";
        batch.push_with_attributes(row(Flags::JSON), body, b"{\"d\":\"source\"}");
        batch.push(row(Flags::LOGFMT), b"status=500 msg=\"a\\tb\"");
        batch.push(row(Flags::empty()), b"{\"a\":1}");
        let shown: Vec<_> = batch
            .records()
            .map(|record| {
                let mut out = Vec::new();
                record_to_json(&record, &mut out);
                let text = String::from_utf8(out).unwrap();
                let (start, end) =
                    (text.find("\"attributes\":").unwrap(), text.find(",\"resource\"").unwrap());
                text[start + 13..end].to_owned()
            })
            .collect();
        let expected = [
            r#"{"d":"source","a.b":[1, 2],"a.c":1e400,"\u0001":-0}"#,
            r#"{"status":500,"msg":"a\tb"}"#,
            "{}",
        ];
        assert_eq!(shown, expected);
    }
}
