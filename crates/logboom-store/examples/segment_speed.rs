//! What a segment costs to write and to read, on real lines.
//!
//! `cargo run --profile bench -p logboom-store --example segment_speed -- DIR FILE…`; each file holds the lines of one
//! container. One segment of 64 MiB of bodies is filled from all of them in turn, and stays in DIR as
//! `segment.parquet`. Figures are of one core.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use logboom_model::{Batch, Flags, Resource, Row, Severity, StoreId, Stream, attributes};
use logboom_store::Columns;
use logboom_store::fs::{Fs, RealFs};
use logboom_store::segment::{Segment, SegmentMeta, write_segment};
use rustix::time::{ClockId, clock_gettime};

const SEGMENT_BYTES: usize = 64 << 20;
/// Lines of one container that come together.
const RUN_LINES: usize = 20;
const START: i64 = 1_795_338_780_000_000_000;
const ROUNDS: u32 = 5;

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn flags_of(line: &[u8]) -> Flags {
    if attributes::is_json_object(line) {
        Flags::JSON
    } else if attributes::is_logfmt(line) {
        Flags::LOGFMT
    } else {
        Flags::empty()
    }
}

/// Batches of runs of lines of all files in turn.
fn batches(files: &[Vec<u8>]) -> Vec<Batch> {
    let mut lines: Vec<_> = files.iter().map(|file| file.split(|&byte| byte == b'\n')).collect();
    let resources: Vec<_> = (0..files.len())
        .map(|at| {
            let name = format!("service-{at}");
            let builder = Resource::builder().with("container.name", &name).with("service.name", &name);
            Arc::new(builder.with("container.id", &format!("{at:064x}")).build())
        })
        .collect();
    let (mut batches, mut bytes, mut seq, mut time) = (Vec::new(), 0, 1, START);
    while bytes < SEGMENT_BYTES {
        let before = bytes;
        for (lines, resource) in lines.iter_mut().zip(&resources) {
            let mut batch = Batch::new(Arc::clone(resource));
            for line in lines.take(RUN_LINES).filter(|line| !line.is_empty()) {
                time += 1_000_000 + seq as i64 % 977 * 1_000;
                let severity =
                    Severity::from_number([9, 9, 9, 5, 13, 17][seq as usize % 6]).unwrap_or_default();
                let stream = if seq % 10 == 0 { Stream::Stderr } else { Stream::Stdout };
                let row = Row { time, observed: time + 1_500_000, severity, stream, flags: flags_of(line) };
                batch.push(row, line);
                bytes += line.len();
            }
            batch.assign_seqs(seq);
            seq = batch.end_seq();
            if !batch.is_empty() {
                batches.push(batch);
            }
        }
        if bytes == before {
            break;
        }
    }
    batches
}

fn measure<T>(mut work: impl FnMut() -> T) -> (T, f64) {
    let mut value = work();
    let before = cpu_time();
    for _ in 0..ROUNDS {
        value = black_box(work());
    }
    (value, (cpu_time() - before).as_secs_f64() / f64::from(ROUNDS))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().ok_or("usage: segment_speed DIR FILE…")?;
    let files = arguments.map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let rows = batches(&files);
    let fs = RealFs::new(Path::new(&dir));
    let meta = SegmentMeta {
        store_id: StoreId([1; 16]),
        seqs: 1..rows.last().map_or(1, Batch::end_seq),
        first_commit: START,
        last_commit: START,
        evicted: 0,
    };
    let (summary, seconds) = measure(|| {
        let _ = fs.unlink("segment.parquet");
        fs.create("segment.parquet")
            .map_err(Into::into)
            .and_then(|file| write_segment(&*file, &meta, &rows, &mut |_| Ok(())))
    });
    let summary = summary?;
    let megabytes = summary.body_bytes as f64 / 1e6;
    println!(
        "{} rows, {megabytes:.1} MB of bodies, {:.2} MB on disk (1/{:.2})",
        summary.rows,
        summary.disk_bytes as f64 / 1e6,
        summary.body_bytes as f64 / summary.disk_bytes as f64
    );
    println!(
        "write: {:.2} ms of CPU per MB of bodies ({:.0} MB/s)",
        seconds * 1e3 / megabytes,
        megabytes / seconds
    );
    let segment = Segment::open(fs.open("segment.parquet", false)?)?;
    let (_, seconds) = measure(|| Segment::open(fs.open("segment.parquet", false)?));
    println!("open: {:.0} us, {} bytes in memory", seconds * 1e6, segment.memory_bytes());
    let some = |change: fn(&mut Columns)| {
        let mut columns = Columns::default();
        change(&mut columns);
        columns
    };
    for (name, columns) in [
        ("everything", Columns::all()),
        ("bodies", some(|columns| columns.body = true)),
        ("time and severity", some(|columns| (columns.time, columns.severity) = (true, true))),
        ("duration_ms", some(|columns| columns.views = Arc::new([Box::from("duration_ms")]))),
    ] {
        let (rows, seconds) = measure(|| {
            let blocks = 0..segment.blocks().len();
            blocks.map(|block| segment.load(block, &columns).map_or(0, |rows| rows.len())).sum::<usize>()
        });
        println!("load {name}: {:.2} GB/s of bodies ({rows} batches)", megabytes / 1e3 / seconds);
    }
    let (rows, seconds) = measure(|| {
        let stripes = 0..segment.stripes().len();
        stripes.filter_map(|stripe| segment.stripe_in_order(stripe, 0).ok()).flatten().count()
    });
    println!("in order: {:.2} GB/s of bodies ({rows} runs)", megabytes / 1e3 / seconds);
    let columns: u64 = segment.blocks().iter().map(|block| block.disk_bytes).sum();
    println!(
        "{} blocks, pages {columns} bytes, the rest {}",
        segment.blocks().len(),
        summary.disk_bytes - columns
    );
    println!("columns of attributes: {:?}", summary.attribute_names);
    Ok(())
}
