//! MB of bodies per CPU second, from memory: finding marks, planning columns, taking rows apart.
//!
//! `cargo run --profile bench -p logboom-store --example attribute_speed -- FILE…` (files of lines; files of
//! Docker's json-file format are unwrapped)

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, io};

use logboom_model::attributes::{is_json_object, is_logfmt};
use logboom_model::{Batch, ColumnValues, Flags, Resource, Row, Severity, Stream};
use logboom_store::shred::{Shredder, plan};

const PASSES: usize = 9;
const BLOCK_BYTES: usize = 2 << 20;

fn main() -> io::Result<()> {
    for path in env::args().skip(1) {
        measure(&path, &fs::read(&path)?);
    }
    Ok(())
}

fn measure(path: &str, text: &[u8]) {
    let batches = batches(text);
    let bodies = batches.iter().map(|batch| batch.columns().body.len()).sum::<usize>();
    let megabytes = bodies as f64 / 1e6;
    let records = || batches.iter().flat_map(Batch::records);
    let marked = |flag| records().filter(|record| record.flags.contains(flag)).count();
    println!(
        "{path}: {megabytes:.1} MB of bodies, {} rows, {} of JSON, {} of logfmt",
        records().count(),
        marked(Flags::JSON),
        marked(Flags::LOGFMT)
    );
    report("marks", megabytes, || {
        records().for_each(|record| {
            black_box(mark(record.body));
        });
    });
    report("plan", megabytes, || drop(black_box(plan(&batches))));
    let columns = plan(&batches);
    let mut residual = 0;
    let mut values = 0;
    report("shred", megabytes, || {
        let mut shredder = Shredder::new(&columns);
        (residual, values) = (0, 0);
        let mut bytes = 0;
        for record in records() {
            shredder.row(record.flags, record.body, record.attributes);
            bytes += record.body.len();
            if bytes > BLOCK_BYTES {
                bytes = 0;
                let block = black_box(shredder.take());
                residual += block.residual.bytes.len();
                values += block.columns.iter().map(count).sum::<usize>();
            }
        }
        drop(black_box(shredder.take()));
    });
    println!(
        "{} columns, about {values} values in them, {residual} bytes of residual",
        columns.columns.len()
    );
}

fn count(column: &ColumnValues) -> usize {
    match column {
        ColumnValues::Absent => 0,
        ColumnValues::Text(text) => text.offsets.len() - 1,
        ColumnValues::I64(fixed) => fixed.values.len(),
        ColumnValues::F64(fixed) => fixed.values.len(),
        ColumnValues::Bool(fixed) => fixed.values.len(),
    }
}

fn mark(body: &[u8]) -> Flags {
    if body.first() == Some(&b'{') && is_json_object(body) {
        Flags::JSON
    } else if is_logfmt(body) {
        Flags::LOGFMT
    } else {
        Flags::empty()
    }
}

fn batches(text: &[u8]) -> Vec<Batch> {
    let resource = Arc::new(Resource::builder().build());
    let mut batches = vec![Batch::new(resource.clone())];
    for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let unwrapped = serde_json::from_slice::<serde_json::Value>(line).ok();
        let unwrapped = unwrapped.as_ref().and_then(|value| value["log"].as_str()).map(str::trim_end);
        let body = unwrapped.map_or(line, str::as_bytes);
        if batches.last().is_none_or(|batch| !batch.has_room(body.len())) {
            batches.push(Batch::new(resource.clone()));
        }
        let row = Row {
            time: 0,
            observed: 0,
            severity: Severity::UNSET,
            stream: Stream::Stdout,
            flags: mark(body),
        };
        if let Some(batch) = batches.last_mut() {
            batch.push(row, body);
        }
    }
    batches
}

/// Best and median, of as many passes as make up for a busy machine.
fn report(name: &str, megabytes: f64, mut pass: impl FnMut()) {
    let mut speeds: Vec<f64> = (0..PASSES)
        .map(|_| {
            let start = cpu_time();
            pass();
            megabytes / (cpu_time() - start).as_secs_f64()
        })
        .collect();
    speeds.sort_by(f64::total_cmp);
    println!("{name:<8} {:>6.0} MB/s best, {:>6.0} median", speeds[PASSES - 1], speeds[PASSES / 2]);
}

/// User and system time of this thread.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
