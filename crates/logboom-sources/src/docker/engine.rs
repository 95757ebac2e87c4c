//! The Docker Engine's side: its name, its root and its events, on a thread of its own. Everything works without it;
//! it adds the host's name, exit codes of runs that end and begin between two looks, and what happened to containers
//! that came and went while logboom was away.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bollard::errors::Error;
use bollard::models::{EventMessage, SystemInfo};
use bollard::query_parameters::EventsOptions;
use bollard::{API_DEFAULT_VERSION, Docker};
use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot};

use super::lifecycle::EngineAction;
use super::wake::Wake;
use crate::limits::{ENGINE_REQUEST_TIMEOUT_S, ENGINE_RETRY_MAX, ENGINE_RETRY_MIN};

/// TLS files of a remote engine, as in `DOCKER_CERT_PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineTls {
    /// Certificate authority, PEM.
    pub ca: PathBuf,
    /// Client certificate, PEM.
    pub cert: PathBuf,
    /// Client key, PEM.
    pub key: PathBuf,
}

/// What the engine's thread tells the reader.
#[derive(Debug)]
pub enum EngineMessage {
    /// The engine answered, and its events are coming.
    Connected {
        /// The host's name.
        host_name: String,
        /// The engine's version.
        version: String,
    },
    /// It does not answer, or is not the one whose files are read; why, in words. Tried again.
    Unusable(String),
    /// Something happened to a container.
    Event(EngineEvent),
}

/// One event of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineEvent {
    /// Full container id.
    pub id: String,
    /// What happened.
    pub action: EngineAction,
    /// When, nanoseconds since the Unix epoch.
    pub time: i64,
    /// Name without slash.
    pub name: String,
    /// Image as given.
    pub image: String,
    /// Labels.
    pub labels: HashMap<String, String>,
}

/// What the thread needs.
pub struct EngineLink {
    /// `unix:///…`, `tcp://…`, `http(s)://…`
    pub address: String,
    /// For an engine behind TLS.
    pub tls: Option<EngineTls>,
    /// Docker's root as the files are read.
    pub root: PathBuf,
    /// Events from here on are asked for, nanoseconds since the Unix epoch.
    pub since: i64,
    /// Where messages go; the thread waits while it is full.
    pub messages: mpsc::Sender<EngineMessage>,
    /// Tells the reader that there are some.
    pub wake: Arc<Wake>,
}

/// Follows the engine until `stop` is dropped or told.
pub fn run(mut link: EngineLink, stop: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(async {
            tokio::select! {
                _ = stop => {}
                () = link.follow() => {}
            }
        }),
        Err(error) => {
            let why = format!("the engine's events are not followed: {error}");
            if link.messages.try_send(EngineMessage::Unusable(why)).is_ok() {
                link.wake.wake();
            }
        }
    }
}

impl EngineLink {
    async fn follow(&mut self) {
        let mut pause = ENGINE_RETRY_MIN;
        loop {
            let mut connected = false;
            let why = match self.session(&mut connected).await {
                Ok(()) => "the engine closed its events".to_owned(),
                Err(why) => why,
            };
            if !self.send(EngineMessage::Unusable(why)).await {
                return;
            }
            pause = if connected { ENGINE_RETRY_MIN } else { pause };
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(ENGINE_RETRY_MAX);
        }
    }

    async fn send(&self, message: EngineMessage) -> bool {
        let sent = self.messages.send(message).await.is_ok();
        self.wake.wake();
        sent
    }

    async fn session(&mut self, connected: &mut bool) -> Result<(), String> {
        let docker =
            self.negotiate().await.map_err(|error| format!("engine at {}: {error}", self.address))?;
        let info = docker.info().await.map_err(|error| format!("engine at {}: {error}", self.address))?;
        if !is_root_of(&info, &self.root) {
            let theirs = info.docker_root_dir.unwrap_or_default();
            let ours = self.root.display();
            return Err(format!(
                "socket not used: the engine at {} keeps its files in {theirs}, not {ours}",
                self.address
            ));
        }
        let events = EventsOptions {
            since: Some(format!(
                "{}.{:09}",
                self.since.div_euclid(1_000_000_000),
                self.since.rem_euclid(1_000_000_000)
            )),
            until: None,
            filters: Some(HashMap::from([
                ("type".to_owned(), vec!["container".to_owned()]),
                ("event".to_owned(), ["start", "die", "oom", "rename", "destroy"].map(str::to_owned).into()),
            ])),
        };
        let mut events = Box::pin(docker.events(Some(events)));
        let host_name = info.name.unwrap_or_default();
        let version = info.server_version.unwrap_or_default();
        if !self.send(EngineMessage::Connected { host_name, version }).await {
            return Ok(());
        }
        *connected = true;
        let mut last: Vec<EngineEvent> = Vec::new();
        while let Some(message) = events.next().await {
            let message =
                message.map_err(|error| format!("events of the engine at {}: {error}", self.address))?;
            let Some(event) = event_of(message) else { continue };
            // `since` is inclusive, so after a reconnect its last events come again.
            if event.time < self.since || last.contains(&event) {
                continue;
            }
            if event.time > self.since {
                self.since = event.time;
                last.clear();
            }
            last.push(event.clone());
            if !self.send(EngineMessage::Event(event)).await {
                break;
            }
        }
        Ok(())
    }

