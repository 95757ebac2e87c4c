//! From json-file to sealed and searchable: CPU of the whole process until every line is in a segment with its
//! filters, and what that takes on the disk.
//!
//! The last lines stay in the journal file that is being written. So that all is counted, the daemon is started a
//! second time: that closes the file. The CPU of both runs counts, both start-ups included.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::children::{Usage, median, pause, wait_until};
use crate::daemon::Daemon;
use crate::generate::Generated;
use crate::store_files::{self, OnDisk};

/// Longest wait for one gigabyte.
const LIMIT_PER_GIGABYTE: Duration = Duration::from_secs(300);
/// How often a daemon that seals is asked whether it is done: each look costs it CPU.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What one run of ingest cost.
#[derive(Debug, Clone, Copy)]
pub struct Ingest {
    /// CPU seconds of both processes.
    pub cpu_seconds: f64,
    /// Seconds from the first start until everything closed was sealed.
    pub wall_seconds: f64,
    /// Highest peak memory of both, bytes.
    pub peak_bytes: u64,
    /// Files of the data directory when all is sealed.
    pub on_disk: OnDisk,
}

/// Collects and seals a root until nothing is left to seal; the data directory stays.
pub fn ingest(logboom: &Path, root: &Path, data: &Path, made: &Generated, log: &Path) -> Result<Ingest> {
    let limit = LIMIT_PER_GIGABYTE * u32::try_from(made.bytes / 1_000_000_000 + 1)?;
    let daemon = Daemon::start(logboom, root, data, "all", log)?;
    daemon.wait_for_records(made.lines, limit)?;
    let first = settled(&daemon, limit)?;
    daemon.stop()?;
    let daemon = Daemon::start(logboom, root, data, "all", log)?;
    let second = settled(&daemon, limit)?;
    daemon.stop()?;
    Ok(Ingest {
        cpu_seconds: first.cpu_seconds + second.cpu_seconds,
        wall_seconds: first.wall_seconds,
        peak_bytes: first.peak_bytes.max(second.peak_bytes),
        on_disk: store_files::look(data)?,
    })
}

/// Waits until only the journal file that is being written is left, and returns what was used until then.
fn settled(daemon: &Daemon, limit: Duration) -> Result<Usage> {
    let mut usage = Usage::default();
    wait_until(limit, || {
        usage = daemon.usage()?;
        let sealed = daemon.sealed()?;
        let is_done = sealed.segments > 0 && sealed.journal_files <= 1;
        if !is_done {
            pause(LOOK_EVERY);
        }
        Ok(is_done)
    })
    .context("closed journal files stay unsealed")?;
    Ok(usage)
}

/// Measures one mix and prints a row of the table for each run, and the median; returns that, in MB per CPU second.
pub fn measure(logboom: &Path, root: &Path, made: &Generated, work: &Path, runs: usize) -> Result<f64> {
    let data = work.join("data");
    let megabytes = made.bytes as f64 / 1e6;
    let mut speeds = Vec::new();
    for run in 0..runs {
        let took = ingest(logboom, root, &data, made, &work.join("logboom.log"))?;
        speeds.push(megabytes / took.cpu_seconds);
        let disk = took.on_disk;
        println!(
            "json-file to sealed, run {}: {:>5.0} MB per CPU second; {:.1} CPU s, {:.1} s wall, peak {:.0} MiB; {} segments of {:.1} MB, 1/{:.1} of the json-files; index and filters {:.2} % of the bodies, {:.1} % of the segments",
            run + 1,
            megabytes / took.cpu_seconds,
            took.cpu_seconds,
            took.wall_seconds,
            took.peak_bytes as f64 / f64::from(1 << 20),
            disk.segments,
            disk.segment_bytes as f64 / 1e6,
            made.bytes as f64 / disk.bytes as f64,
            disk.index_bytes as f64 / made.body_bytes as f64 * 100.0,
            disk.index_bytes as f64 / disk.segment_bytes as f64 * 100.0,
        );
        std::fs::remove_dir_all(&data)?;
    }
    let speed = median(&mut speeds);
    println!("json-file to sealed        {speed:>6.0} MB per CPU second (median of {runs})");
    Ok(speed)
}
