//! How fast the matcher reads, data in memory, and how fast a search reads a store in a temporary directory: MB of
//! bodies per second on one thread.
//!
//! `cargo run --profile bench -p logboom-query --example scan_speed [FILE…]`: the lines of the files, repeated up to
//! 256 MB; made-up access and JSON lines without files.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use logboom_model::{Batch, Flags, Intake as _, Resource, Row, Severity, Stream, Submission, SubmitError};
use logboom_query::{SearchRequest, Selection, collect, parse};
use logboom_store::{Store, StoreOptions};

const BYTES: usize = 256 << 20;
const BATCH_BYTES: usize = 1 << 20;

const QUERIES: &[&str] = &[
    "zyzzyva",
    "needle17",
    "7c9e6679f3b0",
    "8675309867",
    "error",
    "\"connection refused\"",
    "conn*",
    "*refused*",
    "in*xyz",
    "größe",
    "-zyzzyva",
    "zyzzyva OR needle17",
    "severity>=warn zyzzyva",
    "service:other zyzzyva",
    "status>=600",
    "body~/zyzzyva=\\w+/",
    "body~/user=\\w+x/",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut lines = Vec::new();
    for path in std::env::args().skip(1) {
        let text = std::fs::read(path)?;
        lines.extend(text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec));
    }
    if lines.is_empty() {
        lines = made_up();
    }
    let batches = batches(&lines);
    let bytes: usize = batches.iter().map(|batch| batch.columns().body.len()).sum();
    let rows: usize = batches.iter().map(Batch::len).sum();
    println!("{} MB in {rows} lines of {} bytes", bytes / 1_000_000, bytes / rows.max(1));
    in_memory(&batches, bytes);
    in_a_store(batches)
}

fn in_memory(batches: &[Batch], bytes: usize) {
    for text in QUERIES {
        match parse(text) {
            Ok(query) => {
                let (mut matcher, mut selection, mut found) = (query.matcher(), Selection::default(), 0);
                let started = Instant::now();
                for batch in batches {
                    matcher.matches_batch(batch, &mut selection);
                    found += black_box(&selection).count();
                }
                let seconds = started.elapsed().as_secs_f64();
                println!("{text:30} {:8.0} MB/s {found:9} found", bytes as f64 / 1e6 / seconds);
            }
            Err(error) => println!("{error}"),
        }
    }
}

fn in_a_store(batches: Vec<Batch>) -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let store = Store::open(dir.path(), StoreOptions::default())?;
    for batch in batches {
        let mut submission = Submission { batches: vec![batch], ..Submission::default() };
        while let Err(refused) = store.try_submit(submission) {
            let SubmitError::Full(back) = refused else { return Err("the store is closed".into()) };
            submission = *back;
            store.wait_for_room(Duration::from_secs(1));
        }
    }
    store.flush()?;
    for text in ["zyzzyva", "status>=600", "service:other", "*"] {
        let query = parse(text)?;
        let request = SearchRequest { threads: 1, ..SearchRequest::new(query, 1000) };
        let started = Instant::now();
        let (records, result) = collect(&store.snapshot(), &request, &AtomicBool::new(false), &mut |_| {})?;
        let milliseconds = started.elapsed().as_secs_f64() * 1e3;
        let speed = result.scanned_bytes as f64 / 1e3 / milliseconds;
        println!("search {text:23} {speed:8.0} MB/s {:9} found in {milliseconds:.1} ms", records.len());
    }
    Ok(())
}

fn batches(lines: &[Vec<u8>]) -> Vec<Batch> {
    let resource = Arc::new(Resource::builder().with("service.name", "bench").build());
    let mut batches = Vec::new();
    let (mut bytes, mut batch) = (0, Batch::new(resource.clone()));
    for line in lines.iter().cycle() {
        let row = Row {
            time: bytes as i64,
            observed: bytes as i64,
            severity: Severity::INFO,
            stream: Stream::Stdout,
            flags: Flags::empty(),
        };
        batch.push(row, line);
        bytes += line.len() + 1;
        if batch.columns().body.len() >= BATCH_BYTES - (64 << 10) || !batch.has_room(64 << 10) {
            batches.push(std::mem::replace(&mut batch, Batch::new(resource.clone())));
        }
        if bytes >= BYTES {
            break;
        }
    }
    batches.push(batch);
    batches
}

/// Half access log, half JSON, with numbers that differ.
fn made_up() -> Vec<Vec<u8>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let line = |index: u64| {
        let (a, b) = (random(), random());
        let status = [200, 200, 200, 304, 404, 500][(a % 6) as usize];
        if index.is_multiple_of(2) {
            format!(
                "10.0.{}.{} - - [22/Nov/2026:09:13:{:02} +0000] \"GET /api/v1/items/{} HTTP/1.1\" {status} {} \"-\" \"Mozilla/5.0\"",
                a % 256,
                b % 256,
                index % 60,
                a % 100_000,
                b % 50_000
            )
        } else {
            format!(
                "{{\"ts\":\"2026-11-22T09:13:{:02}Z\",\"level\":\"info\",\"msg\":\"request handled\",\"trace\":\"{a:016x}{b:016x}\",\"status\":{status},\"ms\":{}}}",
                index % 60,
                a % 900
            )
        }
    };
    (0..200_000).map(line).map(String::into_bytes).collect()
}