    fn connect(&self) -> Result<Docker, Error> {
        let (address, timeout, version) =
            (self.address.as_str(), ENGINE_REQUEST_TIMEOUT_S, API_DEFAULT_VERSION);
        if address.starts_with("unix://") || address.starts_with('/') {
            return Docker::connect_with_unix(address, timeout, version);
        }
        match &self.tls {
            Some(tls) => Docker::connect_with_ssl(address, &tls.key, &tls.cert, &tls.ca, timeout, version),
            None => Docker::connect_with_http(address, timeout, version),
        }
    }

    /// What is read of the answers is the same in every version of the API.
    async fn negotiate(&self) -> Result<Docker, Error> {
        self.connect()?.negotiate_version().await
    }
}

/// Whether the engine writes the files that are read: by path, or by the id that engines since 24 leave there.
fn is_root_of(info: &SystemInfo, root: &Path) -> bool {
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let same_path =
        info.docker_root_dir.as_deref().is_some_and(|theirs| canonical(Path::new(theirs)) == canonical(root));
    let id_file = std::fs::read_to_string(root.join("engine-id")).unwrap_or_default();
    same_path || info.id.as_deref().is_some_and(|id| !id.is_empty() && id == id_file.trim())
}

fn event_of(message: EventMessage) -> Option<EngineEvent> {
    let actor = message.actor?;
    let mut attributes = actor.attributes.unwrap_or_default();
    let name = attributes.remove("name").unwrap_or_default();
    let image = attributes.remove("image").unwrap_or_default();
    let exit_code = attributes.remove("exitCode").and_then(|code| code.parse().ok());
    attributes.remove("oldName");
    let action = match message.action?.as_str() {
        "start" => EngineAction::Start,
        "die" => EngineAction::Die(exit_code),
        "oom" => EngineAction::Oom,
        "rename" => EngineAction::Rename,
        "destroy" => EngineAction::Destroy,
        _ => return None,
    };
    let name = name.trim_start_matches('/').to_owned();
    Some(EngineEvent { id: actor.id?, action, time: message.time_nano?, name, image, labels: attributes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_as_the_engine_sends_them() {
        let events: Vec<EngineEvent> = include_str!("../../tests/fixtures/api-events.ndjson")
            .lines()
            .filter_map(|line| event_of(serde_json::from_str(line).unwrap()))
            .collect();
        let actions: Vec<EngineAction> = events.iter().map(|event| event.action.clone()).collect();
        use EngineAction::{Destroy, Die, Oom, Rename, Start};
        let killed = || Die(Some(137));
        let expected = [Start, Rename, killed(), Start, killed(), Destroy, Start, Oom, Die(Some(0)), Destroy];
        assert_eq!(actions, expected);
        assert_eq!(events[1].name, "cap-ev2");
        assert_eq!(events[0].labels, HashMap::from([("app.tier".to_owned(), "web".to_owned())]));
        assert_eq!(events[0].time, 1_795_339_325_343_361_391);
    }

    #[test]
    fn the_engine_must_be_the_one_whose_files_are_read() {
        let info: SystemInfo =
            serde_json::from_str(include_str!("../../tests/fixtures/api-info.json")).unwrap();
        assert!(is_root_of(&info, Path::new("/var/lib/docker")));
        assert!(is_root_of(&info, Path::new("/var/lib/docker/")));
        assert!(!is_root_of(&info, Path::new("/srv/docker")));
        let mounted = tempfile::tempdir().unwrap();
        std::fs::write(mounted.path().join("engine-id"), info.id.as_deref().unwrap()).unwrap();
        assert!(is_root_of(&info, mounted.path()));
    }
}
