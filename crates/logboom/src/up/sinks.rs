//! The sinks of a running logboom: started, replaced on reload, stopped. Here queries and the store come together
//! with `logboom-sinks`, which knows neither.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use logboom_model::status::SinkStatus;
use logboom_model::{Flags, Resource};
use logboom_query::parse_time;
use logboom_sinks::{Accept, SinkHandle, SinkSpec, StartFrom, Wiring};
use logboom_store::Store;

use crate::clock::now;

/// Every sink that runs.
pub struct Sinks {
    store: Store,
    resource: Arc<Resource>,
    running: Mutex<Vec<(SinkSpec, SinkHandle)>>,
}

impl Sinks {
    /// No sinks yet.
    pub fn new(store: Store, resource: Arc<Resource>) -> Self {
        Self { store, resource, running: Mutex::default() }
    }

    /// Makes the running sinks those of the list: what is no longer named, or named otherwise, stops first. Each goes
    /// on where its name had come to.
    pub fn apply(&self, specs: &[SinkSpec]) -> anyhow::Result<()> {
        let mut running = self.lock();
        running.retain(|(spec, handle)| {
            let stays = specs.contains(spec);
            if !stays {
                handle.stop();
                tracing::info!(sink = spec.name, "sink stopped");
            }
            stays
        });
        for spec in specs {
            if running.iter().any(|(known, _)| known == spec) {
                continue;
            }
            let handle = self.start(spec)?;
            tracing::info!(sink = spec.name, "sink started");
            running.push((spec.clone(), handle));
        }
        Ok(())
    }

    /// How each fares.
    pub fn status(&self) -> Vec<SinkStatus> {
        self.lock().iter().map(|(_, handle)| handle.status()).collect()
    }

    /// Stops all of them.
    pub fn stop(&self) {
        let running = std::mem::take(&mut *self.lock());
        std::thread::scope(|scope| {
            for (_, handle) in &running {
                scope.spawn(|| handle.stop());
            }
        });
    }

    fn start(&self, spec: &SinkSpec) -> anyhow::Result<SinkHandle> {
        let (reader, ends, resolver) = (self.store.clone(), self.store.clone(), self.store.clone());
        let wiring = Wiring {
            intake: Arc::new(self.store.clone()),
            open_reader: Box::new(move |from| Box::new(reader.reader(from))),
            end_seq: Arc::new(move || ends.end_seq()),
            resolve: Box::new(move |from| first_seq(&resolver, from)),
            accept: accept(spec)?,
            resource: self.resource.clone(),
        };
        Ok(logboom_sinks::start(spec.clone(), wiring)?)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(SinkSpec, SinkHandle)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a sink takes: what its query finds; and from `now` on means without the history that is still being read in.
fn accept(spec: &SinkSpec) -> anyhow::Result<Accept> {
    let query = logboom_query::parse_filter(spec.filter.as_deref().unwrap_or_default())
        .with_context(|| format!("sink {}: where", spec.name))?;
    let mut matcher = query.matcher();
    let without_backlog = spec.from == StartFrom::Now;
    Ok(Box::new(move |record| {
        !(without_backlog && record.flags.contains(Flags::BACKLOG)) && matcher.matches(record)
    }))
}

/// The first seq a new sink sends.
fn first_seq(store: &Store, from: &StartFrom) -> io::Result<u64> {
    match from {
        StartFrom::Now => Ok(store.end_seq()),
        StartFrom::Earliest => Ok(store.snapshot().seqs().start),
        StartFrom::Time(text) => {
            let since = parse_time(text, now()).map_err(io::Error::other)?;
            store.snapshot().first_seq_since(since).map_err(io::Error::other)
        }
    }
}
