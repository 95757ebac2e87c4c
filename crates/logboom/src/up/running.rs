//! Everything that runs, in the order in which it starts; it stops in the reverse order.
//!
//! ```text
//! start   data directory ─► store ─► stages ─► sources ─► sinks ─► server ─► ready
//! stop    sources ─► store flushed ─► sinks and server ─► store closed          (at most 5 s)
//! ```

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use logboom_model::status::Status;
use logboom_model::{LifecycleAction, Resource};
use logboom_process::FixedStages;
use logboom_server::{Bound, Context, ServerOptions};
use logboom_sinks::SinkSpec;
use logboom_sources::docker::DockerSource;
use logboom_store::{Store, StoreOptions};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use super::budget::Allowance;
use super::data_dir::DataDir;
use super::plan::Plan;
use super::sinks::Sinks;
use super::{docker_source, lifecycle};
use crate::client::url_of;
use crate::config::{ListenAddress, size_text};

/// Time from the signal to stop until the process ends, whatever hangs.
const STOP_TIMEOUT: Duration = Duration::from_millis(4500);
/// Of it, what is kept for the last steps: sinks, server, closing the store.
const STOP_RESERVE: Duration = Duration::from_millis(1500);

/// A logboom at work.
pub struct Running {
    resource: Arc<Resource>,
    store: Store,
    source: Option<Arc<DockerSource>>,
    sinks: Arc<Sinks>,
    server: Option<Server>,
}

struct Server {
    bound: Bound,
    shutdown: oneshot::Sender<()>,
}

impl Running {
    /// Starts everything. What had been started is stopped again when something later fails.
    pub async fn start(plan: &Plan, allowance: &Allowance) -> anyhow::Result<Self> {
        let data_dir = DataDir::prepare(&plan.data_dir)?;
        let token = match &plan.config.token {
            Some(secret) => secret.reveal().context("token")?,
            None => data_dir.token()?,
        };
        let engine = docker_source::ask_engine(plan).await;
        let resource = lifecycle::resource(&engine.host_name);
        let store = open_store(plan, allowance, data_dir.path().to_owned(), resource.clone()).await?;
        let sinks = Arc::new(Sinks::new(store.clone(), resource.clone()));
        let mut running = Self { resource, store, source: None, sinks, server: None };
        match running.start_on_store(plan, allowance, engine, token, &data_dir).await {
            Ok(()) => Ok(running),
            Err(error) => {
                // The first error is the one that matters.
                let _ = running.stop().await;
                Err(error)
            }
        }
    }

    async fn start_on_store(
        &mut self,
        plan: &Plan,
        allowance: &Allowance,
        engine: docker_source::Engine,
        token: String,
        data_dir: &DataDir,
    ) -> anyhow::Result<()> {
        lifecycle::record(&self.store, &self.resource, LifecycleAction::LogboomStart);
        let stages = Arc::new(FixedStages::new());
        self.source =
            docker_source::start(plan, engine, Arc::new(self.store.clone()), stages).await?.map(Arc::new);
        self.apply_sinks(plan.sinks.clone()).await?;
        let url = self.serve(plan, allowance, token).await?;
        if let Err(error) = data_dir.write_address(&url, self.store.store_id()) {
            tracing::warn!("reading commands need --server to find this logboom: {error:#}");
        }
        let stats = self.store.stats();
        tracing::info!(
            config = plan.file.as_deref().map(|file| file.display().to_string()),
            data_dir = %data_dir.path().display(),
            records = stats.records,
            memory = allowance.narrowed_memory(),
            cpus = allowance.narrowed_cpus(),
            disk = %format_args!("{} of {}", size_text(stats.bytes), size_text(stats.max_bytes)),
            "ready: the page is at {url}"
        );
        Ok(())
    }

    /// Makes the running sinks those of the list.
    pub async fn apply_sinks(&self, specs: Vec<SinkSpec>) -> anyhow::Result<()> {
        let sinks = self.sinks.clone();
        spawn_blocking(move || sinks.apply(&specs)).await.context("the sinks did not start")?
    }

