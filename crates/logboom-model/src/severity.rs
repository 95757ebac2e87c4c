//! OpenTelemetry severity numbers: 0 unset, 1–4 trace, 5–8 debug, 9–12 info, 13–16 warn, 17–20 error, 21–24 fatal.

use std::fmt;

/// A severity number of the OpenTelemetry log data model, 0 (unset) to 24.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Severity(u8);

impl Severity {
    /// Not known.
    pub const UNSET: Self = Self(0);
    /// `TRACE`.
    pub const TRACE: Self = Self(1);
    /// `DEBUG`.
    pub const DEBUG: Self = Self(5);
    /// `INFO`.
    pub const INFO: Self = Self(9);
    /// `INFO2`: notice, as the OpenTelemetry mapping of syslog has it.
    pub const NOTICE: Self = Self(10);
    /// `WARN`.
    pub const WARN: Self = Self(13);
    /// `ERROR`.
    pub const ERROR: Self = Self(17);
    /// `ERROR2`: critical.
    pub const CRITICAL: Self = Self(18);
    /// `ERROR3`: alert.
    pub const ALERT: Self = Self(19);
    /// `FATAL`.
    pub const FATAL: Self = Self(21);

    /// The severity with this number; `None` above 24.
    pub fn from_number(number: u8) -> Option<Self> {
        (number <= 24).then_some(Self(number))
    }

    /// The number, 0 to 24.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The short name of its range: `trace`, `debug`, `info`, `warn`, `error`, `fatal`; empty when unset.
    pub fn text(self) -> &'static str {
        match self.0 {
            0 => "",
            1..=4 => "trace",
            5..=8 => "debug",
            9..=12 => "info",
            13..=16 => "warn",
            17..=20 => "error",
            _ => "fatal",
        }
    }

    /// Reads a level word as programs write them, in any case: `warning`, `ERR`, `I`, `notice`, `SEVERE` …
    pub fn from_word(word: &[u8]) -> Option<Self> {
        const WORDS: &[(&str, Severity)] = &[
            ("trace", Severity::TRACE),
            ("trc", Severity::TRACE),
            ("finest", Severity::TRACE),
            ("finer", Severity::TRACE),
            ("verbose", Severity::TRACE),
            ("debug", Severity::DEBUG),
            ("dbg", Severity::DEBUG),
            ("fine", Severity::DEBUG),
            ("info", Severity::INFO),
            ("inf", Severity::INFO),
            ("information", Severity::INFO),
            ("informational", Severity::INFO),
            ("config", Severity::INFO),
            ("notice", Severity::NOTICE),
            ("warn", Severity::WARN),
            ("warning", Severity::WARN),
            ("wrn", Severity::WARN),
            ("error", Severity::ERROR),
            ("err", Severity::ERROR),
            ("eror", Severity::ERROR),
            ("severe", Severity::ERROR),
            ("critical", Severity::CRITICAL),
            ("crit", Severity::CRITICAL),
            ("alert", Severity::ALERT),
            ("fatal", Severity::FATAL),
            ("ftl", Severity::FATAL),
            ("panic", Severity::FATAL),
            ("dpanic", Severity::FATAL),
            ("emerg", Severity::FATAL),
            ("emergency", Severity::FATAL),
        ];
        if word.is_empty() || word.len() > 13 {
            return None;
        }
        WORDS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes())).map(|&(_, severity)| severity)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Debug for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Severity({} {})", self.0, self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_real_loggers_are_known_in_any_case() {
        for (word, expected) in [
            ("WARNING", Some(Severity::WARN)),
            ("warn", Some(Severity::WARN)),
            ("Err", Some(Severity::ERROR)),
            ("SEVERE", Some(Severity::ERROR)),
            ("notice", Some(Severity::NOTICE)),
            ("PANIC", Some(Severity::FATAL)),
            ("hello", None),
            ("", None),
        ] {
            assert_eq!(Severity::from_word(word.as_bytes()), expected, "{word}");
        }
    }
}
