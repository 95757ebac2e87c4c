//! logboom: reads the command line, runs one command, ends with its exit code: 0 done, 1 failed, 2 usage.
//!
//! `up` is the collector; its start and stop order are in `up/mod.rs`. The other commands read from a running
//! logboom over HTTP (`client`), or from its data directory when none runs (`commands`).

mod cli;
mod client;
mod clock;
mod commands;
mod config;
mod failure;
mod logging;
mod output;
mod up;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return failure::report_usage(&error),
    };
    let result = match cli.command {
        Command::Up(args) => up::run(&args, &cli.logging),
        Command::Search(args) => commands::search::run(&args, &cli.logging),
        Command::Tail(args) => commands::tail::run(&args, &cli.logging),
        Command::Status(args) => commands::status::run(&args, &cli.logging),
        Command::Check(args) => commands::check::run(&args),
    };
    failure::exit_code(result)
}
