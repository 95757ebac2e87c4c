//! `logboom check`: every mistake of a configuration file, or `ok`.

use std::io::{self, Write as _};

use logboom_model::sanitize_for_terminal;

use crate::cli::CheckArgs;
use crate::config::{self, ConfigError};
use crate::failure::Failure;

/// Prints `ok` to standard output, or one line for each mistake to standard error.
pub fn run(args: &CheckArgs) -> Result<(), Failure> {
    match config::load(Some(&args.file)) {
        Ok(_) => {
            let mut out = io::stdout().lock();
            writeln!(out, "{}: ok", sanitize_for_terminal(args.file.as_os_str().as_encoded_bytes()))?;
            Ok(out.flush()?)
        }
        Err(error) if error.is::<ConfigError>() => {
            let mut out = io::stderr().lock();
            for line in error.to_string().lines() {
                let _ = writeln!(out, "{}", sanitize_for_terminal(line.as_bytes()));
            }
            Err(Failure::Reported)
        }
        Err(error) => Err(Failure::Failed(error)),
    }
}
