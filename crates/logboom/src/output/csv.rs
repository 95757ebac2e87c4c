//! Records as RFC 4180 CSV that a spreadsheet can open without running anything a log says.

use super::record::RecordLine;
use super::terminal::visible;

/// First line of every table.
pub const HEADER: &[u8] = b"time,seq,severity,stream,container_name,container_id,service_name,body\n";

/// Appends one record without line feed. For a terminal control characters are spelled out.
pub fn write(record: &RecordLine<'_>, terminal: bool, out: &mut Vec<u8>) {
    let body = record.body();
    let body = String::from_utf8_lossy(&body);
    let body = if terminal { visible(&body) } else { body };
    cell(&record.time, out);
    out.push(b',');
    out.extend_from_slice(record.seq.to_string().as_bytes());
    let cells = [
        &record.severity,
        &record.stream,
        record.container_name.as_ref(),
        &record.container_id,
        record.service_name(),
        &body,
    ];
    for value in cells {
        out.push(b',');
        text(value, terminal, out);
    }
}

/// What stands before the cell with this index.
pub fn separator(index: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
}

/// Appends a cell of text; for a terminal control characters are spelled out.
pub fn text(text: &str, terminal: bool, out: &mut Vec<u8>) {
    if terminal { cell(&visible(text), out) } else { cell(text, out) }
}

/// A cell that a spreadsheet would read as a formula begins with an apostrophe, as OWASP recommends.
fn cell(text: &str, out: &mut Vec<u8>) {
    let formula = text
        .trim_start_matches([' ', '\u{feff}'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let quoted =
        formula || text.contains([',', '"', '\n', '\r']) || text.starts_with(' ') || text.ends_with(' ');
    if !quoted {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    if formula {
        out.push(b'\'');
    }
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_defused() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            (" lead", "\" lead\""),
            ("=1+1", "\"'=1+1\""),
            ("  =cmd|' /C calc'!A0", "\"'  =cmd|' /C calc'!A0\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("-5", "\"'-5\""),
            ("\t=1", "\"'\t=1\""),
            ("＝1", "\"'＝1\""),
            ("a=1", "a=1"),
        ] {
            let mut out = Vec::new();
            cell(text, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_row_has_as_many_cells_as_the_header() {
        let mut out = Vec::new();
        let json = br#"{"time":"t","seq":7,"severity":"info","body":"\u001b[1m,x","stream":"stdout","container_id":"c","container_name":"n","resource":{"service.name":"s"}}"#;
        write(&RecordLine::parse(json).unwrap(), true, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "t,7,info,stdout,n,c,s,\"\\x1b[1m,x\"");
        assert_eq!(HEADER.split(|&byte| byte == b',').count(), 8);
    }
}
