//! The words in front of messages: levels, dates, and words that look like levels but are not.

use logboom_model::Severity;

/// Level words, and what only stands for a level in front of a message.
pub(super) fn word_level(word: &[u8]) -> Option<Severity> {
    let letters = match word {
        // PostgreSQL too: `DEBUG1` to `DEBUG5`
        [letters @ .., b'1'..=b'5'] if letters == b"DEBUG" => letters,
        _ => word,
    };
    match letters {
        // PostgreSQL
        b"LOG" => Some(Severity::INFO),
        b"fail" => Some(Severity::ERROR),
        _ => Severity::from_word(letters),
    }
}

/// Level words that say much else in small letters.
pub(super) fn is_everyday_word(word: &[u8]) -> bool {
    let mut lower = [0; 13];
    let Some(lower) = lower.get_mut(..word.len()) else { return false };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    matches!(
        &*lower,
        b"config"
            | b"fine"
            | b"finer"
            | b"finest"
            | b"verbose"
            | b"alert"
            | b"information"
            | b"informational"
            | b"emergency"
    )
}

/// Level words that start a line by themselves: `ERROR text`.
pub(super) fn is_plain_level(word: &[u8]) -> bool {
    matches!(
        word,
        b"TRACE"
            | b"DEBUG"
            | b"INFO"
            | b"WARN"
            | b"WARNING"
            | b"ERROR"
            | b"FATAL"
            | b"CRITICAL"
            | b"SEVERE"
            | b"DBG"
            | b"INF"
            | b"WRN"
            | b"ERR"
            | b"FTL"
            | b"TRC"
    )
}

/// `error: null` and `debug: true` print a setting.
pub(super) fn is_setting(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    matches!(
        value,
        b"" | b"0"
            | b"1"
            | b"true"
            | b"false"
            | b"null"
            | b"none"
            | b"None"
            | b"~"
            | b"\"\""
            | b"{}"
            | b"[]"
            | b"on"
            | b"off"
            | b"yes"
            | b"no"
    )
}

/// Words of dates and times.
pub(super) fn is_calendar_word(word: &[u8]) -> bool {
    matches!(
        word,
        b"Jan"
            | b"Feb"
            | b"Mar"
            | b"Apr"
            | b"May"
            | b"Jun"
            | b"Jul"
            | b"Aug"
            | b"Sep"
            | b"Oct"
            | b"Nov"
            | b"Dec"
            | b"Mon"
            | b"Tue"
            | b"Wed"
            | b"Thu"
            | b"Fri"
            | b"Sat"
            | b"Sun"
            | b"AM"
            | b"PM"
            | b"UTC"
            | b"GMT"
            | b"Z"
            | b"CET"
            | b"CEST"
            | b"EST"
            | b"EDT"
            | b"PST"
            | b"PDT"
    )
}
