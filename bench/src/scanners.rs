//! ripgrep and zstdgrep over the json-files themselves, and over compressed copies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use crate::children::median;

/// A tool that is on PATH, and the root it is run in.
pub struct Scanner {
    root: PathBuf,
}

/// Whether a program is on PATH.
pub fn is_on_path(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

impl Scanner {
    /// The tool, when it is on PATH; says so when it is not.
    pub fn find(name: &str, root: &Path) -> Option<Self> {
        if !is_on_path(name) {
            println!("{name} is not on PATH, not measured");
            return None;
        }
        Some(Self { root: root.to_path_buf() })
    }

    /// Median seconds of a shell command. Finding nothing is an answer.
    pub fn time(&self, command: &str, runs: usize) -> Result<f64> {
        let mut times = Vec::new();
        for _ in 0..runs {
            let started = Instant::now();
            let status = Command::new("sh")
                .args(["-c", command])
                .current_dir(&self.root)
                // Bytes, not characters: many times as fast for grep, and what is asked is ASCII.
                .env("LC_ALL", "C")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .status()?;
            if status.code().is_none_or(|code| code > 1) {
                bail!("`{command}` failed with {status}");
            }
            times.push(started.elapsed().as_secs_f64());
        }
        Ok(median(&mut times))
    }
}

/// Compresses each container's json-file into `compressed/`, as a rotation with zstd would.
pub fn compress(root: &Path) -> Result<()> {
    let target = root.join("compressed");
    fs::create_dir_all(&target)?;
    for folder in fs::read_dir(root.join("containers"))? {
        let folder = folder?;
        let name = folder.file_name().to_string_lossy().into_owned();
        let status = Command::new("zstd")
            .args(["-q", "-1", "-f", "-o"])
            .arg(target.join(format!("{name}.zst")))
            .arg(folder.path().join(format!("{name}-json.log")))
            .status()
            .context("zstdgrep is on PATH and zstd is not")?;
        ensure!(status.success(), "zstd failed with {status}");
    }
    Ok(())
}
