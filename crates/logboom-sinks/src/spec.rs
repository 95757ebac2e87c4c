//! What a sink is told to be: a URI, and our own options that ride on it as `logboom.name=` and so on.

use crate::format::Format;
use crate::limits::NAME_BYTES_MAX;
use crate::uri::{Uri, is_known_scheme, split_list};

/// One destination and how it is fed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkSpec {
    /// Unique name; the cursor is kept under it. Scheme, host and path unless `logboom.name` says otherwise.
    pub name: String,
    /// Where to.
    pub destination: DestinationSpec,
    /// The query that `logboom.where` gave; the caller makes a predicate of it.
    pub filter: Option<String>,
    /// Where a sink begins whose name was never seen before.
    pub from: StartFrom,
    /// Whether lifecycle rows are sent.
    pub lifecycle: bool,
}

/// The destinations there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DestinationSpec {
    /// Standard output, `stdout:?format=json|text`.
    Stdout {
        /// How records look.
        format: Format,
    },
}

/// Where a new sink begins; resolved to a seq once, when its name first appears.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StartFrom {
    /// With what comes next.
    #[default]
    Now,
    /// With the oldest record there is.
    Earliest,
    /// With a time, as typed; the caller knows how to read it.
    Time(String),
}

impl From<&str> for StartFrom {
    fn from(text: &str) -> Self {
        match text {
            "now" => Self::Now,
            "earliest" => Self::Earliest,
            time => Self::Time(time.to_owned()),
        }
    }
}

/// What is wrong with a URI. Nothing of it but the scheme and the names of options is repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// No `scheme:` in front.
    #[error("a destination starts with its scheme; write for example stdout: or stdout:?format=text")]
    NoScheme,
    /// Planned.
    #[error("{scheme}: destinations do not exist yet; what exists today: stdout:")]
    NotYet {
        /// The scheme.
        scheme: String,
    },
    /// Not planned.
    #[error("{scheme}: is not a destination; what exists today: stdout:")]
    Unknown {
        /// The scheme.
        scheme: String,
    },
    /// A host or path where there can be none.
    #[error("nothing but options can follow stdout:, as in stdout:?format=text")]
    PlaceOnStdout,
    /// An option that does not exist.
    #[error("{name} is not an option here; what fits: {fits}")]
    UnknownOption {
        /// The option.
        name: String,
        /// The options there are.
        fits: &'static str,
    },
    /// A value that does not fit.
    #[error("{name} takes {fits}")]
    BadValue {
        /// The option.
        name: &'static str,
        /// The values that fit.
        fits: &'static str,
    },
    /// `%` without two hex digits, or bytes that are not UTF-8.
    #[error("% in a destination stands before two hexadecimal digits; write %25 for the sign itself")]
    BadEscape,
}

const STDOUT_OPTIONS: &str = "format, logboom.name, logboom.where, logboom.from, logboom.lifecycle";

impl SinkSpec {
    /// Reads one URI.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        let uri = Uri::parse(text.trim())?;
        if uri.scheme != "stdout" {
            let scheme = uri.scheme;
            return Err(if is_known_scheme(&scheme) {
                SpecError::NotYet { scheme }
            } else {
                SpecError::Unknown { scheme }
            });
        }
        if !uri.place.is_empty() {
            return Err(SpecError::PlaceOnStdout);
        }
        let mut format = Format::default();
        let mut spec = Self {
            name: uri.scheme,
            destination: DestinationSpec::Stdout { format },
            filter: None,
            from: StartFrom::Now,
            lifecycle: false,
        };
        for (name, value) in uri.options {
            match name.as_str() {
                "format" => {
                    format = value
                        .parse()
                        .map_err(|()| SpecError::BadValue { name: "format", fits: "json or text" })?;
                }
                "logboom.name" => spec.set_name(&value)?,
                "logboom.where" => spec.filter = Some(value).filter(|query| !query.is_empty()),
                "logboom.from" => spec.from = StartFrom::from(value.as_str()),
                "logboom.lifecycle" => spec.lifecycle = boolean(&value)?,
                _ => return Err(SpecError::UnknownOption { name, fits: STDOUT_OPTIONS }),
            }
        }
        spec.destination = DestinationSpec::Stdout { format };
        Ok(spec)
    }

    /// Reads a list of URIs: a comma separates only before a known scheme.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, SpecError> {
        split_list(text).into_iter().map(Self::parse).collect()
    }

    /// Gives the sink a name of its own.
    pub fn set_name(&mut self, name: &str) -> Result<(), SpecError> {
        let fits = |character: char| character.is_alphanumeric() || "_-.:/+@ ".contains(character);
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.chars().all(fits) {
            let fits = "1 to 128 bytes of letters, digits and _ - . : / + @";
            return Err(SpecError::BadValue { name: "a sink's name", fits });
        }
        name.clone_into(&mut self.name);
        Ok(())
    }
}

fn boolean(text: &str) -> Result<bool, SpecError> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(SpecError::BadValue { name: "logboom.lifecycle", fits: "true or false" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stdout() -> SinkSpec {
        SinkSpec {
            name: "stdout".to_owned(),
            destination: DestinationSpec::Stdout { format: Format::Json },
            filter: None,
            from: StartFrom::Now,
            lifecycle: false,
        }
    }

    #[test]
    fn stdout_and_its_options() {
        assert_eq!(SinkSpec::parse("stdout:"), Ok(stdout()));
        assert_eq!(SinkSpec::parse(" stdout://?format=json "), Ok(stdout()));
        let uri = "stdout:?format=text&logboom.name=out&logboom.where=severity>=warn&logboom.from=earliest&logboom.lifecycle=true";
        let expected = SinkSpec {
            name: "out".to_owned(),
            destination: DestinationSpec::Stdout { format: Format::Text },
            filter: Some("severity>=warn".to_owned()),
            from: StartFrom::Earliest,
            lifecycle: true,
        };
        assert_eq!(SinkSpec::parse(uri), Ok(expected));
        assert_eq!(SinkSpec::parse_list("stdout:,stdout:?logboom.name=b").map(|list| list.len()), Ok(2));
    }

    #[test]
    fn errors_name_what_exists_and_repeat_no_secret() {
        for (uri, expected) in [
            (
                "stdout",
                "a destination starts with its scheme; write for example stdout: or stdout:?format=text",
            ),
            (
                "splunk+https://u:hunter2@h?token=hunter2",
                "splunk+https: destinations do not exist yet; what exists today: stdout:",
            ),
            ("multiline+tcp://h", "multiline+tcp: destinations do not exist yet; what exists today: stdout:"),
            ("gopher://hunter2", "gopher: is not a destination; what exists today: stdout:"),
            ("stdout:/hunter2", "nothing but options can follow stdout:, as in stdout:?format=text"),
            ("stdout:?format=hunter2", "format takes json or text"),
            (
                "stdout:?logboom.on_full=hunter2",
                "logboom.on_full is not an option here; what fits: format, logboom.name, logboom.where, logboom.from, logboom.lifecycle",
            ),
            (
                "stdout:?logboom.name=a%0ab",
                "a sink's name takes 1 to 128 bytes of letters, digits and _ - . : / + @",
            ),
        ] {
            let error = SinkSpec::parse(uri).unwrap_err().to_string();
            assert_eq!(error, expected, "{uri}");
            assert!(!error.contains("hunter2"));
        }
    }
}
