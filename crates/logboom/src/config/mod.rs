//! The configuration: which file, what it says, and every mistake in it by line.
//!
//! ```text
//! file ─► document (YAML with places) ─► expand (${ENV}) ─► decode (serde) ─► validate (across settings) ─► Config
//! ```

mod decode;
mod document;
mod expand;
mod problem;
mod secret;
mod settings;
mod sink;
mod units;
mod validate;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

pub use problem::ConfigError;
pub use secret::Secret;
pub use settings::{
    BacklogSetting, Config, LimitsSettings, LogLevel, MEMORY_DEFAULT, MEMORY_MIN, StoreSettings,
};
pub use sink::check_languages;
pub use units::{Cpus, ListenAddress, size_text};

/// Where a configuration is looked for when none is named, in this order.
const DEFAULT_FILES: [&str; 2] = ["./logboom.yaml", "/etc/logboom/logboom.yaml"];

/// The data directory when nothing else is said.
pub const DEFAULT_DATA_DIR: &str = "/var/lib/logboom";

/// Largest configuration file that is read. A real one has some kilobytes.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// A configuration and the file it came from.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// The file; `None` when there is none and everything is at its default.
    pub file: Option<PathBuf>,
}

/// Loads the named file, or the first default file that exists, or the defaults.
pub fn load(named: Option<&Path>) -> anyhow::Result<Loaded> {
    let found = || DEFAULT_FILES.iter().map(PathBuf::from).find(|file| file.exists());
    let Some(file) = named.map(Path::to_path_buf).or_else(found) else {
        return Ok(Loaded::default());
    };
    let text = read(&file)?;
    let config = parse(&file, &text, &|name| std::env::var(name).ok())?;
    Ok(Loaded { config, file: Some(file) })
}

fn read(file: &Path) -> anyhow::Result<String> {
    let size = std::fs::metadata(file).with_context(|| format!("failed to read {}", file.display()))?.len();
    if size > FILE_BYTES_MAX {
        anyhow::bail!("{} has {size} bytes; a configuration has at most {FILE_BYTES_MAX}", file.display());
    }
    std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))
}

/// Reads a configuration from text; reports every mistake at once.
fn parse(file: &Path, text: &str, env: expand::Lookup<'_>) -> Result<Config, ConfigError> {
    let mut problems = Vec::new();
    let config = match document::parse(text) {
        Err(problem) => {
            problems.push(problem);
            None
        }
        Ok(mut root) => {
            expand::expand(&mut root, env, &mut problems);
            let config = decode::decode::<Config>(&mut root, &mut problems);
            if let Some(config) = &config {
                validate::validate(config, &root, &mut problems);
            }
            config
        }
    };
    problems.sort_by_key(|problem| problem.place);
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(ConfigError { file: file.to_owned(), problems }),
    }
}

#[cfg(test)]
mod tests;
