//! Numbers as they stand in records: compared exactly as integers where both are, else as floating point.

use std::cmp::Ordering;
use std::fmt;

/// A number of a query or of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    /// Fits into 64 bits without a fraction.
    Integer(i64),
    /// Everything else; never infinite, never NaN.
    Float(f64),
}

impl Number {
    /// Reads a whole text as a decimal number, JSON's form or nearly (`+5`, `.5` and `007` are fine too).
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let plausible = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
        if text.is_empty() || text.len() > 64 || !text.iter().all(plausible) {
            return None;
        }
        let text = std::str::from_utf8(text).ok()?;
        match text.parse() {
            Ok(integer) => Some(Self::Integer(integer)),
            Err(_) => text.parse().ok().filter(|float: &f64| float.is_finite()).map(Self::Float),
        }
    }

    /// Which of the two is greater.
    pub(crate) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Integer(one), Self::Integer(two)) => one.cmp(&two),
            (Self::Integer(one), Self::Float(two)) => compare_mixed(one, two),
            (Self::Float(one), Self::Integer(two)) => compare_mixed(two, one).reverse(),
            (Self::Float(one), Self::Float(two)) => (one + 0.0).total_cmp(&(two + 0.0)),
        }
    }

    /// Appends the shortest text of the number.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        use std::io::Write as _;
        match self {
            Self::Integer(integer) => write_integer(integer, out),
            // Writing to a vector does not fail.
            Self::Float(float) => drop(write!(out, "{float}")),
        }
    }

    /// The number as floating point.
    pub(crate) fn float(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            // Negative zero is zero.
            Self::Float(float) => float + 0.0,
        }
    }
}

/// Digits from the last to the first: several times as fast as formatting, and done for each record that is counted.
fn write_integer(integer: i64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = integer.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if integer < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Exactly: an integer beyond 2^53 has no equal among floats but itself.
fn compare_mixed(integer: i64, float: f64) -> Ordering {
    // 2^63: no integer reaches it, and every float below it truncates into one.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if float >= BEYOND {
        return Ordering::Less;
    }
    if float < -BEYOND {
        return Ordering::Greater;
    }
    integer.cmp(&(float.trunc() as i64)).then_with(|| 0.0_f64.total_cmp(&(float.fract() + 0.0)))
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.compare(*other) == Ordering::Equal
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Float(float) => write!(f, "{float:e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_compared_exactly() {
        let number = |text: &str| Number::parse(text.as_bytes()).unwrap();
        assert_eq!(number("9007199254740993").compare(number("9007199254740992")), Ordering::Greater);
        assert_eq!(number("9007199254740993").compare(number("9007199254740992.0")), Ordering::Greater);
        assert_eq!(number("-3").compare(number("-3.5")), Ordering::Greater);
        assert_eq!(number("9223372036854775807").compare(number("9223372036854775808")), Ordering::Less);
        assert_eq!(number("500").compare(number("5e2")), Ordering::Equal);
        assert_eq!(number("-0").compare(number("-0.0")), Ordering::Equal);
        assert_eq!(number("0.1").compare(number("1")), Ordering::Less);
    }

    #[test]
    fn integers_are_written_as_they_are_read() {
        for integer in [0, 7, -7, 10, 1_234_567_890, i64::MAX, i64::MIN] {
            let mut text = Vec::new();
            Number::Integer(integer).write(&mut text);
            assert_eq!(text, integer.to_string().into_bytes());
        }
    }

    #[test]
    fn what_only_looks_like_a_number_is_none() {
        for text in ["", "inf", "NaN", "1e999", "-", "e", "1_000", "0x1f", " 1", "1.2.3", "12ms"] {
            assert!(Number::parse(text.as_bytes()).is_none(), "{text}");
        }
    }
}
