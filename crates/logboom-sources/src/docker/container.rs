//! One container: its files, its metadata, and what is to be done about it next. The reader's thread owns it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use logboom_model::{Lifecycle, Resource};

use super::backlog::{self, History};
use super::board::{Board, Card};
use super::chain::Desk;
use super::cursor::Cursor;
use super::lifecycle::LifeState;
use super::metadata::{self, Metadata, Run, Written};
use super::names::LogNames;
use super::outbox::{Outbox, key};
use super::position::Position;
use super::resource;
use super::resume;
use super::rotation::{Ledger, newer_files};
use crate::limits::{FILE_CLOCK_TICK_NS, ROTATION_IS_FAST, RUN_STARTS_EARLY_NS};

/// Whether a container is read, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// It is new, and its lines wait for its metadata until then.
    Waiting(Instant),
    /// Its files are read.
    Files,
    /// It asks not to be collected.
    Ignored(String),
    /// Its log is not in files.
    NotInFiles(String),
}

/// Where its reading begins.
#[derive(Debug, Clone)]
pub enum Origin {
    /// It was there at the first start: at its end, and the rest as backlog. Records before the time are left out.
    FirstStart {
        /// See above; `None` for no backlog.
        backlog: Option<i64>,
    },
    /// It is younger than logboom.
    Beginning,
    /// It was read before.
    Position(Box<Position>),
}

/// What of its history is still to be read.
pub enum Backlog {
    /// Nothing.
    None,
    /// All from this position, when its turn comes.
    Pending(Box<Position>),
    /// It is being read.
    Active(Box<Cursor>),
}

/// What everything about a container may need.
pub struct Context {
    /// The way to the journal.
    pub outbox: Outbox,
    /// The shared buffer.
    pub desk: Desk,
    /// What is shown.
    pub board: Arc<Board>,
    /// `host.name`.
    pub host: String,
    /// Id of the container logboom runs in, or its beginning.
    pub own_container: Option<String>,
    /// Start of this round.
    pub now: Instant,
}

/// One container.
pub struct Container {
    /// Full id.
    pub id: Arc<str>,
    /// Its files.
    pub names: LogNames,
    /// inotify's number of its folder, if it is watched.
    pub watch: Option<i32>,
    /// What Docker says about it.
    pub metadata: Option<Metadata>,
    /// What its rows carry.
    pub resource: Arc<Resource>,
    /// Whether it is read.
    pub via: Via,
    /// The live reader, once there are files.
    pub cursor: Option<Cursor>,
    /// The history.
    pub backlog: Backlog,
    /// Its story so far.
    pub life: LifeState,
    /// When what its config says is to be told, if the engine has not told it by then.
    pub life_due: Option<Instant>,
    /// How it is shown.
    pub card: Arc<Card>,
    /// It is in the queue of those with something to read.
    pub queued: bool,
    /// Its folder is gone.
    pub gone: bool,
    /// There may be newer files.
    pub needs_walk: bool,
    /// Its metadata may have changed.
    pub needs_config: bool,
    /// Events about its live name.
    pub ledger: Ledger,
    /// Its last two rotations came close together.
    pub rotates_fast: bool,
    config_written: i64,
    origin: Origin,
    /// At least one log file was opened, in this life or an earlier one.
    pub(super) had_files: bool,
    last_rotation: Option<Instant>,
}

impl Container {
    /// A container whose folder was found.
    pub fn new(
        id: &str,
        names: LogNames,
        origin: Origin,
        life: LifeState,
        wait_until: Instant,
        host: &str,
    ) -> Self {
        let resource = Arc::new(resource::bare(id, &life.name, host));
        Self {
            id: id.into(),
            names,
            watch: None,
            metadata: None,
            resource,
            via: Via::Waiting(wait_until),
            cursor: None,
            backlog: Backlog::None,
            life,
            life_due: None,
            card: Card::new(),
            queued: false,
            gone: false,
            needs_walk: true,
            needs_config: true,
            ledger: Ledger::default(),
            rotates_fast: false,
            config_written: 0,
            had_files: matches!(origin, Origin::Position(_)),
            origin,
            last_rotation: None,
        }
    }

    /// Whether its rows are wanted, lifecycle rows included.
    pub fn is_wanted(&self) -> bool {
        !matches!(self.via, Via::Ignored(_))
    }

    /// Whether its files are read, or will be as soon as it has a name.
    pub fn is_read(&self) -> bool {
        matches!(self.via, Via::Waiting(_) | Via::Files)
    }

    /// Reads its metadata; says whether its run may have changed.
    pub fn read_config(&mut self, context: &Context) -> bool {
        self.needs_config = false;
        match metadata::read(self.names.folder()) {
            Ok(Some(Written { metadata, time })) => {
                let changed = self.metadata.as_ref() != Some(&metadata);
                if changed {
                    let before =
                        self.metadata.replace(metadata).map(|metadata| metadata.run).unwrap_or_default();
                    self.config_written = time;
                    self.name_it(context);
                    self.tell_cursor(&before);
                }
                changed
            }
            Ok(None) => false,
            Err(error) => {
                context.board.error(format!("metadata of container {}: {error}", short(&self.id)));
                false
            }
        }
    }

