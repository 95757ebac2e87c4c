//! What all requests of one server share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::StatusCode;
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
