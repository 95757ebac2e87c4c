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

    /// Reads a level word as programs write them, in any case: `warning`, `ERR`, `notice`, `SEVERE` …
    pub fn from_word(word: &[u8]) -> Option<Self> {
        const LONGEST: usize = 13;
        let mut lower = [0; LONGEST];
        let lower = lower.get_mut(..word.len())?;
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"trace" | b"trc" | b"trce" | b"finest" | b"finer" | b"verbose" => Self::TRACE,
            b"debug" | b"dbg" | b"dbug" | b"fine" => Self::DEBUG,
            b"info" | b"inf" | b"information" | b"informational" | b"config" => Self::INFO,
            b"notice" => Self::NOTICE,
            b"warn" | b"warning" | b"wrn" => Self::WARN,
            b"error" | b"err" | b"eror" | b"severe" => Self::ERROR,
            b"critical" | b"crit" => Self::CRITICAL,
            b"alert" => Self::ALERT,
            b"fatal" | b"ftl" | b"panic" | b"dpanic" | b"emerg" | b"emergency" => Self::FATAL,
            _ => return None,
        })
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
