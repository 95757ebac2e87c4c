//! What all requests of one server share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::StatusCode;
use logboom_query::SearchOutcome;
use tokio::sync::{Semaphore, watch};

use crate::access::Access;
use crate::health::Health;
use crate::routes::Route;
use crate::{Context, Limits};

/// A handle for handlers.
pub(crate) type Shared = Arc<State>;

/// See the fields.
pub(crate) struct State {
    /// Who may ask.
    pub access: Access,
    /// What to answer from.
    pub context: Context,
    /// Bounds.
    pub limits: Limits,
    /// Requests answered.
    pub counters: Counters,
    /// What searches did.
    pub searches_counted: SearchCounters,
    /// Live tails.
    pub tails: Arc<Semaphore>,
    /// Running searches.
    pub searches: Arc<Semaphore>,
    /// Tails that read at this moment.
    pub tail_reads: Arc<Semaphore>,
    /// Lagging tails that keep an entry of the log between two reads.
    pub tail_holds: Arc<Semaphore>,
    /// Open connections.
    pub connections: Arc<Semaphore>,
    /// The probe behind `/healthz`.
    pub health: Health,
    /// Becomes true when the server stops.
    pub stopping: watch::Receiver<bool>,
}

impl State {
    /// The state of a server that starts.
    pub fn new(access: Access, context: Context, limits: Limits, stopping: watch::Receiver<bool>) -> Shared {
        Arc::new(Self {
            access,
            context,
            counters: Counters::default(),
            searches_counted: SearchCounters::default(),
            tails: Arc::new(Semaphore::new(limits.tails)),
            searches: Arc::new(Semaphore::new(limits.searches)),
            tail_reads: Arc::new(Semaphore::new(limits.tail_reads)),
            tail_holds: Arc::new(Semaphore::new(limits.tail_holds)),
            connections: Arc::new(Semaphore::new(limits.connections)),
            health: Health::new(limits.health_timeout),
            limits,
            stopping,
        })
    }
}

/// Ends when the server stops, or is gone.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone: stopped, too.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// What all searches since the start have done.
#[derive(Default)]
pub(crate) struct SearchCounters {
    started: AtomicU64,
    finished: AtomicU64,
    incomplete: AtomicU64,
    scanned_records: AtomicU64,
    scanned_bytes: AtomicU64,
    blocks: AtomicU64,
    skipped_blocks: AtomicU64,
}

impl SearchCounters {
    /// Counts one that starts.
    pub fn begin(&self) {
        self.started.fetch_add(1, Relaxed);
    }

    /// Counts one that ended by itself.
    pub fn end(&self, outcome: &SearchOutcome) {
        self.finished.fetch_add(1, Relaxed);
        self.incomplete.fetch_add(u64::from(outcome.incomplete.is_some()), Relaxed);
        self.scanned_records.fetch_add(outcome.scanned_records, Relaxed);
        self.scanned_bytes.fetch_add(outcome.scanned_bytes, Relaxed);
        self.blocks.fetch_add(outcome.blocks, Relaxed);
        self.skipped_blocks.fetch_add(outcome.skipped_blocks, Relaxed);
    }

    /// Names, helps and values of this moment, for `/metrics`.
    pub fn table(&self) -> [(&'static str, &'static str, u64); 7] {
        let value = |counter: &AtomicU64| counter.load(Relaxed);
        [
            ("logboom_searches_total", "Searches started.", value(&self.started)),
            ("logboom_searches_finished_total", "Searches that ended by themselves.", value(&self.finished)),
            (
                "logboom_searches_incomplete_total",
                "Of them, those that ended at a limit of time or memory.",
                value(&self.incomplete),
            ),
            (
                "logboom_search_scanned_records_total",
                "Records that searches read.",
                value(&self.scanned_records),
            ),
            (
                "logboom_search_scanned_bytes_total",
                "Bytes of bodies that searches read.",
                value(&self.scanned_bytes),
            ),
            ("logboom_search_blocks_total", "Blocks in the range of searches.", value(&self.blocks)),
            (
                "logboom_search_skipped_blocks_total",
                "Of them, those that index and filters ruled out.",
                value(&self.skipped_blocks),
            ),
        ]
    }
}

/// Answers by route and status; both are closed lists, so the table is bounded.
#[derive(Default)]
pub(crate) struct Counters {
    requests: Mutex<BTreeMap<(Route, u16), u64>>,
}

impl Counters {
    /// Counts one answer.
    pub fn count(&self, route: Route, status: StatusCode) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((route, status.as_u16())).or_default() += 1;
    }

    /// The table of this moment.
    pub fn requests(&self) -> BTreeMap<(Route, u16), u64> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
