//! From json-file to durable journal: a fresh `logboom up` reads the whole backlog; CPU until the last record is
//! durable counts, start-up included.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::children::median;
use crate::daemon::Daemon;
use crate::generate::Generated;

/// Longest wait for one run.
const RUN_LIMIT: Duration = Duration::from_secs(300);

/// Measures logboom on one generated root; returns the median MB of json-file per CPU second.
pub fn measure(logboom: &Path, root: &Path, made: &Generated, work: &Path, runs: usize) -> Result<f64> {
    let megabytes = made.bytes as f64 / 1e6;
    let mut speeds = Vec::new();
    for run in 0..runs {
        let data = work.join("data");
        let daemon = Daemon::start(logboom, root, &data, "all", &work.join("logboom.log"))?;
        // Lifecycle rows come on top of the lines: at least so many records.
        daemon.wait_for_records(made.lines, RUN_LIMIT)?;
        let usage = daemon.usage()?;
        let speed = megabytes / usage.cpu_seconds;
        speeds.push(speed);
        println!(
            "json-file to durable, run {}: {speed:>5.0} MB per CPU second; {:.1} CPU s, {:.1} s wall, peak {:.0} MiB, {:.0} MB written, {:.0} syncs",
            run + 1,
            usage.cpu_seconds,
            usage.wall_seconds,
            usage.peak_bytes as f64 / f64::from(1 << 20),
            usage.written_bytes as f64 / 1e6,
            daemon.metric("logboom_store_syncs_total")?
        );
        daemon.stop()?;
        std::fs::remove_dir_all(&data)?;
    }
    let speed = median(&mut speeds);
    println!("json-file to durable       {speed:>6.0} MB per CPU second (median of {runs})");
    Ok(speed)
}
