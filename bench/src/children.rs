//! Child processes and what `/proc` says of them: CPU seconds, peak memory, bytes written.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// A child that is killed when dropped.
pub struct Running {
    child: Child,
    started: Instant,
}

/// What a process used so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// User and system seconds.
    pub cpu_seconds: f64,
    /// Peak resident memory, bytes.
    pub peak_bytes: u64,
    /// Bytes it caused to be written to storage.
    pub written_bytes: u64,
    /// Seconds since it was started.
    pub wall_seconds: f64,
}

impl Running {
    /// Starts a command whose output goes to a file.
    pub fn start(command: &mut Command, output: &Path) -> Result<Self> {
        let file = fs::File::create(output)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("failed to start {:?}", command.get_program()))?;
        Ok(Self { child, started: Instant::now() })
    }

    /// Reads `/proc`.
    pub fn usage(&self) -> Result<Usage> {
        let process = format!("/proc/{}", self.child.id());
        let stat = fs::read_to_string(format!("{process}/stat"))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
        Ok(Usage {
            cpu_seconds: ticks / rustix::param::clock_ticks_per_second() as f64,
            peak_bytes: field(&format!("{process}/status"), "VmHWM:")? * 1024,
            written_bytes: field(&format!("{process}/io"), "write_bytes:")?,
            wall_seconds: self.started.elapsed().as_secs_f64(),
        })
    }

    /// Asks it to stop, waits, and kills it after ten seconds.
    pub fn stop(mut self) -> Result<()> {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        wait_until(Duration::from_secs(10), || Ok(self.child.try_wait()?.is_some()))?;
        Ok(())
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn field(path: &str, name: &str) -> Result<u64> {
    let text = fs::read_to_string(path)?;
    let line =
        text.lines().find(|line| line.starts_with(name)).with_context(|| format!("no {name} in {path}"))?;
    Ok(line.split_whitespace().nth(1).unwrap_or_default().parse()?)
}

/// Polls a condition every 20 ms.
pub fn wait_until(limit: Duration, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + limit;
    while !done()? {
        if Instant::now() > deadline {
            bail!("waited {} s in vain", limit.as_secs());
        }
        pause(Duration::from_millis(20));
    }
    Ok(())
}

/// Sleeps: a benchmark's pace is real time.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures real time and has nothing to be woken by"
)]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// One line about the machine.
pub fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or("")
        .trim_start_matches([':', '\t', ' '])
        .to_owned();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores, {model}, Linux {}", kernel.trim())
}

/// The median of a list, which is sorted by it.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
