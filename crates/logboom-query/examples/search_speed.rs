//! How fast searches of a store are: writes lines of json-files into a store in a directory until it holds so many
//! bytes of bodies, seals all but the newest, and asks the questions people ask, cold caches apart.
//!
//! `cargo run --profile bench -p logboom-query --example search_speed DIRECTORY MEGABYTES [FILE…]`. A directory that
//! holds a store is only asked.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use logboom_model::attributes::{is_json_object, is_logfmt};
use logboom_model::{Batch, Flags, Intake as _, Resource, Row, Severity, Stream, Submission, SubmitError};
use logboom_query::{
    Access, FacetsRequest, HistogramInterval, HistogramRequest, SearchRequest, collect, facets, histogram,
    parse,
};
use logboom_store::fs::RealFs;
use logboom_store::{Part, Snapshot, Store, StoreOptions, SystemClock};

const CONTAINERS: usize = 26;
const ROWS_OF_A_COMMIT: usize = 2000;

const QUERIES: &[&str] = &[
    "zyzzyva",
    "needle-5f3a9c21d4",
    "5f3a9c21d4",
    "*dle-5f3a9c2*",
    "error",
    "\"connection refused\"",
    "container:c-7 error",
    "status>=500",
    "user:nobody",
    "severity>=error",
    "~/zyzzyva=\\w+/",
    "~/user=\\w+ zyzzyva/",
    "~/[0-9]{12}zz/",
    "~/(\\d+)\\.(\\d+)q/",
    "*",
    "* | count by severity",
    "* | top 10 container",
    "error | count by container",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(directory), Some(megabytes)) = (arguments.next(), arguments.next()) else {
        return Err("which directory, and how many megabytes?".into());
    };
    let directory = Path::new(&directory);
    if !directory.join("journal").exists() {
        let mut lines = Vec::new();
        for path in arguments {
            let text = std::fs::read(path)?;
            let all = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
            lines.extend(all.map(<[u8]>::to_vec));
        }
        write(directory, megabytes.parse::<usize>()? * 1_000_000, &lines)?;
    }
    let snapshot = Snapshot::open_read_only(directory)?;
    let parts = snapshot.parts(i64::MIN..i64::MAX, 0..u64::MAX);
    println!("{} parts, {} MB on disk", parts.len(), parts.iter().map(Part::bytes).sum::<u64>() / 1_000_000);
    for query in QUERIES {
        for (threads, round) in [(1, "first"), (1, "again"), (0, "all threads")] {
            search(&snapshot, query, threads, round)?;
        }
    }
    count(&snapshot)
}

fn search(snapshot: &Snapshot, query: &str, threads: usize, round: &str) -> Result<(), Box<dyn Error>> {
    let request = SearchRequest { threads, ..SearchRequest::new(parse(query)?, 100) };
    let (started, cpu) = (Instant::now(), cpu_seconds());
    let (records, outcome) = collect(snapshot, &request, &AtomicBool::new(false), &mut |_| {})?;
    let (seconds, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    println!(
        "{query:28} {round:12} {:9.2} ms, {:9.2} ms of this thread's CPU, {:6} found, {:5} of {:5} blocks read, {:8.0} MB/s",
        seconds * 1e3,
        cpu * 1e3,
        records.len(),
        outcome.blocks - outcome.skipped_blocks,
        outcome.blocks,
        outcome.scanned_bytes as f64 / 1e6 / cpu,
    );
    Ok(())
}

/// On Linux, where other work on the machine would blur what is measured; elsewhere wall time.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|first| first.parse::<f64>().ok());
    nanos.map_or_else(|| START.elapsed().as_secs_f64(), |nanos| nanos / 1e9)
}

static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);

