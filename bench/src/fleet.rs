//! Many containers that print a little each: CPU, memory and syncs at a steady rate.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use logboom_model::Stream;
use logboom_wire::json_file;

use crate::children::{pause, wait_until};
use crate::daemon::Daemon;
use crate::generate::Container;
use crate::lines::{self, SYSTEMS};
use crate::random::Random;

/// Appends `rate` lines a second to each of so many json-files while logboom follows them.
pub fn measure(logboom: &Path, work: &Path, containers: usize, rate: u64, seconds: u64) -> Result<()> {
    let root = work.join("fleet");
    let mut files: Vec<File> = Vec::new();
    for number in 0..containers {
        let container = Container::create(&root, number, SYSTEMS[number % SYSTEMS.len()])?;
        files.push(OpenOptions::new().append(true).open(container.log)?);
    }
    let data = work.join("fleet-data");
    let daemon = Daemon::start(logboom, &root, &data, "all", &work.join("fleet.log"))?;
    let before = daemon.metric("logboom_records_total")?;
    let usage_before = daemon.usage()?;
    let mut random = Random::new(7);
    let (mut line, mut record) = (String::new(), Vec::new());
    let mut written: u64 = 0;
    let started = Instant::now();
    // Ten slices a second; in each slice every container prints its share.
    for slice in 0..seconds * 10 {
        for (number, file) in files.iter_mut().enumerate() {
            let count = (slice + 1) * rate / 10 - slice * rate / 10;
            for _ in 0..count {
                line.clear();
                lines::plain(SYSTEMS[number % SYSTEMS.len()], &mut random, &mut line);
                line.push('\n');
                record.clear();
                json_file::encode(line.as_bytes(), Stream::Stdout, &[], now(), &mut record);
                file.write_all(&record)?;
                written += 1;
            }
        }
        pause((started + Duration::from_millis((slice + 1) * 100)).saturating_duration_since(Instant::now()));
    }
    let behind = Instant::now();
    wait_until(Duration::from_secs(60), || {
        Ok(daemon.metric("logboom_records_total")? >= before + written as f64)
    })?;
    let usage = daemon.usage()?;
    let wall = started.elapsed().as_secs_f64();
    println!(
        "{written} lines in {wall:.1} s; logboom: {:.1} % of one core, peak {:.0} MiB, {:.1} syncs a second, {:.0} ms behind at the end",
        (usage.cpu_seconds - usage_before.cpu_seconds) / wall * 100.0,
        usage.peak_bytes as f64 / f64::from(1 << 20),
        daemon.metric("logboom_store_syncs_total")? / wall,
        behind.elapsed().as_secs_f64() * 1e3
    );
    daemon.stop()?;
    std::fs::remove_dir_all(&root)?;
    std::fs::remove_dir_all(&data)?;
    Ok(())
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as i64)
}
