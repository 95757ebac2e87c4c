//! What a good guest does on a host: takes the open files it is allowed, keeps to the CPUs it is given, and says
//! clearly what it may not read.

use std::io;
use std::path::Path;

use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

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

/// How many CPUs this thread may run on.
pub fn cpus() -> usize {
    // More CPUs than the set can hold: std asks with a larger one, and counts what a cgroup allows too.
    let counted = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    sched_getaffinity(None).map_or_else(|_| counted(), |allowed| allowed.count() as usize)
}

/// Keeps this thread, and all that it starts, to so many of its CPUs.
pub fn narrow_cpus(count: usize) {
    let result =
        sched_getaffinity(None).and_then(|allowed| sched_setaffinity(None, &last_of(&allowed, count)));
    if let Err(error) = result {
        tracing::warn!(%error, count, "failed to keep to so many CPUs; threads and searches are limited all the same");
    }
}

/// The last of the CPUs: most interrupts, and most of those who want just one CPU, go to the first.
fn last_of(allowed: &CpuSet, count: usize) -> CpuSet {
    let mut kept = CpuSet::new();
    let last = (0..CpuSet::MAX_CPU).rev().filter(|cpu| allowed.is_set(*cpu)).take(count);
    last.for_each(|cpu| kept.set(cpu));
    kept
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
    fn the_last_of_the_allowed_cpus_are_kept() {
        let set = |cpus: &[usize]| {
            let mut set = CpuSet::new();
            cpus.iter().for_each(|cpu| set.set(*cpu));
            set
        };
        let allowed = set(&[0, 1, 6, 1023]);
        for (count, kept) in
            [(1, &[1023][..]), (2, &[6, 1023]), (4, &[0, 1, 6, 1023]), (9, &[0, 1, 6, 1023]), (0, &[])]
        {
            assert_eq!(last_of(&allowed, count), set(kept), "{count}");
        }
    }

    #[test]
    fn a_missing_root_is_named_with_the_way_out() {
        let dir = tempfile::tempdir().unwrap();
        let message = unreadable(dir.path()).unwrap();
        assert!(message.contains("--docker-root"), "{message}");
        std::fs::create_dir(dir.path().join("containers")).unwrap();
        assert_eq!(unreadable(dir.path()), None);
    }
}
