//! How fast realistic lines become durable (encode, zstd-1, write, fdatasync on a real directory), and then sealed;
//! what they take on disk meanwhile, sampled every 10 ms, and in memory.
//!
//! `cargo run --profile bench -p logboom-store --example journal_throughput -- DIR [MiB] [plain|json|loud] [budget MiB]`;
//! figures are MB of json-file (as Docker would have written the lines) per CPU second of the process, and per second.
//! `json`: half of the lines are JSON; `loud`: one container of sixteen writes nine tenths.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use logboom_model::{Batch, Flags, Intake, Resource, Row, Severity, Stream, Submission, SubmitError};
use logboom_store::{Store, StoreOptions};
use rustix::time::{ClockId, clock_gettime};

/// What Docker adds to each line of plain text: `{"log":"…\n","stream":"stdout","time":"…"}`.
const FRAMING_BYTES: usize = 73;
const CONTAINERS: usize = 16;

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}

fn line(random: &mut Random, json: bool, out: &mut Vec<u8>) {
    use std::io::Write;
    let ip = [10, random.below(256), random.below(256), random.below(256)];
    let (status, bytes) = ([200, 200, 200, 304, 404, 500][random.below(6) as usize], random.below(90_000));
    let path = ["/api/v1/orders", "/api/v1/users/login", "/static/app.js", "/healthz", "/checkout"]
        [random.below(5) as usize];
    let id = random.below(1 << 40);
    let result = if json {
        write!(
            out,
            r#"{{"ts":{},"level":"info","msg":"request done","path":"{path}","status":{status},"bytes":{bytes},"trace":"{id:016x}","ip":"{}.{}.{}.{}"}}"#,
            random.below(1 << 40),
            ip[0],
            ip[1],
            ip[2],
            ip[3]
        )
    } else {
        write!(
            out,
            r#"{}.{}.{}.{} - - [22/Nov/2026:09:13:{:02} +0000] "GET {path}/{id} HTTP/1.1" {status} {bytes} "-" "Mozilla/5.0 (X11; Linux x86_64)""#,
            ip[0],
            ip[1],
            ip[2],
            ip[3],
            random.below(60)
        )
    };
    drop(result);
}

/// Bytes of a directory and everything in it.
fn disk_bytes(path: &Path) -> u64 {
    // What goes meanwhile is gone.
    let Ok(meta) = std::fs::symlink_metadata(path) else { return 0 };
    let own = meta.blocks() * 512;
    let Ok(entries) = std::fs::read_dir(path) else { return own };
    own + entries.flatten().map(|entry| disk_bytes(&entry.path())).sum::<u64>()
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn batches(json_share: bool) -> Vec<(Batch, usize)> {
    let mut random = Random(7);
    let mut time = 1_795_338_780_000_000_000;
    let mut made = Vec::new();
    for container in 0..CONTAINERS {
        let name = format!("web-{container}");
        let mut batch = Batch::new(Arc::new(Resource::builder().with("container.name", &name).build()));
        let mut json_file = 0;
        while batch.has_room(1024) && batch.columns().body.len() < 512 << 10 {
            let before = batch.columns().body.len();
            let json = json_share && random.below(2) == 0;
            line(&mut random, json, batch.body_buffer());
            let length = batch.columns().body.len() - before;
            // Every quote of a JSON line is escaped on disk.
            json_file += length + FRAMING_BYTES + if json { 32 } else { 6 };
            time += 100_000 + random.below(1_000_000) as i64;
            batch.end_row(Row {
                time,
                observed: 1_795_338_790_000_000_000,
                severity: Severity::INFO,
                stream: Stream::Stdout,
                flags: Flags::empty(),
            });
        }
        made.push((batch, json_file));
    }
    made
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().ok_or("a directory is wanted")?;
    let wanted = arguments.next().map_or(Ok(1024), |text| text.parse::<usize>())? << 20;
    let kind = arguments.next().unwrap_or_default();
    let mut made = batches(kind == "json");
    if kind == "loud" {
        let loud = made[0].clone();
        made =
            made.into_iter().flat_map(|quiet| std::iter::repeat_n(loud.clone(), 9).chain([quiet])).collect();
    }
    let max_bytes = arguments.next().map_or(Ok(4096), |text| text.parse::<u64>())? << 20;
    let options = StoreOptions { min_free: 0, max_bytes, ..StoreOptions::default() };
    let store = Store::open(Path::new(&dir), options)?;
    let (done, disk_max) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let sampler = std::thread::spawn({
        let (dir, done, disk_max) = (dir.clone(), done.clone(), disk_max.clone());
        move || {
            while !done.load(Ordering::Relaxed) {
                disk_max.fetch_max(disk_bytes(Path::new(&dir)), Ordering::Relaxed);
                std::thread::park_timeout(Duration::from_millis(10));
            }
        }
    });
    let (mut copies, mut cloning) = (0, 0.0);
    let (began, cpu_began) = (Instant::now(), cpu_seconds());
    let mut json_file = 0;
    while json_file < wanted {
        let (batch, bytes) = &made[copies % made.len()];
        let before = cpu_seconds();
        let mut submission = Submission { batches: vec![batch.clone()], ..Submission::default() };
        cloning += cpu_seconds() - before;
        while let Err(SubmitError::Full(back)) = store.try_submit(submission) {
            submission = *back;
            store.wait_for_room(Duration::from_secs(10));
        }
        json_file += bytes;
        copies += 1;
    }
    store.flush()?;
    let (cpu, wall) = (cpu_seconds() - cpu_began - cloning, began.elapsed().as_secs_f64());
    let stats = store.stats();
    let megabytes = json_file as f64 / 1e6;
    println!(
        "{megabytes:.0} MB of json-file: {:.0} MB per CPU second, {:.0} MB/s; {} commits, {:.1} MB written ({:.2} of json-file), {} syncs",
        megabytes / cpu,
        megabytes / wall,
        stats.commits,
        stats.bytes_written as f64 / 1e6,
        stats.bytes_written as f64 / 1e6 / megabytes,
        stats.syncs,
    );
    while store.stats().journal_files > 1 {
        std::thread::park_timeout(Duration::from_millis(20));
    }
    let (cpu, wall) = (cpu_seconds() - cpu_began - cloning, began.elapsed().as_secs_f64());
    let stats = store.stats();
    println!(
        "sealed: {:.0} MB per CPU second, {:.0} MB/s; {} segments of {:.1} MB in all, seqs from {} to {}, {} gaps; \
         {:.1} of {:.1} MB were on disk at most",
        megabytes / cpu,
        megabytes / wall,
        stats.segments,
        stats.segment_bytes as f64 / 1e6,
        stats.oldest_seq,
        stats.end_seq,
        stats.gaps.len(),
        disk_max.load(Ordering::Relaxed) as f64 / 1e6,
        max_bytes as f64 / 1e6,
    );
    store.close();
    done.store(true, Ordering::Relaxed);
    sampler.join().map_err(|_| "the sampler panicked")?;
    let began = Instant::now();
    let again =
        Store::open(Path::new(&dir), StoreOptions { min_free: 0, max_bytes, ..StoreOptions::default() })?;
    println!("opened again in {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
    again.close();
    let status = std::fs::read_to_string("/proc/self/status")?;
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
    Ok(())
}
