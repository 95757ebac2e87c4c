//! What the owner of a store decides.

use std::sync::Arc;
use std::time::Duration;

use logboom_model::Resource;

/// Settings of a store; the defaults are those of a host with a 10 GiB budget.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Bytes on disk, preallocation included, that are never passed.
    pub max_bytes: u64,
    /// Age by commit time after which data go; `None` keeps them as long as there is room.
    pub max_age: Option<Duration>,
    /// Bytes left free on the host's disk.
    pub min_free: u64,
    /// Longest time a submission waits for others to share its sync.
    pub commit_interval: Duration,
    /// Bytes that make a commit go at once.
    pub commit_bytes: usize,
    /// Bound of what waits for its commit, in bytes of memory.
    pub queue_bytes: usize,
    /// Bound of the durable batches kept in memory for readers that follow the end.
    pub ring_bytes: usize,
    /// Share of one CPU that sealing takes while it is not behind, in per cent.
    pub seal_cpu_percent: u8,
    /// Bodies of one journal file, and so of one segment, at most: sealing holds them in memory about twice.
    pub segment_body_bytes: u64,
    /// Resource of the store's own gap rows.
    pub resource: Arc<Resource>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            max_bytes: 10 << 30,
            max_age: Some(Duration::from_secs(30 * 86_400)),
            min_free: 2 << 30,
            commit_interval: Duration::from_millis(50),
            commit_bytes: 1 << 20,
            queue_bytes: 8 << 20,
            ring_bytes: 8 << 20,
            seal_cpu_percent: 50,
            segment_body_bytes: crate::limits::FILE_BODY_BYTES_MAX,
            resource: Arc::new(Resource::builder().with("service.name", "logboom").build()),
        }
    }
}
