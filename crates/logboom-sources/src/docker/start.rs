//! The start: what was known, what is there now, and on the first start of all where history ends and the present
//! begins. All of it goes into one submission, so that a kill in between starts over.

use std::sync::Arc;
use std::time::Duration;

use logboom_model::{Gap, GapReason};
use tokio::sync::{mpsc, oneshot};

use super::backlog::{self, History};
use super::container::{Backlog, Origin};
use super::engine::{self, EngineLink};
use super::lifecycle::{LifeState, Phase};
use super::outbox::key;
use super::story::Ghost;
use super::worker::Worker;
use super::{Backlog as BacklogOption, NAME, resource};
use crate::limits::{ENGINE_PRECEDENCE, ENGINE_QUEUE, ENGINE_START_WAIT, TOMBSTONE_AGE_NS, TOMBSTONES_MAX};

impl Worker {
    /// Everything before the first round.
    pub(super) fn begin(&mut self) {
        let first_start = self.context.outbox.intake().state(key::STARTED.as_bytes()).is_none();
        self.start_engine(first_start);
        self.wait_for_engine();
        self.root_watch = self.watcher.add_root(&self.folder);
        if first_start {
            self.first_start();
        }
        self.scan();
        self.look_at_changed();
        self.look_for_vanished();
        self.prune_tombstones();
        self.context.outbox.submit();
    }

    fn start_engine(&mut self, first_start: bool) {
        let Some(address) = self.options.engine.clone() else {
            self.context
                .board
                .edit(|words| words.engine = "no engine configured: from files only".to_owned());
            return;
        };
        let stored = self.context.outbox.intake().state(key::EVENTS.as_bytes());
        let stored = stored.and_then(|bytes| Some(i64::from_le_bytes(bytes.try_into().ok()?)));
        let since = stored.filter(|_| !first_start).unwrap_or(self.context.desk.observed);
        if stored != Some(since) {
            self.context.outbox.state(key::EVENTS, "", Some(since.to_le_bytes().to_vec()));
        }
        self.engine.since = since;
        let (messages, receiver) = mpsc::channel(ENGINE_QUEUE);
        let (stop, stopped) = oneshot::channel();
        let link = EngineLink {
            address,
            tls: self.options.engine_tls.clone(),
            root: self.options.root.clone(),
            since,
            messages,
            wake: self.wake.clone(),
        };
        let thread = std::thread::Builder::new().name("docker-engine".to_owned());
        match thread.spawn(move || engine::run(link, stopped)) {
            Ok(_) => {
                self.engine.messages = Some(receiver);
                self.engine.stop = Some(stop);
            }
            Err(error) => self.context.board.error(format!("no thread for the engine's events: {error}")),
        }
    }

    /// The engine's name is the host's, and belongs into the first row already.
    fn wait_for_engine(&mut self) {
        let until = self.context.now + ENGINE_START_WAIT;
        while self.engine.messages.is_some() && !self.engine.answered && !self.stopping() {
            let now = std::time::Instant::now();
            if now >= until {
                break;
            }
            self.wait((until - now).min(Duration::from_millis(50)), false);
            self.hear_engine();
        }
    }

    /// Containers that are there already are read from their ends; what lies before is shared out.
    fn first_start(&mut self) {
        let observed = self.context.desk.observed;
        let not_before = match self.options.backlog {
            BacklogOption::None => None,
            BacklogOption::All => Some(i64::MIN),
            BacklogOption::Age(age) => {
                Some(observed.saturating_sub(i64::try_from(age.as_nanos()).unwrap_or(i64::MAX)))
            }
        };
        let mut histories: Vec<(usize, History)> = Vec::new();
        for id in self.list().unwrap_or_default() {
            if self.stopping() {
                // Nothing of it is stored yet: the next start is the first one again.
                return;
            }
            let (position, life) = self.remembered(&id);
            let origin = position.map_or(Origin::FirstStart { backlog: not_before }, |position| {
                Origin::Position(Box::new(position))
            });
            let Some(slot) = self.add(&id, origin, life) else { continue };
            let Some(Some(container)) = self.slots.get_mut(slot) else { continue };
            container.read_config(&self.context);
            if let Some(metadata) = &container.metadata {
                container.life = LifeState::adopted(&metadata.run, &metadata.name);
                container.save_life(&mut self.context);
            }
            match container.walk(&mut self.context) {
                Ok(history) => histories.extend(history.map(|history| (slot, history))),
                Err(error) => self.context.board.error(format!("log files of container {id}: {error}")),
            }
            self.unsettled.push(slot);
            self.enqueue(slot);
        }
        self.share_out(&histories);
        let now = observed.to_le_bytes().to_vec();
        self.context.outbox.state(key::STARTED, "", Some(now));
        self.context.outbox.submit();
    }

