//! What `limits` come to: the memory divided among buffers, searches and tails, and the CPUs among threads.
//!
//! ```text
//! 80 MiB   24 the program, its threads, 64 connections, the reader of containers, one commit
//!          48 one search    2 queue and ring    4 sixteen tails    2 one lagging tail
//! beyond   1/3 more searches   1/6 more tails   1/12 queue and ring   1/12 lagging tails   1/3 kept free
//! ```
//!
//! Sealing takes what is not in use of the rest, up to a quarter of all (a segment holds an eighth of it in bodies).
//! From about 500 MiB on everything is at its default. The memory is divided, not walled off: what the kernel holds
//! to it is a cgroup.

use logboom_server::Limits;

use super::cgroup::Allowed;
use crate::config::{Cpus, LimitsSettings, MEMORY_DEFAULT, MEMORY_MIN, size_text};

/// Memory of one search: the 24 MiB of hits that it keeps at most, and what it decodes and encodes them in.
const SEARCH_BYTES: u64 = 48 << 20;
/// Searches at once, whatever the memory.
const SEARCHES_MAX: u64 = 4;
/// Searches at once for each CPU: one that runs, and one whose client reads what it found.
const SEARCHES_OF_CPU: usize = 2;

/// Memory of a tail with its connection, and of another connection besides.
const TAIL_BYTES: u64 = 256 << 10;
/// Tails in the least memory, and in the most.
const TAILS: (u64, u64) = (16, 256);

/// Connections without a tail, at least: ten browsers, whose idle ones cost next to nothing.
const OTHER_CONNECTIONS_MIN: usize = 64;

/// Memory of a tail that lags and keeps its place in a file: the entry as it is on disk, and decoded.
const TAIL_HOLD_BYTES: u64 = 2 << 20;
/// Lagging tails that keep their place, in the least memory and in the most.
const TAIL_HOLDS: (u64, u64) = (1, 16);

/// Bytes of the store's queue, and of its ring, in the least memory and in the most. A submission that is larger than
/// the queue is taken when nothing else waits.
const BUFFER_BYTES: (u64, u64) = (1 << 20, 8 << 20);

/// Bodies of one segment are at most this share of the memory, so that sealing takes about a quarter of it while it goes
/// on …
const SEGMENT_SHARE: u64 = 8;
/// … but neither so little that segments are many and small, nor more than the store takes.
const SEGMENT_BYTES: (u64, u64) = (4 << 20, 64 << 20);

/// Threads that serve HTTP and signals. The heavy work has threads of its own.
const WORKER_THREADS_MAX: usize = 2;
/// Threads for blocking work besides searches and tails: starting, stopping, short questions to store and source. More
/// than these wait for their turn.
const OTHER_THREADS: usize = 8;

/// Memory by its uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of the store's queue of what is not durable yet.
    pub queue_bytes: usize,
    /// Bytes of durable rows that the store keeps for those who follow.
    pub ring_bytes: usize,
    /// Bodies of one segment; sealing, which goes on one at a time, holds them about twice.
    pub segment_body_bytes: u64,
    /// Searches at once.
    pub searches: usize,
    /// Live tails.
    pub tails: usize,
    /// Lagging tails that keep their place.
    pub tail_holds: usize,
}

impl Budget {
    /// Divides the memory; less than [`MEMORY_MIN`] is divided like that.
    pub fn of(memory: u64) -> Self {
        let beyond = memory.saturating_sub(MEMORY_MIN.0);
        let buffer_bytes = (BUFFER_BYTES.0 + beyond / 24).min(BUFFER_BYTES.1) as usize;
        Self {
            queue_bytes: buffer_bytes,
            ring_bytes: buffer_bytes,
            segment_body_bytes: (memory / SEGMENT_SHARE).clamp(SEGMENT_BYTES.0, SEGMENT_BYTES.1),
            searches: (1 + beyond / 3 / SEARCH_BYTES).min(SEARCHES_MAX) as usize,
            tails: (TAILS.0 + beyond / 6 / TAIL_BYTES).min(TAILS.1) as usize,
            tail_holds: (TAIL_HOLDS.0 + beyond / 12 / TAIL_HOLD_BYTES).min(TAIL_HOLDS.1) as usize,
        }
    }
}

