//! How fast the docker source reads, and what a thousand containers cost: `docker_speed read | many`.
//!
//! `read`: 16 files of 64 MiB in all, read to their end; MB of file per CPU second of the process.
//! `many`: 1,000 containers of 10 lines a second for 10 seconds; CPU seconds and memory.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use logboom_model::{Intake, Submission, SubmitError, format_rfc3339};
use logboom_sources::docker::{self, Backlog, DockerOptions};

#[derive(Default)]
struct Counter {
    rows: AtomicU64,
    submissions: AtomicU64,
}

impl Intake for Counter {
    fn try_submit(&self, submission: Submission) -> Result<(), SubmitError> {
        let rows: usize = submission.batches.iter().map(logboom_model::Batch::len).sum();
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        self.submissions.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn wait_for_room(&self, _timeout: Duration) -> bool {
        true
    }

    fn state(&self, key: &[u8]) -> Option<Vec<u8>> {
        // Not the first start: everything is read from its beginning.
        (key == b"docker/started").then(Vec::new)
    }

    fn states(&self, _prefix: &[u8]) -> Vec<(Box<[u8]>, Vec<u8>)> {
        Vec::new()
    }
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    match std::env::args().nth(1).as_deref() {
        Some("many") => many(),
        _ => read(),
    }
}

fn create(root: &Path, number: u32) -> std::io::Result<std::fs::File> {
    let id = format!("{number:064x}");
    let folder = root.join("containers").join(&id);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("hostconfig.json"), "{\"LogConfig\":{\"Type\":\"json-file\"}}")?;
    std::fs::write(
        folder.join("config.v2.json"),
        format!("{{\"Name\":\"/c{number}\",\"State\":{{\"Running\":true}}}}"),
    )?;
    std::fs::File::create(folder.join(format!("{id}-json.log")))
}

fn record(number: i64) -> String {
    let time = format_rfc3339(1_795_338_780_000_000_000 + number * 1_234_567);
    format!(
        "{{\"log\":\"10.0.{}.{} - - \\\"GET /api/items/{number} HTTP/1.1\\\" 200 {} \\\"-\\\" \\\"curl/8.5\\\"\\n\",\"stream\":\"stdout\",\"time\":\"{time}\"}}\n",
        number % 250,
        number % 199,
        number % 9973
    )
}

fn start(root: &Path, counter: &Arc<Counter>) -> Result<docker::DockerSource, docker::SourceError> {
    let options = DockerOptions {
        root: root.to_owned(),
        engine: None,
        backlog: Backlog::None,
        host_name: "bench".to_owned(),
        ..DockerOptions::default()
    };
    docker::start(options, counter.clone(), Arc::new(logboom_process::FixedStages::new()))
}

fn read() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (mut bytes, mut lines) = (0_u64, 0_u64);
    for container in 0..16 {
        let mut file = std::io::BufWriter::new(create(folder.path(), container)?);
        let mut written = 0;
        while written < 64 << 20 {
            let record = record(lines as i64);
            file.write_all(record.as_bytes())?;
            written += record.len() as u64;
            lines += 1;
        }
        file.flush()?;
        bytes += written;
    }
    let counter = Arc::new(Counter::default());
    let (cpu, began) = (cpu_seconds()?, Instant::now());
    let source = start(folder.path(), &counter)?;
    while counter.rows.load(Ordering::Relaxed) < lines {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let (cpu, wall) = (cpu_seconds()? - cpu, began.elapsed().as_secs_f64());
    source.stop();
    let megabytes = bytes as f64 / 1e6;
    println!(
        "{megabytes:.0} MB, {lines} lines: {:.0} MB/CPU-s, {:.0} MB/s, {} submissions, peak {}",
        megabytes / cpu,
        megabytes / wall,
        counter.submissions.load(Ordering::Relaxed),
        memory()?
    );
    Ok(())
}

fn many() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut files = Vec::new();
    for container in 0..1_000 {
        files.push(create(folder.path(), container)?);
    }
    let counter = Arc::new(Counter::default());
    let source = start(folder.path(), &counter)?;
    println!("idle: {}", memory()?);
    let writer = std::thread::spawn(move || -> std::io::Result<u64> {
        let (began, mut lines) = (Instant::now(), 0);
        while began.elapsed() < Duration::from_secs(10) {
            let container = lines as usize % files.len();
            files[container].write_all(record(lines).as_bytes())?;
            lines += 1;
            let due = Duration::from_micros(lines as u64 * 100);
            std::thread::park_timeout(due.saturating_sub(began.elapsed()));
        }
        Ok(lines as u64)
    });
    let reader = thread_seconds("docker-files")?;
    let lines = writer.join().map_err(|_| "the writer panicked")??;
    while counter.rows.load(Ordering::Relaxed) < lines {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let reader = thread_seconds("docker-files")? - reader;
    source.stop();
    println!(
        "{lines} lines in 10 s: reader {reader:.2} CPU-s, {} submissions, {}",
        counter.submissions.load(Ordering::Relaxed),
        memory()?
    );
    Ok(())
}

fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    ticks(&std::fs::read_to_string("/proc/self/stat")?)
}

fn thread_seconds(name: &str) -> Result<f64, Box<dyn std::error::Error>> {
    for thread in std::fs::read_dir("/proc/self/task")? {
        let stat = std::fs::read_to_string(thread?.path().join("stat"))?;
        if stat.contains(&format!("({name})")) {
            return ticks(&stat);
        }
    }
    Err("no such thread".into())
}

/// User and system time of a `stat` file; Linux counts them in hundredths of a second.
fn ticks(stat: &str) -> Result<f64, Box<dyn std::error::Error>> {
    let after = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after.split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

fn memory() -> std::io::Result<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    Ok(format!("{} {}", line("VmHWM"), line("VmRSS")))
}