fn count(snapshot: &Snapshot) -> Result<(), Box<dyn Error>> {
    for by in [None, Some("severity"), Some("container"), Some("status")] {
        let request = HistogramRequest {
            query: parse("*")?,
            since: i64::MIN,
            until: None,
            interval: HistogramInterval::Bars(100),
            by: by.map(str::to_owned),
            access: Access::all(),
            threads: 1,
            timeout: None,
        };
        let started = Instant::now();
        let histogram = histogram(snapshot, &request, &AtomicBool::new(false))?;
        println!(
            "histogram by {by:?}: {:.2} ms, {} records",
            started.elapsed().as_secs_f64() * 1e3,
            histogram.total
        );
    }
    let request = FacetsRequest {
        query: parse("*")?,
        since: i64::MIN,
        until: None,
        fields: vec!["container".to_owned(), "severity".to_owned()],
        limit: 10,
        access: Access::all(),
        threads: 1,
        timeout: None,
    };
    let started = Instant::now();
    facets(snapshot, &request, &AtomicBool::new(false))?;
    println!("facets of container and severity: {:.2} ms", started.elapsed().as_secs_f64() * 1e3);
    Ok(())
}

fn write(directory: &Path, bytes: usize, lines: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
    let options = StoreOptions { max_bytes: 64 << 30, max_age: None, min_free: 0, ..StoreOptions::default() };
    let store = Store::open(directory, options.clone())?;
    let resources: Vec<_> = (0..CONTAINERS)
        .map(|n| Arc::new(Resource::builder().with("container.name", &format!("c-{n}")).build()))
        .collect();
    let started = Instant::now();
    let (mut written, mut row_number) = (0, 0_usize);
    let mut random = 88_172_645_463_325_252_u64;
    while written < bytes {
        let mut batches: Vec<_> = resources.iter().map(|resource| Batch::new(resource.clone())).collect();
        for _ in 0..ROWS_OF_A_COMMIT {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let body = body(lines, row_number, random);
            let batch = &mut batches[(random % CONTAINERS as u64) as usize];
            batch.push(row(row_number, random, &body), &body);
            written += body.len();
            row_number += 1;
        }
        batches.retain(|batch| !batch.is_empty());
        let mut submission = Submission { batches, ..Submission::default() };
        while let Err(refused) = store.try_submit(submission) {
            let SubmitError::Full(back) = refused else { return Err("the store is closed".into()) };
            submission = *back;
            store.wait_for_room(Duration::from_secs(1));
        }
    }
    store.flush()?;
    store.close();
    drop(store);
    let fs = Arc::new(RealFs::new(directory));
    let mut manual = Store::open_manual(directory, fs, Arc::new(SystemClock), options)?;
    manual.pump();
    manual.roll();
    while manual.seal() == Some(true) {}
    manual.close();
    println!("{row_number} rows, {} MB in {:.0} s", written / 1_000_000, started.elapsed().as_secs_f64());
    Ok(())
}

/// Half a millisecond apart.
fn row(number: usize, random: u64, body: &[u8]) -> Row {
    let time = 1_795_338_780_000_000_000 + number as i64 * 500_000;
    let severity = match random >> 32 & 127 {
        0 => Severity::ERROR,
        1..=4 => Severity::WARN,
        _ => Severity::INFO,
    };
    let flags = if is_json_object(body) {
        Flags::JSON
    } else if is_logfmt(body) {
        Flags::LOGFMT
    } else {
        Flags::empty()
    };
    Row { time, observed: time, severity, stream: Stream::Stdout, flags }
}

/// A line with an id of its own, one in five an object; one needle in all.
fn body(lines: &[Vec<u8>], number: usize, random: u64) -> Vec<u8> {
    if number == 300_000 {
        return b"here is needle-5f3a9c21d4 in the hay".to_vec();
    }
    if lines.is_empty() || number.is_multiple_of(5) {
        let status = [200, 200, 200, 404, 500][(random >> 40) as usize % 5];
        return format!(
            "{{\"level\":\"info\",\"msg\":\"request done\",\"path\":\"/api/v1/items/{}\",\"status\":{status},\"ms\":{},\"trace\":\"{random:016x}\"}}",
            random % 1000,
            random % 977,
        )
        .into_bytes();
    }
    let mut line = lines[number % lines.len()].clone();
    line.extend_from_slice(format!(" id={random:016x}").as_bytes());
    if random >> 50 & 255 == 7 {
        line.extend_from_slice(b" error: connection refused");
    }
    line
}