    /// Tells the reader where runs of the container end, so that text without a line end is not joined over it.
    fn tell_cursor(&mut self, before: &Run) {
        let (Some(cursor), Some(metadata)) = (&mut self.cursor, &self.metadata) else { return };
        let run = metadata.run;
        if !run.running && (before.running || run.finished != before.finished) {
            // Docker closes the log before it writes so: whatever is newer is of the next run.
            cursor.end_run_at(run.finished.unwrap_or(0).max(self.config_written + FILE_CLOCK_TICK_NS));
        }
        if let (true, Some(started), Some(finished)) = (run.running, run.started, run.finished)
            && Some(started) != before.started
            && started > finished
        {
            // The first record of a run may be a little older than its `StartedAt`.
            cursor.end_run_at(finished.max(started - RUN_STARTS_EARLY_NS));
        }
    }

    /// Makes the resource from the metadata, and decides whether it is collected.
    pub fn name_it(&mut self, context: &Context) {
        let Some(metadata) = &self.metadata else { return };
        let resource = resource::of(&self.id, metadata, &context.host);
        if *self.resource != resource {
            self.resource = Arc::new(resource);
        }
        let own = context.own_container.as_deref();
        self.via = if let Some(why) = resource::ignored(&self.id, metadata, own) {
            Via::Ignored(why)
        } else if let Some(why) = resource::not_in_files(metadata, &self.names.live()) {
            Via::NotInFiles(why)
        } else {
            Via::Files
        };
        if !self.is_read() {
            self.cursor = None;
            self.backlog = Backlog::None;
        }
        self.show();
    }

    /// Puts what is known on the card.
    pub fn show(&self) {
        let metadata = self.metadata.as_ref();
        let state = match metadata {
            _ if self.gone => "removed",
            Some(metadata) if metadata.run.running => "running",
            Some(metadata) if metadata.run.started.is_none() => "created",
            Some(_) => "exited",
            None => "",
        };
        self.card.edit(|text| {
            text.name = self.resource.container_name().to_owned();
            text.image = metadata.map(|metadata| metadata.image.clone()).unwrap_or_default();
            text.service = self.resource.service_name().to_owned();
            text.state = state;
            text.via = match &self.via {
                Via::Waiting(_) => "files, waiting for config.v2.json".to_owned(),
                Via::Files => "files".to_owned(),
                Via::Ignored(why) | Via::NotInFiles(why) => why.clone(),
            };
        });
    }

    /// Opens its files, or those that came after the ones held. Returns its history, on the first start.
    pub fn walk(&mut self, context: &mut Context) -> io::Result<Option<History>> {
        if !self.is_read() {
            self.needs_walk = false;
            return Ok(None);
        }
        if self.cursor.is_none() {
            let history = self.open(context)?;
            self.needs_walk = false;
            return Ok(history);
        }
        let Some(cursor) = &mut self.cursor else { return Ok(None) };
        let newer = newer_files(&self.names, cursor)?;
        let found = newer.files.len();
        if found > 0 {
            self.had_files = true;
            let last = self.last_rotation.replace(context.now);
            self.rotates_fast = last.is_some_and(|last| context.now.duration_since(last) < ROTATION_IS_FAST);
        }
        newer.files.into_iter().for_each(|file| cursor.push(file));
        let missed = self.ledger.settle(found, newer.reached);
        self.needs_walk = false;
        if let Some(missed) = missed {
            self.missed(missed, context);
        }
        Ok(None)
    }

    fn open(&mut self, context: &mut Context) -> io::Result<Option<History>> {
        let (cursor, history) = match &self.origin {
            Origin::Beginning => (resume::from_beginning(&self.names)?, None),
            Origin::FirstStart { backlog } => {
                let (cursor, history) = backlog::look(&self.names, backlog.unwrap_or(i64::MAX))?;
                let history = history.filter(|_| cursor.position().is_some());
                if let Some(history) = &history {
                    context.outbox.state(key::POSITION, &self.id, Some(history.live.encode()));
                }
                (cursor, history.filter(|_| backlog.is_some()))
            }
            Origin::Position(position) => {
                let resumed = resume::resume(&self.names, position)?;
                let cursor = resumed.cursor.unwrap_or_else(|| Cursor::new(Vec::new()));
                if let Some(loss) = resumed.loss {
                    self.lost(loss, cursor.last_time(), context);
                    let position = cursor.position().map(|position| position.encode());
                    context.outbox.state(key::POSITION, &self.id, position);
                }
                (cursor, None)
            }
        };
        let any_file = cursor.newest().is_some();
        self.had_files |= any_file;
        self.cursor = Some(cursor);
        self.tell_cursor(&Run::default());
        self.ledger = Ledger::opened(any_file || self.watch.is_none());
        Ok(history)
    }

    /// Tells rows about it and keeps its story; told or not, what is new is kept.
    pub fn tell(&mut self, rows: &[Lifecycle], context: &mut Context) {
        if rows.is_empty() {
            return;
        }
        if self.is_wanted() {
            context.outbox.lifecycle(&self.resource, rows, context.desk.observed);
            context.board.records.fetch_add(rows.len() as u64, Ordering::Relaxed);
        }
        self.save_life(context);
    }

    /// Keeps its story.
    pub fn save_life(&self, context: &mut Context) {
        context.outbox.state(key::CONTAINER, &self.id, Some(self.life.encode()));
    }
}

/// Now, nanoseconds since the Unix epoch.
pub fn wall_clock() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX)
}

/// An id as people know it.
pub fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}