/// What this process takes of its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes of memory: the setting's, or its cgroup's when that is less.
    pub memory: u64,
    /// CPUs that it runs on.
    pub cpus: usize,
    /// CPUs that it could run on.
    host_cpus: usize,
    /// What the memory is for.
    pub budget: Budget,
}

impl Allowance {
    /// The least of what is set, what the cgroups allow, and the CPUs this process may run on.
    pub fn of(settings: &LimitsSettings, cgroups: Allowed, host_cpus: usize) -> Self {
        let memory = cgroups.memory.map_or(settings.memory.0, |allowed| allowed.min(settings.memory.0));
        let cpus = [settings.cpu, cgroups.cpu].into_iter().flatten().map(Cpus::whole);
        let cpus = cpus.fold(host_cpus, usize::min).max(1);
        let mut budget = Budget::of(memory);
        budget.searches = budget.searches.min(SEARCHES_OF_CPU.saturating_mul(cpus));
        Self { memory, cpus, host_cpus, budget }
    }

    /// Bounds of the server.
    pub fn server_limits(&self) -> Limits {
        let Budget { searches, tails, tail_holds, .. } = self.budget;
        // Each tail has a connection, and leaves one for everybody else.
        let connections = tails + tails.max(OTHER_CONNECTIONS_MIN);
        Limits {
            connections,
            tails,
            searches,
            tail_reads: self.tail_reads(),
            tail_holds,
            ..Limits::default()
        }
    }

    /// Threads that serve HTTP and signals.
    pub fn worker_threads(&self) -> usize {
        self.cpus.min(WORKER_THREADS_MAX)
    }

    /// Threads for searches and other work that blocks, each with a stack; they end when idle.
    pub fn blocking_threads(&self) -> usize {
        self.budget.searches + self.tail_reads() + OTHER_THREADS
    }

    /// Tails that read at once: half of the CPUs, the other half is for collecting.
    fn tail_reads(&self) -> usize {
        self.cpus.div_ceil(2)
    }

    /// The memory as a text, if it is less than logboom takes by itself.
    pub fn narrowed_memory(&self) -> Option<String> {
        (self.memory < MEMORY_DEFAULT.0).then(|| size_text(self.memory))
    }

    /// The CPUs, if they are fewer than there are.
    pub fn narrowed_cpus(&self) -> Option<usize> {
        (self.cpus < self.host_cpus).then_some(self.cpus)
    }

