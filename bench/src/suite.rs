//! Which parts are run, in which order, on what data.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::{Mix, children, decode, end_to_end, fleet, generate, peers, sealed, search};

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The json-file codec on one core, from memory.
    Decode,
    /// json-file to durable journal, beside Fluent Bit and Vector.
    Durable,
    /// json-file to sealed and searchable.
    Ingest,
    /// Many containers that print a little, and many that print nothing.
    Fleet,
    /// Latencies of queries, beside ripgrep, zstdgrep, DuckDB and VictoriaLogs.
    Search,
}

/// Options of `all`.
#[derive(Debug, Args)]
pub struct Options {
    /// The logboom binary to measure.
    #[arg(long)]
    logboom: PathBuf,
    /// Folder on a real disk for generated data and stores; a temporary one below it is made and removed.
    #[arg(long, default_value = ".")]
    work: PathBuf,
    /// Only these parts, e.g. `--only ingest,search`.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Megabytes of json-file of each mix, for all parts but search.
    #[arg(long, default_value_t = 1000)]
    megabytes: u64,
    /// Gigabytes of json-file that are searched, one table each.
    #[arg(long, value_delimiter = ',', default_value = "1,10")]
    gigabytes: Vec<f64>,
    /// Runs of each measurement; the median is printed.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Seconds the fleet of 1,000 containers runs.
    #[arg(long, default_value_t = 20)]
    fleet_seconds: u64,
    /// Leaves generated data and stores where they are.
    #[arg(long)]
    keep: bool,
}

impl Options {
    fn has(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// Runs the parts.
pub fn run(options: &Options) -> Result<()> {
    let mut folder = tempfile::Builder::new().prefix("logboom-bench.").tempdir_in(&options.work)?;
    folder.disable_cleanup(options.keep);
    let work = std::path::absolute(folder.path())?;
    println!("machine: {}", children::machine());
    println!("command: {}", std::env::args().skip(1).collect::<Vec<_>>().join(" "));
    if [Part::Decode, Part::Durable, Part::Ingest].into_iter().any(|part| options.has(part)) {
        mixes(options, &work)?;
    }
    if options.has(Part::Fleet) {
        let seconds = options.fleet_seconds;
        println!("\n## fleet: 1,000 containers, 10 lines a second each, {seconds} s");
        fleet::measure(&options.logboom, &work, 1_000, 10, seconds)?;
        println!("\n## idle: 100 containers that print nothing");
        fleet::measure(&options.logboom, &work, 100, 0, seconds.min(10))?;
    }
    if options.has(Part::Search) {
        let plan =
            search::Plan { logboom: &options.logboom, work: &work, runs: options.runs, keep: options.keep };
        for &gigabytes in &options.gigabytes {
            search::measure(&plan, gigabytes)?;
        }
    }
    Ok(())
}

fn mixes(options: &Options, work: &Path) -> Result<()> {
    let Options { logboom, megabytes, runs, .. } = options;
    for mix in [Mix::Plain, Mix::Half] {
        let root = work.join(match mix {
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
        if options.has(Part::Decode) {
            decode::report(&root)?;
        }
        if options.has(Part::Durable) {
            let ours = end_to_end::measure(logboom, &root, &made, work, *runs)?;
            peers::compare(&root, &made, work, *runs, ours)?;
        }
        if options.has(Part::Ingest) {
            sealed::measure(logboom, &root, &made, work, *runs)?;
        }
        std::fs::remove_dir_all(&root)?;
    }
    Ok(())
}
