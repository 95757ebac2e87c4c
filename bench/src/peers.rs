//! Fluent Bit and Vector beside logboom, when they are on PATH: the same files, in the same run, parsed to nothing.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::children::{Running, median, pause};
use crate::generate::Generated;
use crate::scanners::is_on_path;

/// A peer is done when its CPU time stands still for so long.
const QUIET: Duration = Duration::from_secs(3);
/// Longest wait for one run.
const RUN_LIMIT: Duration = Duration::from_secs(300);

/// Runs each peer that is installed and prints its figure, and logboom's as a ratio of it.
pub fn compare(root: &Path, made: &Generated, work: &Path, runs: usize, ours: f64) -> Result<()> {
    let fluent_bit = work.join("fluent-bit.conf");
    std::fs::write(
        work.join("parsers.conf"),
        "[PARSER]\n    Name docker\n    Format json\n    Time_Key time\n    Time_Format %Y-%m-%dT%H:%M:%S.%L\n    Time_Keep On\n",
    )?;
    std::fs::write(
        &fluent_bit,
        format!(
            "[SERVICE]\n    Flush 1\n    Log_Level error\n    Parsers_File {}\n[INPUT]\n    Name tail\n    Path {}/containers/*/*-json.log\n    Parser docker\n    Read_from_Head On\n    Buffer_Chunk_Size 256k\n    Buffer_Max_Size 2M\n    Mem_Buf_Limit 64M\n[OUTPUT]\n    Name null\n    Match *\n",
            work.join("parsers.conf").display(),
            root.display()
        ),
    )?;
    let vector = work.join("vector.yaml");
    std::fs::write(
        &vector,
        format!(
            "data_dir: {}\nsources:\n  files:\n    type: file\n    include: [\"{}/containers/*/*-json.log\"]\n    read_from: beginning\n    fingerprint: {{ strategy: device_and_inode }}\ntransforms:\n  parsed:\n    type: remap\n    inputs: [files]\n    source: '. = parse_json!(string!(.message))'\nsinks:\n  none:\n    type: blackhole\n    inputs: [parsed]\n    print_interval_secs: 0\n",
            work.display(),
            root.display()
        ),
    )?;
    one("fluent-bit", &["-c", &fluent_bit.to_string_lossy()], made, work, runs, ours)?;
    one("vector", &["--quiet", "-c", &vector.to_string_lossy()], made, work, runs, ours)
}

fn one(name: &str, arguments: &[&str], made: &Generated, work: &Path, runs: usize, ours: f64) -> Result<()> {
    if !is_on_path(name) {
        println!("{name:<26} not on PATH, not measured");
        return Ok(());
    }
    let mut speeds = Vec::new();
    for _ in 0..runs {
        for checkpoint in ["files", "parsed"] {
            let _ = std::fs::remove_dir_all(work.join(checkpoint));
        }
        let process = Running::start(Command::new(name).args(arguments), &work.join(format!("{name}.log")))?;
        speeds.push(made.bytes as f64 / 1e6 / cpu_until_quiet(&process)?);
    }
    let speed = median(&mut speeds);
    println!(
        "{name:<26} {speed:>6.0} MB per CPU second, parsed to nothing (median of {runs}); logboom does {:.1} times as much",
        ours / speed
    );
    Ok(())
}

/// CPU seconds at the moment after which nothing more was used.
fn cpu_until_quiet(process: &Running) -> Result<f64> {
    let started = Instant::now();
    let (mut last, mut since) = (0.0, Instant::now());
    while since.elapsed() < QUIET && started.elapsed() < RUN_LIMIT {
        pause(Duration::from_millis(100));
        let used = process.usage()?.cpu_seconds;
        if used > last + 0.03 {
            (last, since) = (used, Instant::now());
        }
    }
    Ok(last)
}
