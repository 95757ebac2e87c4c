//! VictoriaLogs beside logboom, when it is on PATH: the same json-files, its own store, its own language.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::children::{Running, median, pause, wait_until};
use crate::http::{self, escaped};
use crate::scanners::is_on_path;

/// Names of its binary.
const BINARIES: [&str; 3] = ["victoria-logs-prod", "victoria-logs", "victorialogs"];
/// It shows what it took in after a second or two.
const VISIBLE_AFTER: Duration = Duration::from_secs(5);

/// A running server with a store of its own.
pub struct Server {
    port: u16,
    _process: Running,
}

impl Server {
    /// Starts it, when it is on PATH; says so when it is not.
    pub fn start(work: &Path) -> Result<Option<Self>> {
        let Some(binary) = BINARIES.into_iter().find(|name| is_on_path(name)) else {
            println!("victoria-logs is not on PATH, not measured");
            return Ok(None);
        };
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new(binary);
        command
            .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
            .arg(format!("-storageDataPath={}", work.join("victorialogs").display()))
            .arg("-retentionPeriod=100y");
        let process = Running::start(&mut command, &work.join("victorialogs.log"))?;
        wait_until(Duration::from_secs(20), || {
            Ok(http::get(port, "/health").is_ok_and(|answer| answer.status == 200))
        })?;
        Ok(Some(Self { port, _process: process }))
    }

    /// Sends each json-file as it lies: its records are JSON lines with `log`, `stream` and `time`. The service is the
    /// name of the container's number.
    pub fn ingest(&self, logs: &[PathBuf]) -> Result<()> {
        for (number, log) in logs.iter().enumerate() {
            let fields = "_msg_field=log&_time_field=time&_stream_fields=service,stream";
            let url = format!(
                "http://127.0.0.1:{}/insert/jsonline?{fields}&extra_fields=service=service-{number}",
                self.port
            );
            let status = Command::new("curl")
                .args(["-sSf", "-X", "POST", "-H", "Content-Type: application/stream+json", "-T"])
                .arg(log)
                .arg(&url)
                .stdout(Stdio::null())
                .status()?;
            ensure!(status.success(), "sending to VictoriaLogs failed with {status}");
        }
        pause(VISIBLE_AFTER);
        Ok(())
    }

    /// Median seconds of a query over everything; the first one, which warms up, is left out.
    pub fn time(&self, query: &str, runs: usize) -> Result<f64> {
        let path = format!("/select/logsql/query?query={}", escaped(query));
        let mut times = Vec::new();
        for run in 0..=runs {
            let answer = http::get_ok(self.port, &path)?;
            if run > 0 {
                times.push(answer.took.as_secs_f64());
            }
        }
        Ok(median(&mut times))
    }
}
