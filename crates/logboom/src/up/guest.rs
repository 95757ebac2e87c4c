//! What a good guest does on a host: takes the open files it is allowed, and says clearly what it may not read.

use std::io;
use std::path::Path;

use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};

/// Open files that are enough for many thousand containers; the limit is not raised beyond it.
const OPEN_FILES: u64 = 1 << 20;

/// Raises the soft limit of open files to the hard one: each container is an open file, and more while it rotates.
pub fn raise_open_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(OPEN_FILES).min(OPEN_FILES);
    if current.is_some_and(|current| current < wanted) {
        let limit = Rlimit { current: Some(wanted), maximum };
        match setrlimit(Resource::Nofile, limit) {
            Ok(()) => tracing::debug!(limit = wanted, "raised the limit of open files"),
            Err(error) => tracing::warn!(%error, "failed to raise the limit of open files"),
        }
    }
}

/// Why Docker's files cannot be read, and what to do, if so. logboom runs on and tries again.
pub fn unreadable(docker_root: &Path) -> Option<String> {
    let containers = docker_root.join("containers");
    let error = std::fs::read_dir(&containers).err()?;
    let containers = containers.display();
    match error.kind() {
        io::ErrorKind::PermissionDenied => Some(format!(
            "{containers} cannot be read by user {} without CAP_DAC_READ_SEARCH; run logboom as root, or give it that capability \
             (systemd: AmbientCapabilities=CAP_DAC_READ_SEARCH; a file: setcap cap_dac_read_search+ep /path/of/logboom); trying again until it can",
            geteuid().as_raw()
        )),
        io::ErrorKind::NotFound => Some(format!(
            "{containers} does not exist; if Docker keeps its files elsewhere, say so with --docker-root; waiting for it"
        )),
        _ => Some(format!("{containers} cannot be read: {error}; trying again until it can")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_root_is_named_with_the_way_out() {
        let dir = tempfile::tempdir().unwrap();
        let message = unreadable(dir.path()).unwrap();
        assert!(message.contains("--docker-root"), "{message}");
        std::fs::create_dir(dir.path().join("containers")).unwrap();
        assert_eq!(unreadable(dir.path()), None);
    }
}
