//! A record as a line for people: time, container, stream, severity, body. What a log says can neither move the
//! cursor nor pretend to be another record: control characters are spelled out, further lines of a body are indented.

use logboom_model::sanitize_for_terminal;

use super::record::RecordLine;

const RESET: &str = "\x1b[0m";
const DIM: &str = "\x1b[2m";

/// Appends one record without line feed.
pub fn write(record: &RecordLine<'_>, colour: bool, out: &mut Vec<u8>) {
    let severity = if record.severity.is_empty() { "-" } else { &record.severity };
    paint(out, colour, DIM, &milliseconds(&sanitize_for_terminal(record.time.as_bytes())));
    out.push(b' ');
    paint(out, colour, name_colour(record.producer()), &sanitize_for_terminal(record.producer().as_bytes()));
    out.push(b' ');
    let mark = mark(record);
    paint(out, colour, if mark == "err" { "\x1b[33m" } else { DIM }, mark);
    out.push(b' ');
    let padded = format!("{:<5}", sanitize_for_terminal(severity.as_bytes()));
    paint(out, colour, severity_colour(severity), &padded);
    let body = record.body();
    for (index, line) in body.split(|&byte| byte == b'\n').enumerate() {
        out.extend_from_slice(if index == 0 { b" " } else { b"\n    " });
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        out.extend_from_slice(sanitize_for_terminal(line).as_bytes());
    }
}

/// Three letters for where it came from.
fn mark(record: &RecordLine<'_>) -> &'static str {
    match (record.kind.as_deref(), record.stream.as_ref()) {
        (Some("gap"), _) => "gap",
        (Some(_), _) => "***",
        (None, "stdout") => "out",
        (None, "stderr") => "err",
        (None, _) => "---",
    }
}

/// Cuts nanoseconds to milliseconds: `…00.095635458Z` to `…00.095Z`.
fn milliseconds(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, fraction)) if fraction.is_ascii() && fraction.len() > 4 && fraction.ends_with('Z') => {
            format!("{seconds}.{}Z", &fraction[..3])
        }
        _ => time.to_owned(),
    }
}

fn paint(out: &mut Vec<u8>, colour: bool, code: &str, text: &str) {
    if colour && !code.is_empty() {
        out.extend_from_slice(code.as_bytes());
    }
    out.extend_from_slice(text.as_bytes());
    if colour && !code.is_empty() {
        out.extend_from_slice(RESET.as_bytes());
    }
}

fn severity_colour(severity: &str) -> &'static str {
    match severity {
        "fatal" | "error" => "\x1b[31m",
        "warn" => "\x1b[33m",
        "info" => "\x1b[32m",
        _ => DIM,
    }
}

/// Each name keeps its colour.
fn name_colour(name: &str) -> &'static str {
    const COLOURS: [&str; 6] = ["\x1b[36m", "\x1b[35m", "\x1b[34m", "\x1b[96m", "\x1b[95m", "\x1b[94m"];
    let hash = name.bytes().fold(0usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(byte)));
    COLOURS[hash % COLOURS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: &str) {
        let mut out = Vec::new();
        write(&RecordLine::parse(json.as_bytes()).unwrap(), false, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_record_is_one_line_for_people() {
        check(
            r#"{"time":"2026-11-22T09:13:00.095635458Z","seq":1,"severity":"error","severity_number":17,"body":"no \"route\"","stream":"stderr","container_name":"web"}"#,
            "2026-11-22T09:13:00.095Z web err error no \"route\"",
        );
        check(
            r#"{"time":"2026-11-22T09:13:00.095635458Z","severity":"","body":"x","stream":"stdout","container_name":"","resource":{"host.name":"h","service.name":"logboom"}}"#,
            "2026-11-22T09:13:00.095Z logboom out -     x",
        );
        check(r#"{"time":"t","severity":"warn","body":"gap","stream":"","kind":"gap"}"#, "t - gap warn  gap");
    }

    #[test]
    fn nothing_in_a_log_reaches_the_terminal_as_a_command() {
        check(
            r#"{"time":"t","severity":"\u001b[2J","body":"\u001b]0;evil\u0007\u009b31m","stream":"stdout","container_name":"\u001bc\n"}"#,
            "t \\x1bc\\x0a out \\x1b[2J \\x1b]0;evil\\x07\\u{9b}31m",
        );
        check(
            r#"{"time":"t","severity":"info","body_base64":"/xsK","stream":"stdout","container_name":"w"}"#,
            "t w out info  \u{fffd}\\x1b\n    ",
        );
    }

    #[test]
    fn further_lines_of_a_body_cannot_pass_for_records() {
        check(
            r#"{"time":"t","severity":"info","body":"a\r\n2026-11-22T09:13:00.095Z web err fatal b","stream":"stdout","container_name":"w"}"#,
            "t w out info  a\n    2026-11-22T09:13:00.095Z web err fatal b",
        );
    }
}
