//! Decoding on one core, from memory: the codec alone, and the codec with the fixed stages.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use logboom_model::{Batch, Resource, Rows, Stages as _};
use logboom_process::FixedStages;
use logboom_wire::json_file;

/// Bytes handed to the decoder at once, as the source does.
const TURN_BYTES: usize = 256 * 1024;

/// Prints MB of json-file per CPU second, best and median of five passes over one file of each container.
pub fn report(root: &Path) -> Result<()> {
    let mut inputs = Vec::new();
    for entry in fs::read_dir(root.join("containers"))? {
        let folder = entry?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut bytes = fs::read(folder.join(format!("{name}-json.log")))?;
        bytes.truncate(16 << 20);
        inputs.push(bytes);
    }
    ensure!(!inputs.is_empty(), "no containers below {}", root.display());
    let megabytes = inputs.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
    for (name, with_stages) in [("decode", false), ("decode + join + severity", true)] {
        let mut speeds: Vec<f64> = (0..5)
            .map(|_| {
                let start = cpu_time();
                inputs.iter().for_each(|input| pass(input, with_stages));
                megabytes / (cpu_time() - start).as_secs_f64()
            })
            .collect();
        speeds.sort_by(f64::total_cmp);
        println!("{name:<26} {:>6.0} MB/s per core (median of 5; best {:.0})", speeds[2], speeds[4]);
    }
    Ok(())
}

fn pass(input: &[u8], with_stages: bool) {
    let resource = Arc::new(Resource::builder().with("container.name", "bench").build());
    let mut lane = FixedStages::new().lane(&resource);
    let mut at = 0;
    while at < input.len() {
        let turn = &input[at..input.len().min(at + TURN_BYTES)];
        let mut rows = Rows {
            batch: Batch::with_capacity(resource.clone(), turn.len() / 128, turn.len()),
            starts: Vec::with_capacity(turn.len() / 128),
        };
        let progress = json_file::decode(turn, at as u64, 0, &mut rows, |_, _, _| true);
        if progress.consumed == 0 {
            break;
        }
        at += progress.consumed;
        if with_stages {
            std::hint::black_box(lane.run(rows));
        } else {
            std::hint::black_box(rows);
        }
    }
}

/// User and system time of this thread.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
