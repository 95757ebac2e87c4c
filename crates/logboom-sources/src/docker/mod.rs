//! Docker's json-files, exactly once (DESIGN §3.2), without needing the engine's socket.
//!
//! ```text
//!  inotify, scan ─► discovery ─► container ─► cursor: chain of files ─► Lane ─► outbox ─► Intake
//!  engine (own thread) ─► story ──┘  └─► config.v2.json: resource, runs           position in the same submission
//! ```
//!
//! One thread owns everything (`worker`); only the engine's socket has another one (`engine`). Architecture invariants:
//! a position is never submitted before or after the rows it stands for, always with them; a descriptor is never closed
//! before its file was read to the end, but with a gap record; no file is read whose first record is not known.

mod backlog;
mod board;
mod chain;
mod container;
mod cursor;
mod discovery;
mod engine;
mod file;
mod identity;
mod lifecycle;
mod losses;
mod metadata;
mod names;
mod outbox;
mod position;
mod reading;
mod resource;
mod resume;
mod rotation;
mod run_end;
mod scan;
mod start;
mod story;
mod tail;
mod wake;
mod walk;
mod watch;
mod worker;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use logboom_model::status::{ContainerStatus, SourceStatus};
use logboom_model::{Intake, Stages};

use board::Board;
pub use engine::EngineTls;
use wake::Wake;
use worker::Worker;

use crate::limits::{BEGIN_WAIT, DELETED_OPEN_BYTES_MAX, STOP_WAIT};

/// Name and kind of this source.
pub const NAME: &str = "docker";

/// How much of what was written before logboom's first start is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backlog {
    /// Nothing.
    None,
    /// Records not older than this.
    Age(Duration),
    /// Everything there is.
    All,
}

/// What the source needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerOptions {
    /// Docker's root; its folder `containers` is read.
    pub root: PathBuf,
    /// Address of the engine, `unix:///…` or `tcp://…`; `None` to do without.
    pub engine: Option<String>,
    /// TLS files for an engine on TCP.
    pub engine_tls: Option<EngineTls>,
    /// How much history is collected at the first start.
    pub backlog: Backlog,
    /// Bytes of files that the history may have in all, shared equally.
    pub backlog_bytes_max: u64,
    /// Id of the container logboom itself runs in, which is never collected.
    pub own_container: Option<String>,
    /// `host.name`; empty for the engine's name, or without it the kernel's.
    pub host_name: String,
    /// Whether inotify is used; without it everything is polled once a second, as on file systems that do not tell.
    pub watch: bool,
    /// Disk space that deleted files may take which are kept open to be read to their end.
    pub deleted_open_bytes_max: u64,
}

impl Default for DockerOptions {
    fn default() -> Self {
        Self {
            root: PathBuf::from("/var/lib/docker"),
            engine: Some("unix:///var/run/docker.sock".to_owned()),
            engine_tls: None,
            backlog: Backlog::Age(Duration::from_secs(24 * 3600)),
            backlog_bytes_max: 1 << 30,
            own_container: None,
            host_name: String::new(),
            watch: true,
            deleted_open_bytes_max: DELETED_OPEN_BYTES_MAX,
        }
    }
}

/// Why the source could not start.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The system refused something every program needs.
    #[error("docker: {what}")]
    System {
        /// What it refused.
        what: &'static str,
        /// Its reason.
        source: std::io::Error,
    },
}

/// A running source. Dropping it stops it.
pub struct DockerSource {
    board: Arc<Board>,
    stop: Arc<AtomicBool>,
    wake: Arc<Wake>,
    ended: Mutex<Receiver<()>>,
}

/// Starts to collect. Returns once everything is watched, so that no line written from then on is taken for history and
/// no container that lives for a moment is missed. A folder that is not there yet is waited for in the background.
pub fn start(
    options: DockerOptions,
    intake: Arc<dyn Intake>,
    stages: Arc<dyn Stages>,
) -> Result<DockerSource, SourceError> {
    let system = |what| move |source| SourceError::System { what, source };
    let wake = Arc::new(Wake::new().map_err(system("no eventfd to be woken by"))?);
    let board = Arc::new(Board::default());
    let stop = Arc::new(AtomicBool::new(false));
    let (ending, ended) = sync_channel(1);
    let (beginning, begun) = sync_channel(1);
    let worker = Worker::new(options, intake, stages, board.clone(), wake.clone(), stop.clone());
    std::thread::Builder::new()
        .name("docker-files".to_owned())
        .spawn(move || {
            worker.run(move || {
                // Nobody waits any more when the start took too long.
                let _ = beginning.send(());
            });
            // Nobody listens any more when the source was dropped.
            let _ = ending.send(());
        })
        .map_err(system("no thread for the reader"))?;
    // Over a long history on a slow disk the start goes on in the background.
    let _ = begun.recv_timeout(BEGIN_WAIT);
    Ok(DockerSource { board, stop, wake, ended: Mutex::new(ended) })
}

impl DockerSource {
    /// The source.
    pub fn status(&self) -> SourceStatus {
        self.board.status()
    }

    /// Every container, removed ones too for a while.
    pub fn containers(&self) -> Vec<ContainerStatus> {
        self.board.containers()
    }

    /// Stops and waits for it, two seconds at most. What was handed over is handed over; the rest is read again after
    /// the next start.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.wake.wake();
        // An error says that it ended before.
        let _ = self.ended.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(STOP_WAIT);
    }
}

impl Drop for DockerSource {
    fn drop(&mut self) {
        self.stop();
    }
}
