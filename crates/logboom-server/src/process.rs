//! Figures of this process from `/proc`, for the metrics that every Prometheus exporter has.

use std::fs;

/// What `/proc/self` says; absent where it cannot be read.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Process {
    /// Resident memory.
    pub resident_bytes: Option<u64>,
    /// Open file descriptors.
    pub open_fds: Option<u64>,
    /// The most there may be.
    pub max_fds: Option<u64>,
    /// User and system time.
    pub cpu_seconds: Option<f64>,
    /// Threads.
    pub threads: Option<u64>,
}

impl Process {
    /// Reads them.
    pub fn read() -> Self {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        Self {
            resident_bytes: resident_bytes(&fs::read_to_string("/proc/self/statm").unwrap_or_default()),
            open_fds: fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as u64),
            max_fds: max_fds(&limits),
            cpu_seconds: cpu_ticks(&stat)
                .map(|ticks| ticks as f64 / rustix::param::clock_ticks_per_second() as f64),
            threads: stat_field(&stat, 20),
        }
    }
}

fn resident_bytes(statm: &str) -> Option<u64> {
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

fn max_fds(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn cpu_ticks(stat: &str) -> Option<u64> {
    Some(stat_field(stat, 14)? + stat_field(stat, 15)?)
}

/// A numbered field of `/proc/self/stat` (proc(5) counts from 1). The second, the name, may contain anything.
fn stat_field(stat: &str, number: usize) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(number - 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_whatever_the_name_contains() {
        let stat = "7 (a) b) (c) S 1 2 3 4 5 6 7 8 9 10 70 30 13 14 15 16 9 18";
        assert_eq!(cpu_ticks(stat), Some(100));
        assert_eq!(stat_field(stat, 20), Some(9));
        assert_eq!(
            max_fds("Limit x\nMax open files            1024                 4096                 files\n"),
            Some(1024)
        );
    }

    #[test]
    fn this_process_has_figures() {
        let process = Process::read();
        assert!(process.resident_bytes.is_some_and(|bytes| bytes > 1 << 20), "{process:?}");
        assert!(process.open_fds.is_some_and(|count| count >= 3), "{process:?}");
        assert!(process.cpu_seconds.is_some() && process.max_fds.is_some(), "{process:?}");
    }
}
