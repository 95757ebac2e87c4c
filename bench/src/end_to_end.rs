//! From json-file to durable journal: a fresh `logboom up` reads the whole backlog; CPU until the last record is
//! durable counts, start-up included.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::children::{Running, Usage, median, wait_until};
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
        wait_until(RUN_LIMIT, || Ok(daemon.metric("logboom_records_total")? >= made.lines as f64))
            .context("logboom did not take in every line")?;
        let usage = daemon.process.usage()?;
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
        daemon.process.stop()?;
        std::fs::remove_dir_all(&data)?;
    }
    let speed = median(&mut speeds);
    println!("json-file to durable       {speed:>6.0} MB per CPU second (median of {runs})");
    Ok(speed)
}

/// A running `logboom up` on a root, reached by plain HTTP on loopback.
pub struct Daemon {
    /// Its process.
    pub process: Running,
    port: u16,
}

impl Daemon {
    /// Starts it and waits until it is ready.
    pub fn start(logboom: &Path, root: &Path, data: &Path, backlog: &str, log: &Path) -> Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        std::fs::create_dir_all(data)?;
        let config = data.with_extension("yaml");
        std::fs::write(
            &config,
            format!(
                "listen: 127.0.0.1:{port}\ndata_dir: {}\nstore: {{ max_bytes: 10GiB, min_free: 100MiB }}\nsources:\n  docker: {{ root: {}, host: \"unix:///nonexistent/docker.sock\", backlog: {backlog} }}\n",
                data.display(),
                root.display()
            ),
        )?;
        let mut process = Running::start(Command::new(logboom).arg("up").arg("--config").arg(&config), log)?;
        wait_until(Duration::from_secs(20), || {
            ensure!(process.is_alive()?, "logboom ended: {}", std::fs::read_to_string(log)?);
            Ok(get(port, "/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")))
        })?;
        Ok(Self { process, port })
    }

    /// One value of `/metrics`, by its full name; labels are summed.
    pub fn metric(&self, name: &str) -> Result<f64> {
        let text = get(self.port, "/metrics")?;
        let values = text.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ') || rest.starts_with('{'))
        });
        Ok(values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// Its usage so far.
    pub fn usage(&self) -> Result<Usage> {
        self.process.usage()
    }
}

/// A GET over HTTP/1.1 with the answer, headers and all, as text.
fn get(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
