//! Times as people type them: `1h`, `2d`, `now`, a date, RFC 3339.

use logboom_model::parse_rfc3339;

const NANOS_PER_SECOND: i64 = 1_000_000_000;
pub(crate) const NANOS_PER_DAY: i64 = 86_400 * NANOS_PER_SECOND;

/// The text was no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a time: write an age such as 90s, 15m, 1h, 2d or 1w, a date such as 2026-11-22, a time such as 2026-11-22T09:13:00Z, or now"
)]
pub struct TimeTextError {
    text: String,
}

/// Reads a time relative to `now` (nanoseconds since the Unix epoch): an age (`1h` is an hour ago; units s, m, h, d, w),
/// `now`, a date (its first moment in UTC) or RFC 3339.
pub fn parse_time(text: &str, now: i64) -> Result<i64, TimeTextError> {
    let trimmed = text.trim();
    if trimmed.eq_ignore_ascii_case("now") {
        return Ok(now);
    }
    let time = parse_age(trimmed).map(|age| now.saturating_sub(age));
    time.or_else(|| parse_date(trimmed))
        .or_else(|| parse_rfc3339(trimmed.as_bytes()).ok())
        .ok_or_else(|| TimeTextError { text: text.chars().take(80).collect() })
}

/// `15m` in nanoseconds.
pub(crate) fn parse_age(text: &str) -> Option<i64> {
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let count = &text[..text.len() - 1];
    if count.is_empty() || !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    count.parse::<i64>().ok()?.checked_mul(seconds)?.checked_mul(NANOS_PER_SECOND)
}

/// The first moment of `2026-11-22` in UTC.
pub(crate) fn parse_date(text: &str) -> Option<i64> {
    if text.len() != 10 || !text.is_ascii() {
        return None;
    }
    parse_rfc3339(format!("{text}T00:00:00Z").as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_338_780 * NANOS_PER_SECOND;

    #[test]
    fn the_forms_people_type() {
        let ago = |seconds: i64| Some(NOW - seconds * NANOS_PER_SECOND);
        for (text, expected) in [
            ("now", Some(NOW)),
            ("90s", ago(90)),
            ("15m", ago(900)),
            ("1h", ago(3600)),
            ("2d", ago(172_800)),
            ("1w", ago(604_800)),
            (" 1h ", ago(3600)),
            ("0s", Some(NOW)),
            ("2026-11-22", Some(1_795_305_600 * NANOS_PER_SECOND)),
            ("2026-11-22T09:13:00Z", Some(NOW)),
            ("2026-11-22T11:13:00+02:00", Some(NOW)),
            ("", None),
            ("h", None),
            ("-1h", None),
            ("+1h", None),
            ("1", None),
            ("1y", None),
            ("1 h", None),
            ("99999999999999999999w", None),
            ("9223372036854775807w", None),
            ("2026-02-30", None),
            ("2026-11-22T09:13", None),
            ("ééééé", None),
            ("1é", None),
        ] {
            assert_eq!(parse_time(text, NOW).ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn the_error_names_what_would_fit() {
        let error = parse_time("yesterday", NOW).unwrap_err().to_string();
        assert!(error.starts_with("\"yesterday\" is not a time") && error.contains("1h"), "{error}");
    }
}