    async fn serve(&mut self, plan: &Plan, allowance: &Allowance, token: String) -> anyhow::Result<String> {
        let options = ServerOptions {
            token: Some(token),
            insecure: plan.config.insecure,
            tls: plan.tls.clone(),
            hosts: plan.config.allowed_hosts.clone(),
            limits: allowance.server_limits(),
            ..ServerOptions::new(plan.listen.0)
        };
        let (shutdown, stopping) = oneshot::channel();
        // A dropped sender means stopping too.
        let bound = logboom_server::serve(options, self.context(), async { _ = stopping.await }).await?;
        let url = url_of(ListenAddress(bound.address()), plan.tls.is_some());
        self.server = Some(Server { bound, shutdown });
        Ok(url)
    }

    /// What the server answers from.
    fn context(&self) -> Context {
        let (store, source, sinks) = (self.store.clone(), self.source.clone(), self.sinks.clone());
        let listed = self.source.clone();
        Context {
            store: self.store.clone(),
            status: Arc::new(move || status(&store, source.as_deref(), &sinks)),
            containers: Arc::new(move || {
                listed.as_ref().map(|source| source.containers()).unwrap_or_default()
            }),
        }
    }

    /// Stops everything in reverse order, within [`STOP_TIMEOUT`]; an error when what was collected could not be made
    /// durable. It is not lost: positions move with the lines, so that it is read again.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let end = Instant::now() + STOP_TIMEOUT;
        if let Some(source) = self.source.take() {
            within(end - STOP_RESERVE, "the source", move || source.stop()).await;
        }
        let (store, resource) = (self.store.clone(), self.resource.clone());
        let flush = move || {
            lifecycle::record(&store, &resource, LifecycleAction::LogboomStop);
            store.flush()
        };
        let flushed = within(end - STOP_RESERVE, "storing what was collected", flush).await;
        let sinks = self.sinks.clone();
        let sinks_end = end - STOP_RESERVE / 3;
        tokio::join!(
            within(sinks_end, "the sinks", move || sinks.stop()),
            stop_server(sinks_end, self.server.take())
        );
        let store = self.store.clone();
        within(end, "closing the store", move || store.close()).await;
        match flushed {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => {
                Err(anyhow::Error::new(error).context("not everything was stored; it will be read again"))
            }
            None => {
                Err(anyhow::anyhow!("storing what was collected took too long; the rest will be read again"))
            }
        }
    }
}

async fn stop_server(end: Instant, server: Option<Server>) {
    let Some(Server { bound, shutdown }) = server else { return };
    // The server may have ended by itself.
    let _ = shutdown.send(());
    if timeout_at(end, bound.stopped()).await.is_err() {
        tracing::warn!("the server took too long to stop");
    }
}

/// Runs one blocking step of the stop; `None` when it took too long or failed, which is said.
async fn within<T: Send + 'static>(
    end: Instant,
    what: &str,
    step: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    match timeout_at(end, spawn_blocking(step)).await {
        Ok(Ok(result)) => Some(result),
        Ok(Err(_)) => None,
        Err(_) => {
            tracing::warn!("{what} took too long to stop");
            None
        }
    }
}

async fn open_store(
    plan: &Plan,
    allowance: &Allowance,
    path: PathBuf,
    resource: Arc<Resource>,
) -> anyhow::Result<Store> {
    let settings = &plan.config.store;
    let options = StoreOptions {
        max_bytes: settings.max_bytes.0,
        max_age: Some(settings.max_age.0),
        min_free: settings.min_free.0,
        queue_bytes: allowance.budget.queue_bytes,
        segment_body_bytes: allowance.budget.segment_body_bytes,
        ring_bytes: allowance.budget.ring_bytes,
        resource,
        ..StoreOptions::default()
    };
    let opened = spawn_blocking(move || Store::open(&path, options)).await;
    Ok(opened.context("the store did not open")??)
}

fn status(store: &Store, source: Option<&DockerSource>, sinks: &Sinks) -> Status {
    let stats = store.stats();
    Status {
        store_id: store.store_id().to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        records: stats.records,
        seq: stats.end_seq.saturating_sub(1),
        store: stats.status(),
        sources: source.map(DockerSource::status).into_iter().collect(),
        sinks: sinks.status(),
        gaps: stats.gaps,
    }
}
