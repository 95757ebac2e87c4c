//! Times of neighbouring lines share their minute: only seconds and fraction are read again.

use logboom_model::parse_rfc3339;

const NANOS_PER_SECOND: i64 = 1_000_000_000;
/// `YYYY-MM-DDTHH:MM:`
const MINUTE: usize = 17;

/// Parses RFC 3339 as [`parse_rfc3339`] does, with a memory of one minute.
pub(super) struct Clock {
    minute: [u8; MINUTE],
    minute_nanos: i64,
}

impl Default for Clock {
    fn default() -> Self {
        Self { minute: *b"1970-01-01T00:00:", minute_nanos: 0 }
    }
}

impl Clock {
    /// Nanoseconds since the Unix epoch.
    pub(super) fn parse(&mut self, text: &[u8]) -> Option<i64> {
        match text.split_first_chunk::<MINUTE>() {
            Some((minute, rest)) if *minute == self.minute => match nanos_of_minute(rest) {
                Some(nanos) => self.minute_nanos.checked_add(nanos),
                None => parse_rfc3339(text).ok(),
            },
            Some((minute, _)) => {
                self.remember(*minute);
                parse_rfc3339(text).ok()
            }
            None => None,
        }
    }

    fn remember(&mut self, minute: [u8; MINUTE]) {
        let mut start = *b"0000-00-00T00:00:00Z";
        start[..MINUTE].copy_from_slice(&minute);
        if let Ok(nanos) = parse_rfc3339(&start) {
            self.minute = minute;
            self.minute_nanos = nanos;
        }
    }
}

/// `SSZ` to `SS.nnnnnnnnnZ`; `None` for every other form, valid or not.
fn nanos_of_minute(text: &[u8]) -> Option<i64> {
    let (second, fraction) = text.split_first_chunk::<2>()?;
    let second = number(second)?;
    if second > 59 {
        return None;
    }
    let nanos = match fraction {
        b"Z" => 0,
        [b'.', digits @ .., b'Z'] if (1..=9).contains(&digits.len()) => {
            let mut padded = [b'0'; 9];
            padded[..digits.len()].copy_from_slice(digits);
            number(&padded)?
        }
        _ => return None,
    };
    Some(second * NANOS_PER_SECOND + nanos)
}

fn number<const N: usize>(digits: &[u8; N]) -> Option<i64> {
    let mut value = 0;
    let mut valid = true;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        valid &= digit <= 9;
        value = value * 10 + i64::from(digit);
    }
    valid.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_parser_without_memory(
            texts in proptest::collection::vec("2026-11-22T09:1[34]:[0-6][0-9a](\\.[0-9]{0,10})?(Z|z|\\+01:00|)", 1..6)
        ) {
            let mut clock = Clock::default();
            for text in texts {
                prop_assert_eq!(clock.parse(text.as_bytes()), parse_rfc3339(text.as_bytes()).ok(), "{}", text);
            }
        }
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let mut clock = Clock::default();
        for text in
            ["2262-04-11T23:47:16.854775807Z", "2262-04-11T23:47:16.854775808Z", "1677-09-21T00:12:44Z"]
        {
            for _ in 0..2 {
                assert_eq!(clock.parse(text.as_bytes()), parse_rfc3339(text.as_bytes()).ok(), "{text}");
            }
        }
    }
}
