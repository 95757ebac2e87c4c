//! What a level key may be called, and what its value may be.

use logboom_model::Severity;

/// Whether this is the name of a key that holds the level, in any case.
pub(super) fn is_key(name: &[u8]) -> bool {
    match name.len() {
        2 => name == b"@l",
        3 => name.eq_ignore_ascii_case(b"lvl"),
        5 => name.eq_ignore_ascii_case(b"level"),
        6 => name.eq_ignore_ascii_case(b"@level"),
        8 => name.eq_ignore_ascii_case(b"severity") || name.eq_ignore_ascii_case(b"loglevel"),
        9 => [&b"log.level"[..], b"levelname", b"log_level"].iter().any(|key| name.eq_ignore_ascii_case(key)),
        13 => name.eq_ignore_ascii_case(b"severity_text"),
        _ => false,
    }
}

/// The value of a level key: a word, its first letter, or a number of pino and bunyan.
pub(super) fn from_value(value: &[u8]) -> Option<Severity> {
    match value {
        [letter] => from_letter(letter.to_ascii_uppercase()),
        [b'1'..=b'6', b'0'] => from_tens(value[0]),
        _ => Severity::from_word(value.trim_ascii()),
    }
}

/// `I` as glog, klog and Ruby write it.
pub(super) fn from_letter(letter: u8) -> Option<Severity> {
    Some(match letter {
        b'T' => Severity::TRACE,
        b'D' => Severity::DEBUG,
        b'I' => Severity::INFO,
        b'W' => Severity::WARN,
        b'E' => Severity::ERROR,
        b'F' => Severity::FATAL,
        _ => return None,
    })
}

/// pino and bunyan: 10 trace, 20 debug, … 60 fatal.
fn from_tens(digit: u8) -> Option<Severity> {
    from_letter(*b"TDIWEF".get(usize::from(digit.checked_sub(b'1')?))?)
}

/// A syslog severity, 0 emergency to 7 debug, as OpenTelemetry maps it.
pub(super) fn from_syslog(number: u8) -> Severity {
    match number & 7 {
        0 => Severity::FATAL,
        1 => Severity::ALERT,
        2 => Severity::CRITICAL,
        3 => Severity::ERROR,
        4 => Severity::WARN,
        5 => Severity::NOTICE,
        6 => Severity::INFO,
        _ => Severity::DEBUG,
    }
}
