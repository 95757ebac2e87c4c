//! `logboom-bench`: one command that generates Docker logs and measures logboom on them (DESIGN §8's unit: MB of
//! json-file per CPU second, user and system, whole process, on a real disk with every sync on).
//!
//! `all` is what `bench/run` calls; the other subcommands are its parts.

mod children;
mod daemon;
mod decode;
mod duckdb;
mod end_to_end;
mod fleet;
mod generate;
mod http;
mod lines;
mod peers;
mod planted;
mod questions;
mod random;
mod scanners;
mod sealed;
mod search;
mod store_files;
mod suite;
mod victorialogs;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};

/// Which lines the containers print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mix {
    /// Plain text lines of many loggers.
    Plain,
    /// The same, but every second container prints JSON application logs.
    Half,
}

impl Mix {
    /// The name used in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Half => "half JSON",
        }
    }
}

#[derive(Parser)]
#[command(about = "Measures logboom beside its peers")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes a containers folder as Docker lays it out.
    Generate {
        /// Docker root to make; `containers/` goes below it.
        root: PathBuf,
        #[arg(long, value_enum, default_value = "plain")]
        mix: Mix,
        #[arg(long, default_value_t = 16)]
        containers: usize,
        /// Megabytes of json-file in all.
        #[arg(long, default_value_t = 1000)]
        megabytes: u64,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Decodes every json-file below a Docker root on one core: decode alone, and with the fixed stages.
    Decode { root: PathBuf },
    /// Everything, or the named parts: both mixes decoded, collected and sealed, a fleet of 1,000, searches, and peers
    /// found on PATH.
    All(suite::Options),
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Generate { root, mix, containers, megabytes, seed } => {
            let made = generate::containers_folder(&root, mix, containers, megabytes * 1_000_000, seed)?;
            println!(
                "{containers} containers, {} lines, {:.0} MB of json-file",
                made.lines,
                made.bytes as f64 / 1e6
            );
        }
        Command::Decode { root } => decode::report(&root)?,
        Command::All(options) => suite::run(&options)?,
    }
    Ok(())
}
