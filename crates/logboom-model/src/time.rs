//! RFC 3339 and nanoseconds since the Unix epoch, both ways, without allocation: every line of a json-file has one.

/// The text was not an RFC 3339 time that fits into 64-bit nanoseconds (1677 to 2262).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time such as 2026-11-22T09:13:00.5Z")]
pub struct TimeParseError;

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Parses `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`; more than nine digits of fraction are cut.
pub fn parse_rfc3339(text: &[u8]) -> Result<i64, TimeParseError> {
    if text.len() < 20 {
        return Err(TimeParseError);
    }
    let (year, month, day) = (digits(&text[0..4])?, digits(&text[5..7])?, digits(&text[8..10])?);
    let (hour, minute, second) = (digits(&text[11..13])?, digits(&text[14..16])?, digits(&text[17..19])?);
    let separators = text[4] == b'-'
        && text[7] == b'-'
        && matches!(text[10], b'T' | b't' | b' ')
        && text[13] == b':'
        && text[16] == b':';
    if !separators || !(1..=12).contains(&month) || day < 1 || day > days_of_month(year, month) {
        return Err(TimeParseError);
    }
    if hour > 23 || minute > 59 || second > 60 {
        return Err(TimeParseError);
    }
    let mut at = 19;
    let mut nanos: i64 = 0;
    if text[at] == b'.' {
        at += 1;
        let start = at;
        let mut scale = NANOS_PER_SECOND / 10;
        while let Some(digit) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
            nanos += i64::from(digit - b'0') * scale;
            scale /= 10;
            at += 1;
        }
        if at == start {
            return Err(TimeParseError);
        }
    }
    let offset_seconds = match text.get(at) {
        Some(b'Z' | b'z') if at + 1 == text.len() => 0,
        Some(sign @ (b'+' | b'-')) if at + 6 == text.len() && text[at + 3] == b':' => {
            let (hours, minutes) = (digits(&text[at + 1..at + 3])?, digits(&text[at + 4..at + 6])?);
            if hours > 23 || minutes > 59 {
                return Err(TimeParseError);
            }
            let seconds = i64::from(hours * 3600 + minutes * 60);
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return Err(TimeParseError),
    };
    let seconds = days_from_civil(i64::from(year), i64::from(month), i64::from(day)) * 86_400
        + i64::from(hour * 3600 + minute * 60 + second)
        - offset_seconds;
    seconds.checked_mul(NANOS_PER_SECOND).and_then(|n| n.checked_add(nanos)).ok_or(TimeParseError)
}

/// Appends `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ`, always nine digits.
pub fn write_rfc3339(time: i64, out: &mut Vec<u8>) {
    let (seconds, nanos) = (time.div_euclid(NANOS_PER_SECOND), time.rem_euclid(NANOS_PER_SECOND));
    let (days, second_of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    let mut text = *b"0000-00-00T00:00:00.000000000Z";
    put(&mut text[0..4], year);
    put(&mut text[5..7], month);
    put(&mut text[8..10], day);
    put(&mut text[11..13], second_of_day / 3600);
    put(&mut text[14..16], second_of_day / 60 % 60);
    put(&mut text[17..19], second_of_day % 60);
    put(&mut text[20..29], nanos);
    out.extend_from_slice(&text);
}

/// See [`write_rfc3339`].
pub fn format_rfc3339(time: i64) -> String {
    let mut out = Vec::with_capacity(30);
    write_rfc3339(time, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

fn put(slot: &mut [u8], mut value: i64) {
    for byte in slot.iter_mut().rev() {
        *byte = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn digits(text: &[u8]) -> Result<u32, TimeParseError> {
    text.iter().try_fold(0, |value, &byte| {
        if byte.is_ascii_digit() { Ok(value * 10 + u32::from(byte - b'0')) } else { Err(TimeParseError) }
    })
}

fn days_of_month(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date (H. Hinnant, "chrono-compatible low-level date algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn docker_and_cri_forms() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Ok(0)),
            ("2026-11-22T09:13:00.095635458Z", Ok(1_795_338_780_095_635_458)),
            ("2026-11-22T09:21:36.25726052Z", Ok(1_795_339_296_257_260_520)),
            ("2026-11-22T11:13:00.5+02:00", Ok(1_795_338_780_500_000_000)),
            ("1969-12-31T23:59:59.999999999Z", Ok(-1)),
            ("0001-01-01T00:00:00Z", Err(TimeParseError)),
            ("2026-02-29T00:00:00Z", Err(TimeParseError)),
            ("2026-11-22T09:13:00.Z", Err(TimeParseError)),
            ("2026-11-22T09:13:00", Err(TimeParseError)),
            ("2026-11-22T09:13:00Zx", Err(TimeParseError)),
            ("", Err(TimeParseError)),
        ] {
            assert_eq!(parse_rfc3339(text.as_bytes()), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_jiff(time in any::<i64>()) {
            let text = format_rfc3339(time);
            let timestamp = jiff::Timestamp::from_nanosecond(i128::from(time)).unwrap();
            prop_assert_eq!(text.parse::<jiff::Timestamp>().unwrap(), timestamp);
            prop_assert_eq!(parse_rfc3339(text.as_bytes()), Ok(time));
        }

        #[test]
        fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse_rfc3339(&text);
        }
    }
}
