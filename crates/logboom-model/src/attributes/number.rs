//! Numbers that lose nothing as a 64-bit integer or as floating point.

use super::AttributeValue;

/// Decimal digits that every 64-bit floating point number keeps.
const FLOAT_DIGITS_MAX: usize = 15;

/// Longest text of such a number that is looked at: a sign, digits with zeros around them, an exponent.
const FLOAT_BYTES_MAX: usize = 64;

/// Digits that always fit into an `i64`.
const SHORT_DIGITS_MAX: usize = 18;

/// What a JSON number means. Negative zero is none of the two: no column would give its sign back.
pub(super) fn meaning(raw: &[u8]) -> AttributeValue<'_> {
    if let Some(integer) = integer(raw) {
        return AttributeValue::Integer(integer);
    }
    float(raw).map_or(AttributeValue::Json(raw), AttributeValue::Float)
}

/// An integer that prints as it is written.
pub(super) fn integer(raw: &[u8]) -> Option<i64> {
    let digits = raw.strip_prefix(b"-").unwrap_or(raw);
    let negative = digits.len() < raw.len();
    let first = *digits.first()?;
    if first == b'0' && raw.len() > 1 {
        return None;
    }
    if digits.len() > SHORT_DIGITS_MAX {
        return exact_integer(raw, digits);
    }
    let mut value = 0_i64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

fn exact_integer(raw: &[u8], digits: &[u8]) -> Option<i64> {
    if digits.len() > SHORT_DIGITS_MAX + 1 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(raw).ok()?.parse().ok()
}

fn float(raw: &[u8]) -> Option<f64> {
    if let Some(value) = short_decimal(raw) {
        return Some(value);
    }
    if raw.len() > FLOAT_BYTES_MAX {
        return None;
    }
    let mut significant = 0_usize;
    let mut zeros = 0_usize;
    for byte in raw {
        match byte {
            b'0' if significant == 0 => {}
            b'0' => zeros += 1,
            b'1'..=b'9' => {
                significant += zeros + 1;
                zeros = 0;
            }
            b'e' | b'E' => break,
            _ => {}
        }
    }
    if significant > FLOAT_DIGITS_MAX {
        return None;
    }
    let value: f64 = std::str::from_utf8(raw).ok()?.parse().ok()?;
    let exact = if significant == 0 { !raw.starts_with(b"-") } else { value.is_normal() };
    exact.then_some(value)
}

/// `12.345` and the like, without an exponent: an exact integer divided by an exact power of ten is the nearest
/// number, which is what parsing gives.
fn short_decimal(raw: &[u8]) -> Option<f64> {
    const POWERS: [f64; FLOAT_DIGITS_MAX + 1] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let digits = raw.strip_prefix(b"-").unwrap_or(raw);
    if digits.len() > FLOAT_DIGITS_MAX + 1 {
        return None;
    }
    let mut integer = 0_u64;
    let mut point = None;
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => integer = integer * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() && at > 0 => point = Some(at),
            _ => return None,
        }
    }
    let decimals = digits.len() - 1 - point?;
    if integer == 0 || decimals == 0 {
        return None;
    }
    let value = integer as f64 / POWERS[decimals];
    Some(if digits.len() < raw.len() { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_loses_nothing_is_typed() {
        use AttributeValue::{Float, Integer, Json};
        for (text, expected) in [
            ("0", Integer(0)),
            ("-7", Integer(-7)),
            ("9223372036854775807", Integer(i64::MAX)),
            ("-9223372036854775808", Integer(i64::MIN)),
            ("9223372036854775808", Json(b"9223372036854775808")),
            ("12345678901234567890123", Json(b"12345678901234567890123")),
            ("100000000000000000000", Float(1e20)),
            ("-0", Json(b"-0")),
            ("-0.0", Json(b"-0.0")),
            ("-0e5", Json(b"-0e5")),
            ("0.0", Float(0.0)),
            ("0e9", Float(0.0)),
            ("1.5", Float(1.5)),
            ("1.50", Float(1.5)),
            ("5e2", Float(500.0)),
            ("0.1", Float(0.1)),
            ("123456789.012345", Float(123_456_789.012_345)),
            ("0.12345678901234567", Json(b"0.12345678901234567")),
            ("1e400", Json(b"1e400")),
            ("-1e400", Json(b"-1e400")),
            ("1e-400", Json(b"1e-400")),
            ("1e-320", Json(b"1e-320")),
            ("-58.33", Float(-58.33)),
            ("0.00000000000001", Float(1e-14)),
            ("12345678901234.5", Float(12_345_678_901_234.5)),
        ] {
            assert_eq!(meaning(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_never_an_integer() {
        for text in [
            "",
            "-",
            "+5",
            "007",
            "-07",
            "1a",
            "1_0",
            "--1",
            "0x1",
            "99999999999999999999",
            "9223372036854775808",
        ] {
            assert_eq!(integer(text.as_bytes()), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn short_decimals_are_what_parsing_gives(integer in 0..1_000_000_000_u64, decimals in "[0-9]{1,9}", minus: bool) {
            let text = format!("{}{integer}.{decimals}", if minus { "-" } else { "" });
            let parsed: f64 = text.parse().unwrap();
            if let AttributeValue::Float(value) = meaning(text.as_bytes()) {
                proptest::prop_assert_eq!(value.to_bits(), parsed.to_bits());
            }
        }
    }
}
