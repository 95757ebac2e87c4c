//! A containers folder as Docker lays it out: `<root>/containers/<id>/{<id>-json.log,config.v2.json,hostconfig.json}`.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use logboom_model::{Stream, parse_rfc3339};
use logboom_wire::json_file;

use crate::Mix;
use crate::lines::{self, SYSTEMS};
use crate::planted::{Planter, SUBSTRING};
use crate::random::Random;

/// What was generated.
#[derive(Debug, Clone, Copy, Default)]
pub struct Generated {
    /// Lines, which are records too: none is longer than Docker's 16 KiB.
    pub lines: u64,
    /// Bytes of json-file.
    pub bytes: u64,
    /// Bytes of the lines themselves, without their line feeds.
    pub body_bytes: u64,
    /// Planted lines with the substring.
    pub substring_lines: u64,
    /// JSON lines with a `status` of 500 or more.
    pub failed_lines: u64,
}

/// First event time of every container, about.
pub const FIRST_TIME: &str = "2026-11-22T00:00:00Z";

/// Writes so many containers of about `bytes / containers` each, with what is planted in them.
pub fn containers_folder(
    root: &Path,
    mix: Mix,
    containers: usize,
    bytes: u64,
    seed: u64,
) -> Result<Generated> {
    let mut made = Generated::default();
    for number in 0..containers {
        let system = SYSTEMS[number % SYSTEMS.len()];
        let container = Container::create(root, number, system)?;
        let mut file = BufWriter::with_capacity(1 << 20, fs::File::create(&container.log)?);
        let mut random = Random::new(seed * 1_000 + number as u64);
        let as_json = mix == Mix::Half && number % 2 == 1;
        let mut time = start_time()? + number as i64 * 1_000_000_000;
        let (mut line, mut scratch, mut record) = (String::new(), String::new(), Vec::new());
        let target = bytes / containers as u64;
        let mut planter = Planter::new(number, target);
        let mut written = 0;
        while written < target {
            line.clear();
            if let Some(planted) = planter.line(written) {
                made.substring_lines += u64::from(planted.contains(SUBSTRING));
                line.push_str(&planted);
            } else if as_json {
                lines::json(system, &mut random, &mut scratch, &mut line);
            } else {
                lines::plain(system, &mut random, &mut line);
            }
            made.body_bytes += line.len() as u64;
            made.failed_lines += u64::from(as_json && line.contains(lines::FAILED));
            line.push('\n');
            // Bursts in one millisecond, then pauses: times jitter at nanoseconds, as Docker's do.
            time += if random.below(7) == 0 {
                1 + random.below(40_000_000) as i64
            } else {
                1 + random.below(9_000) as i64
            };
            let stream = if random.below(10) == 0 { Stream::Stderr } else { Stream::Stdout };
            record.clear();
            json_file::encode(line.as_bytes(), stream, &[], time, &mut record);
            file.write_all(&record)?;
            written += record.len() as u64;
            made.lines += 1;
        }
        file.flush()?;
        made.bytes += written;
    }
    Ok(made)
}

/// One container's folder.
pub struct Container {
    /// Its json-file.
    pub log: PathBuf,
}

impl Container {
    /// Makes the folder with its metadata, and an empty json-file.
    pub fn create(root: &Path, number: usize, system: &str) -> Result<Self> {
        let id =
            format!("{:064x}", (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        let folder = root.join("containers").join(&id);
        fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
        let log = folder.join(format!("{id}-json.log"));
        let config = serde_json::json!({
            "ID": id, "Name": format!("/{system}-{number}"), "Created": "2026-11-22T00:00:00Z", "LogPath": log,
            "Config": {"Hostname": &id[..12], "Image": format!("example/{system}:1.{number}"), "Tty": false, "Env": ["PATH=/bin"],
                       "Labels": {"com.docker.compose.project": "bench", "com.docker.compose.service": system}},
            "State": {"Running": true, "Pid": 1000 + number, "ExitCode": 0, "OOMKilled": false,
                      "StartedAt": "2026-11-22T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"},
        });
        let host_config = serde_json::json!({"LogConfig": {"Type": "json-file", "Config": {}}});
        fs::write(folder.join("hostconfig.json"), host_config.to_string())?;
        fs::write(&log, "")?;
        fs::write(folder.join("config.v2.json"), config.to_string())?;
        Ok(Self { log })
    }
}

fn start_time() -> Result<i64> {
    Ok(parse_rfc3339(FIRST_TIME.as_bytes())?)
}
