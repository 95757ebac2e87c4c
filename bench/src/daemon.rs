//! A running `logboom up` on a Docker root made by the generator, reached by plain HTTP on loopback.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::children::{Running, Usage, wait_until};
use crate::http;

/// Longest wait for a daemon to become ready.
const START_LIMIT: Duration = Duration::from_secs(60);

/// The daemon; killed when dropped.
pub struct Daemon {
    process: Running,
    port: u16,
    /// From before the process was made until it was ready.
    pub started_in: Duration,
}

/// How much of the local log is sealed.
#[derive(Debug, Clone, Copy)]
pub struct Sealed {
    /// Sealed segments.
    pub segments: u64,
    /// Journal files, the one being written included.
    pub journal_files: u64,
}

impl Daemon {
    /// Starts it and waits until it is ready. The budget is far above what any benchmark stores: eviction is not
    /// what is measured, and half the budget bounds the backlog that is read.
    pub fn start(logboom: &Path, root: &Path, data: &Path, backlog: &str, log: &Path) -> Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        fs::create_dir_all(data)?;
        let config = data.with_extension("yaml");
        fs::write(
            &config,
            format!(
                "listen: 127.0.0.1:{port}\ndata_dir: {}\nstore: {{ max_bytes: 64GiB, min_free: 100MiB }}\nsources:\n  docker: {{ root: {}, host: \"unix:///nonexistent/docker.sock\", backlog: {backlog} }}\n",
                data.display(),
                root.display()
            ),
        )?;
        let started = Instant::now();
        let mut process = Running::start(Command::new(logboom).arg("up").arg("--config").arg(&config), log)?;
        wait_until(START_LIMIT, || {
            ensure!(process.is_alive()?, "logboom ended: {}", fs::read_to_string(log)?);
            Ok(http::get(port, "/readyz").is_ok_and(|answer| answer.status == 200))
        })?;
        Ok(Self { process, port, started_in: started.elapsed() })
    }

    /// One value of `/metrics`, by its full name; labels are summed.
    pub fn metric(&self, name: &str) -> Result<f64> {
        let text = http::get_ok(self.port, "/metrics")?.body;
        let values = text.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ') || rest.starts_with('{'))
        });
        Ok(values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// What `status` says is sealed.
    pub fn sealed(&self) -> Result<Sealed> {
        let status: Value = serde_json::from_str(&http::get_ok(self.port, "/api/v1/status")?.body)?;
        let figure = |name: &str| {
            status["store"][name].as_u64().with_context(|| format!("status has no store.{name}: {status}"))
        };
        Ok(Sealed { segments: figure("segments")?, journal_files: figure("journal_files")? })
    }

    /// Asks for a path of the API.
    pub fn get(&self, path: &str) -> Result<http::Answer> {
        http::get_ok(self.port, path)
    }

    /// Its usage so far.
    pub fn usage(&self) -> Result<Usage> {
        self.process.usage()
    }

    /// Waits until so many records are durable.
    pub fn wait_for_records(&self, count: u64, limit: Duration) -> Result<()> {
        wait_until(limit, || Ok(self.metric("logboom_records_total")? >= count as f64))
            .context("logboom did not take in every line")
    }

    /// Stops it in order.
    pub fn stop(self) -> Result<()> {
        self.process.stop()
    }
}
