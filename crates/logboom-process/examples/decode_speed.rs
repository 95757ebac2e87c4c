//! MB of json-file per CPU second, from memory: decoding, the fixed stages, and both.
//!
//! `cargo run --profile bench -p logboom-process --example decode_speed -- FILE…` (folders are searched for
//! `*-json.log`)

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, io};

use logboom_model::{Batch, Lane, Resource, Rows, Severity, Stages};
use logboom_process::{FixedStages, severity};
use logboom_wire::json_file;

const TURN_BYTES: usize = 256 << 10;
const PASSES: usize = 7;

fn main() -> io::Result<()> {
    let mut files = Vec::new();
    env::args_os().skip(1).try_for_each(|path| find(Path::new(&path), &mut files))?;
    let inputs: Vec<Vec<u8>> = files.iter().map(fs::read).collect::<io::Result<_>>()?;
    let megabytes = inputs.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
    let resource = Arc::new(Resource::builder().with("container.name", "bench").build());

    let mut batches = Vec::new();
    let (mut rows, mut undecoded) = (0, 0);
    for input in &inputs {
        decode(input, &resource, &mut |decoded, progress| {
            rows += progress.rows;
            undecoded += progress.undecoded;
            batches.push(decoded.batch);
        });
    }
    let bodies = batches.iter().map(|batch| batch.columns().body.len()).sum::<usize>() as f64 / 1e6;
    println!("{megabytes:.0} MB of json-file, {bodies:.0} MB of bodies, {rows} rows, {undecoded} undecoded");

    report("decode", megabytes, || {
        inputs.iter().for_each(|input| decode(input, &resource, &mut |rows, _| drop(black_box(rows))));
    });
    report("decode + all stages", megabytes, || {
        for input in &inputs {
            let mut lane: Box<dyn Lane> = FixedStages::new().lane(&resource);
            decode(input, &resource, &mut |rows, _| drop(black_box(lane.run(rows))));
        }
    });
    let mut known = 0;
    report("severity (of bodies)", bodies, || {
        let severities = batches.iter().flat_map(Batch::records).map(|record| severity::detect(record.body));
        known = severities.filter(|severity| *severity != Severity::UNSET).count();
    });
    println!("{known} rows with a severity");
    Ok(())
}

fn find(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_dir() || path.to_string_lossy().ends_with("-json.log") {
            find(&path, files)?;
        }
    }
    Ok(())
}

fn decode(input: &[u8], resource: &Arc<Resource>, take: &mut impl FnMut(Rows, json_file::Progress)) {
    let mut at = 0;
    while at < input.len() {
        let turn = &input[at..input.len().min(at + TURN_BYTES)];
        let batch = Batch::with_capacity(resource.clone(), turn.len() / 128, turn.len());
        let mut rows = Rows { batch, starts: Vec::with_capacity(turn.len() / 128) };
        let progress = json_file::decode(turn, at as u64, 0, &mut rows, |_, _, _| true);
        if progress.consumed == 0 {
            break;
        }
        at += progress.consumed;
        take(rows, progress);
    }
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
    println!("{name:<26} {:>6.0} MB/s best, {:>6.0} median", speeds[PASSES - 1], speeds[PASSES / 2]);
}

/// User and system time of this thread.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