    fn share_out(&mut self, histories: &[(usize, History)]) {
        let needs: Vec<u64> = histories.iter().map(|(_, history)| history.bytes()).collect();
        let shares = backlog::share(&needs, self.options.backlog_bytes_max);
        let left_out = needs.iter().sum::<u64>() - shares.iter().sum::<u64>();
        if left_out > 0 {
            let words = format!(
                "{left_out} bytes of history, the oldest, are not collected: more than its share of the store"
            );
            tracing::warn!(left_out, "{words}");
            self.context.board.edit(|board| board.backlog = Some(words));
        }
        for ((slot, history), share) in histories.iter().zip(shares) {
            let Some(Some(container)) = self.slots.get_mut(*slot) else { continue };
            match history.start(&container.names, share) {
                Ok(Some(position)) => {
                    self.context.outbox.state(key::BACKLOG, &container.id, Some(position.encode()));
                    container.backlog = Backlog::Pending(Box::new(position));
                    self.history.push_back(*slot);
                }
                Ok(None) => {}
                Err(error) => {
                    self.context.board.error(format!("history of container {}: {error}", container.id));
                }
            }
        }
    }

    /// Containers that were read before and are gone now.
    fn look_for_vanished(&mut self) {
        if self.list().is_err() {
            // Docker's root is not there; that says nothing about containers.
            return;
        }
        let intake = self.context.outbox.intake();
        let mut gone: Vec<(String, bool, Option<LifeState>)> = Vec::new();
        for prefix in [key::CONTAINER, key::POSITION, key::BACKLOG] {
            for (name, value) in intake.states(prefix.as_bytes()) {
                let id = String::from_utf8_lossy(&name[prefix.len().min(name.len())..]).into_owned();
                if self.by_id.contains_key(id.as_str()) {
                    continue;
                }
                if prefix == key::CONTAINER {
                    gone.push((id, false, LifeState::decode(&value)));
                } else if let Some(known) = gone.iter_mut().find(|(other, ..)| *other == id) {
                    known.1 = true;
                } else {
                    gone.push((id, true, None));
                }
            }
        }
        for (id, has_position, life) in gone {
            if has_position {
                self.context.outbox.state(key::POSITION, &id, None);
                self.context.outbox.state(key::BACKLOG, &id, None);
            }
            let life = life.unwrap_or_default();
            if life.phase == Phase::Removed {
                continue;
            }
            let resource = Arc::new(resource::bare(&id, &life.name, &self.context.host));
            let read_to_its_end = life.phase == Phase::Exited && life.drained;
            let never_ran = life.phase == Phase::Created && !has_position;
            if !read_to_its_end && !never_ran {
                self.context.outbox.gap(Gap::unknown(
                    resource.clone(),
                    NAME,
                    GapReason::ContainerUnseen,
                    "the container was removed while logboom was not running; what it wrote last was not read",
                ));
            }
            let due = self.context.now + ENGINE_PRECEDENCE;
            self.due_at(due);
            self.ghosts.insert(id.as_str().into(), Ghost { life, resource, due });
        }
    }

    /// Forgets containers that were removed long ago.
    pub(super) fn prune_tombstones(&mut self) {
        let oldest = self.context.desk.observed - TOMBSTONE_AGE_NS;
        let mut removed: Vec<(i64, String)> = Vec::new();
        for (name, value) in self.context.outbox.intake().states(key::CONTAINER.as_bytes()) {
            if let Some(life) = LifeState::decode(&value).filter(|life| life.phase == Phase::Removed) {
                let id = String::from_utf8_lossy(&name[key::CONTAINER.len().min(name.len())..]).into_owned();
                removed.push((life.removed, id));
            }
        }
        removed.sort_unstable();
        let too_many = removed.len().saturating_sub(TOMBSTONES_MAX);
        for (index, (time, id)) in removed.into_iter().enumerate() {
            if index < too_many || time < oldest {
                self.context.outbox.state(key::CONTAINER, &id, None);
            }
        }
    }
}