    /// Says what was decided, and when the cgroup gives less memory than logboom needs.
    pub fn log(&self) {
        tracing::debug!(memory = size_text(self.memory), cpus = self.cpus, budget = ?self.budget, "limits");
        if self.memory < MEMORY_MIN.0 {
            tracing::warn!(
                "the cgroup of this process has {} of memory and may be ended for it; give it {} or more",
                size_text(self.memory),
                size_text(MEMORY_MIN.0)
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    /// What the least memory is for besides what is divided; see the top of the file.
    const FIXED_BYTES: u64 = 24 * MIB;

    #[test]
    fn memory_by_its_uses() {
        for (mib, buffer_kib, searches, tails, tail_holds) in [
            (0, 1024, 1, 16, 1),
            (80, 1024, 1, 16, 1),
            (96, 1706, 1, 26, 1),
            (128, 3072, 1, 48, 3),
            (256, 8192, 2, 133, 8),
            (512, 8192, 4, 256, 16),
            (65_536, 8192, 4, 256, 16),
        ] {
            let budget = Budget::of(mib * MIB);
            assert_eq!(budget.queue_bytes, budget.ring_bytes);
            let found = (budget.queue_bytes >> 10, budget.searches, budget.tails, budget.tail_holds);
            assert_eq!(found, (buffer_kib, searches, tails, tail_holds), "{mib} MiB");
        }
    }

    #[test]
    fn everything_in_use_fits() {
        for memory in (MEMORY_MIN.0..=2 * MEMORY_DEFAULT.0).step_by(MIB as usize / 2) {
            let budget = Budget::of(memory);
            let used = (budget.queue_bytes + budget.ring_bytes) as u64
                + budget.searches as u64 * SEARCH_BYTES
                + budget.tails as u64 * TAIL_BYTES
                + budget.tail_holds as u64 * TAIL_HOLD_BYTES;
            assert!(FIXED_BYTES + used <= memory, "{memory}: {budget:?}");
        }
    }

    #[test]
    fn the_default_memory_narrows_nothing() {
        let (allowance, limits) = (allowance(512, None, None, None, 4), Limits::default());
        let server = allowance.server_limits();
        assert_eq!(
            (server.connections, server.tails, server.searches, server.tail_holds),
            (limits.connections, limits.tails, limits.searches, limits.tail_holds)
        );
        let store = logboom_store::StoreOptions::default();
        let Budget { queue_bytes, ring_bytes, .. } = allowance.budget;
        assert_eq!((queue_bytes, ring_bytes), (store.queue_bytes, store.ring_bytes));
        assert_eq!(allowance.budget.segment_body_bytes, store.segment_body_bytes);
        assert_eq!(Budget::of(80 << 20).segment_body_bytes, 10 << 20);
        assert_eq!((allowance.narrowed_memory(), allowance.narrowed_cpus()), (None, None));
    }

    fn allowance(
        mib: u64,
        cpu: Option<&str>,
        group_mib: Option<u64>,
        group_cpu: Option<&str>,
        host_cpus: usize,
    ) -> Allowance {
        let cpus = |text: Option<&str>| text.map(|text| text.parse::<Cpus>().unwrap());
        let settings = LimitsSettings { memory: format!("{mib}MiB").parse().unwrap(), cpu: cpus(cpu) };
        let cgroups = Allowed { memory: group_mib.map(|mib| mib * MIB), cpu: cpus(group_cpu) };
        Allowance::of(&settings, cgroups, host_cpus)
    }

    #[test]
    fn the_least_of_setting_cgroup_and_host_counts() {
        let check = |allowance: Allowance, mib: u64, cpus: usize, searches: usize| {
            let found = (allowance.memory / MIB, allowance.cpus, allowance.budget.searches);
            assert_eq!(found, (mib, cpus, searches), "{allowance:?}");
        };
        check(allowance(512, None, None, None, 8), 512, 8, 4);
        check(allowance(512, Some("2"), None, None, 8), 512, 2, 4);
        check(allowance(512, Some("0.5"), None, None, 8), 512, 1, 2);
        check(allowance(512, Some("16"), None, None, 8), 512, 8, 4);
        check(allowance(512, None, Some(128), Some("1.5"), 8), 128, 2, 1);
        check(allowance(96, Some("1"), Some(256), Some("4"), 8), 96, 1, 1);
        check(allowance(256, Some("4"), Some(96), Some("1"), 8), 96, 1, 1);
        check(allowance(512, None, Some(8_796_093_022_207), None, 1), 512, 1, 2);
        // Less than what can be set comes from a cgroup only.
        check(allowance(512, None, Some(16), None, 1), 16, 1, 1);
    }

    #[test]
    fn what_is_narrowed_is_said() {
        let narrow = allowance(96, Some("1"), None, None, 2);
        assert_eq!(
            (narrow.narrowed_memory().as_deref(), narrow.narrowed_cpus()),
            (Some("96.0 MiB"), Some(1))
        );
        let wide = allowance(1024, Some("2"), None, None, 2);
        assert_eq!((wide.narrowed_memory(), wide.narrowed_cpus()), (None, None));
    }

    #[test]
    fn threads_follow_the_cpus() {
        for (cpu, workers, blocking) in [("0.5", 1, 2 + 1 + 8), ("2", 2, 4 + 1 + 8), ("64", 2, 4 + 32 + 8)] {
            let allowance = allowance(512, Some(cpu), None, None, 64);
            assert_eq!(
                (allowance.worker_threads(), allowance.blocking_threads()),
                (workers, blocking),
                "{cpu}"
            );
        }
    }
}
