//! The Docker source of a running logboom: which root, which host name, what it may not read.
//!
//! The engine is asked once before anything starts, because its root and its name are part of the first rows already.
//! Everything works without an answer.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, ClientVersion, Docker};
use logboom_model::{Intake, Stages};
use logboom_sources::docker::{self, Backlog, DockerOptions, DockerSource};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::docker_engine::DockerEngine;
use super::plan::Plan;
use super::{guest, own_container};
use crate::config::{BacklogSetting, StoreSettings};

/// Docker's root where nobody says otherwise.
const DEFAULT_ROOT: &str = "/var/lib/docker";
/// How long the start waits for the engine.
const ENGINE_TIMEOUT: Duration = Duration::from_millis(1500);
/// Versions of the API that are tried: an engine refuses those it does not know, newer and older ones alike.
const API_VERSIONS: [(usize, usize); 4] =
    [(API_DEFAULT_VERSION.major_version, API_DEFAULT_VERSION.minor_version), (1, 44), (1, 41), (1, 24)];
/// History read in at the first start, as a part of the store's budget. Its lines take about a fifth of their
/// json-files' size in the store, so that history never evicts what is new.
const BACKLOG_SHARE: u64 = 2;

/// What is known of the engine and the host.
pub struct Engine {
    /// The host's name: the engine's word, or the kernel's.
    pub host_name: String,
    /// Docker's root as the engine has it, when it answered.
    root: Option<PathBuf>,
}

/// Asks the engine for the host's name and its root.
pub async fn ask_engine(plan: &Plan) -> Engine {
    let asked = match plan.config.sources.docker.enabled {
        true => timeout(ENGINE_TIMEOUT, info(&plan.engine)).await.ok().and_then(Result::ok),
        false => None,
    };
    let (name, root) = asked.unwrap_or_default();
    let kernel_name = || rustix::system::uname().nodename().to_string_lossy().into_owned();
    let host_name = name.filter(|name| !name.is_empty()).unwrap_or_else(kernel_name);
    Engine { host_name, root: root.map(PathBuf::from) }
}

async fn info(engine: &DockerEngine) -> Result<(Option<String>, Option<String>), Error> {
    let mut refused = None;
    for (major_version, minor_version) in API_VERSIONS {
        match connect(engine, &ClientVersion { major_version, minor_version })?.info().await {
            Ok(info) => return Ok((info.name, info.docker_root_dir)),
            Err(error @ Error::DockerResponseServerError { status_code: 400, .. }) => refused = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(refused.unwrap_or(Error::RequestTimeoutError))
}

fn connect(engine: &DockerEngine, version: &ClientVersion) -> Result<Docker, Error> {
    let seconds = ENGINE_TIMEOUT.as_secs() + 1;
    match &engine.tls {
        _ if engine.address.starts_with("unix://") => {
            Docker::connect_with_unix(&engine.address, seconds, version)
        }
        Some(tls) => {
            Docker::connect_with_ssl(&engine.address, &tls.key, &tls.cert, &tls.ca, seconds, version)
        }
        None => Docker::connect_with_http(&engine.address, seconds, version),
    }
}

/// Starts to collect, unless switched off. Files that cannot be read are named; the source waits for them.
pub async fn start(
    plan: &Plan,
    engine: Engine,
    intake: Arc<dyn Intake>,
    stages: Arc<dyn Stages>,
) -> anyhow::Result<Option<DockerSource>> {
    let settings = &plan.config.sources.docker;
    if !settings.enabled {
        return Ok(None);
    }
    let root = root(plan.docker_root.clone(), engine.root);
    if let Some(problem) = guest::unreadable(&root) {
        tracing::warn!("{problem}");
    }
    let own_container = own_container::detect();
    if let Some(id) = &own_container {
        tracing::info!(container = id, "this is logboom's own container, whose lines are not collected");
    }
    let options = DockerOptions {
        root,
        engine: Some(plan.engine.address.clone()),
        engine_tls: plan.engine.tls.clone(),
        backlog: backlog(settings.backlog),
        backlog_bytes_max: backlog_bytes(&plan.config.store),
        own_container,
        host_name: engine.host_name,
        ..DockerOptions::default()
    };
    let started = spawn_blocking(move || docker::start(options, intake, stages)).await;
    Ok(Some(started.context("the Docker source did not start")??))
}

/// The named root; else the engine's, if it can be seen from here; else the usual one.
fn root(named: Option<PathBuf>, engines: Option<PathBuf>) -> PathBuf {
    let seen = |root: &PathBuf| {
        root.join("containers").symlink_metadata().is_ok() || root.as_path() == Path::new(DEFAULT_ROOT)
    };
    named.or_else(|| engines.filter(seen)).unwrap_or_else(|| DEFAULT_ROOT.into())
}

fn backlog(setting: BacklogSetting) -> Backlog {
    match setting {
        BacklogSetting::None => Backlog::None,
        BacklogSetting::Age(age) => Backlog::Age(age.0),
        BacklogSetting::All => Backlog::All,
    }
}

fn backlog_bytes(store: &StoreSettings) -> u64 {
    store.max_bytes.0 / BACKLOG_SHARE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_root_wins_and_an_unseen_one_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let engines = dir.path().to_path_buf();
        assert_eq!(root(Some("/srv/docker".into()), Some(engines.clone())), PathBuf::from("/srv/docker"));
        assert_eq!(root(None, Some(engines.clone())), PathBuf::from(DEFAULT_ROOT));
        std::fs::create_dir(engines.join("containers")).unwrap();
        assert_eq!(root(None, Some(engines.clone())), engines);
        assert_eq!(root(None, None), PathBuf::from(DEFAULT_ROOT));
    }
}
