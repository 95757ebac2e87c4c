//! How a command ends: the exit code, and the one message on standard error.

use std::io::{self, Write as _};
use std::process::ExitCode;

use logboom_model::sanitize_for_terminal;

/// Exit code of a command that could not do what was asked.
const FAILED: u8 = 1;
/// Exit code of a command that was asked wrongly.
const USAGE: u8 = 2;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// It was asked wrongly: a bad query, address or time. The message says what would fit.
    Usage(String),
    /// It could not be done.
    Failed(anyhow::Error),
    /// It could not be done, and everything about it has been said.
    Reported,
    /// Whoever read the results has gone, as `head` does: no error.
    OutputClosed,
}

impl Failure {
    /// A wrong use, with a message.
    pub fn usage(error: impl Into<String>) -> Self {
        Self::Usage(error.into())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// A result could not be written.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Failed(anyhow::Error::new(error).context("failed to write the result")),
        }
    }
}

/// The exit code of a finished command; says why on standard error.
pub fn exit_code(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) | Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => {
            say(&message);
            ExitCode::from(USAGE)
        }
        Err(Failure::Failed(error)) => {
            say(&format!("{error:#}"));
            ExitCode::from(FAILED)
        }
        Err(Failure::Reported) => ExitCode::from(FAILED),
    }
}

/// Prints what clap has to say: help and version to standard output, mistakes to standard error.
pub fn report_usage(error: &clap::Error) -> ExitCode {
    // A closed pipe is no error here either.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
}

/// One message of a reading command on standard error; lines of it stay lines, other control characters do not pass.
pub fn say(message: &str) {
    let mut out = io::stderr().lock();
    for (index, line) in message.lines().enumerate() {
        let prefix = if index == 0 { "logboom: " } else { "" };
        let _ = writeln!(out, "{prefix}{}", sanitize_for_terminal(line.as_bytes()));
    }
}
