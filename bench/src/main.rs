//! `logboom-bench`: one command that generates Docker logs and measures logboom on them (DESIGN §8's unit: MB of
//! json-file per CPU second, user and system, whole process, on a real disk with every sync on).
//!
//! `all` is what `bench/run` calls; the other subcommands are its parts.

mod children;
mod decode;
mod end_to_end;
mod fleet;
mod generate;
mod lines;
mod peers;
mod random;

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
    /// Everything: both mixes decoded and collected, a fleet of 1,000, and peers found on PATH.
    All {
        /// The logboom binary to measure.
        #[arg(long)]
        logboom: PathBuf,
        /// Folder on a real disk for generated data and stores; a temporary one below it is made and removed.
        #[arg(long, default_value = ".")]
        work: PathBuf,
        #[arg(long, default_value_t = 1000)]
        megabytes: u64,
        /// Runs of each measurement; the median is printed.
        #[arg(long, default_value_t = 3)]
        runs: usize,
        /// Seconds the fleet of 1,000 containers runs.
        #[arg(long, default_value_t = 20)]
        fleet_seconds: u64,
    },
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
        Command::All { logboom, work, megabytes, runs, fleet_seconds } => {
            all(&logboom, &work, megabytes, runs, fleet_seconds)?;
        }
    }
    Ok(())
}

fn all(
    logboom: &std::path::Path,
    work: &std::path::Path,
    megabytes: u64,
    runs: usize,
    fleet_seconds: u64,
) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("logboom-bench.").tempdir_in(work)?;
    println!("machine: {}", children::machine());
    for mix in [Mix::Plain, Mix::Half] {
        let root = folder.path().join(match mix {
            Mix::Plain => "plain",
            Mix::Half => "half",
        });
        let made = generate::containers_folder(&root, mix, 16, megabytes * 1_000_000, 1)?;
        println!(
            "\n## {} mix: 16 containers, {} lines, {:.0} MB of json-file",
            mix.name(),
            made.lines,
            made.bytes as f64 / 1e6
        );
        decode::report(&root)?;
        let ours = end_to_end::measure(logboom, &root, &made, folder.path(), runs)?;
        peers::compare(&root, &made, folder.path(), runs, ours)?;
        std::fs::remove_dir_all(&root)?;
    }
    println!("\n## fleet: 1,000 containers, 10 lines a second each, {fleet_seconds} s");
    fleet::measure(logboom, folder.path(), 1_000, 10, fleet_seconds)?;
    println!("\n## idle: 100 containers that print nothing");
    fleet::measure(logboom, folder.path(), 100, 0, fleet_seconds.min(10))?;
    Ok(())
}
