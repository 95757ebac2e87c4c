//! Telling what happened to containers: from the engine's events where they come, from `config.v2.json` and removed
//! folders otherwise. Containers that are gone stay for a moment as ghosts, until the engine has had its say.

use std::sync::Arc;
use std::time::Instant;

use logboom_model::{Gap, GapReason, Resource};
use tokio::sync::{mpsc, oneshot};

use super::NAME;
use super::container::{Container, Via};
use super::engine::{EngineEvent, EngineMessage};
use super::lifecycle::{EngineAction, LifeState, Phase};
use super::metadata::Metadata;
use super::outbox::key;
use super::resource;
use super::worker::Worker;
use crate::limits::{ENGINE_PRECEDENCE, TOMBSTONES_MAX};

/// The engine as the reader knows it.
#[derive(Default)]
pub struct Engine {
    pub(super) messages: Option<mpsc::Receiver<EngineMessage>>,
    /// Dropped with the reader, which ends the engine's thread.
    pub(super) stop: Option<oneshot::Sender<()>>,
    /// It has said something, be it that it cannot be used.
    pub(super) answered: bool,
    pub(super) connected: bool,
    pub(super) since: i64,
    /// Events that came before the reader had looked around.
    early: Vec<EngineEvent>,
}

/// A container that is gone, or was never seen.
pub struct Ghost {
    pub(super) life: LifeState,
    pub(super) resource: Arc<Resource>,
    /// When its removal is told, if the engine has not told it by then.
    pub(super) due: Instant,
}

impl Worker {
    /// Takes everything the engine says but events, which wait.
    pub(super) fn hear_engine(&mut self) {
        while let Some(message) = self.engine.messages.as_mut().and_then(|messages| messages.try_recv().ok())
        {
            match message {
                EngineMessage::Event(event) => {
                    self.engine.early.push(event);
                    return;
                }
                other => self.engine_changed(other),
            }
        }
    }

    fn engine_changed(&mut self, message: EngineMessage) {
        self.engine.answered = true;
        match message {
            EngineMessage::Connected { host_name, version } => {
                self.engine.connected = true;
                self.context.board.edit(|words| words.engine = format!("events from engine {version}"));
                if self.options.host_name.is_empty()
                    && !host_name.is_empty()
                    && host_name != self.context.host
                {
                    self.context.host = host_name;
                    for container in self.slots.iter_mut().flatten() {
                        container.name_it(&self.context);
                    }
                }
            }
            EngineMessage::Unusable(why) => {
                self.engine.connected = false;
                self.context.board.edit(|words| words.engine = why);
            }
            EngineMessage::Event(_) => {}
        }
    }

    /// Takes what the engine has to say.
    pub(super) fn take_engine_messages(&mut self) {
        for event in std::mem::take(&mut self.engine.early) {
            self.engine_event(&event);
        }
        while !self.context.outbox.is_full() {
            let Some(message) = self.engine.messages.as_mut().and_then(|messages| messages.try_recv().ok())
            else {
                return;
            };
            match message {
                EngineMessage::Event(event) => self.engine_event(&event),
                other => self.engine_changed(other),
            }
        }
    }

    fn engine_event(&mut self, event: &EngineEvent) {
        if !super::discovery::is_container_id(event.id.as_bytes()) {
            return;
        }
        if event.time > self.engine.since {
            self.engine.since = event.time;
            self.context.outbox.state(key::EVENTS, "", Some(event.time.to_le_bytes().to_vec()));
        }
        if !self.by_id.contains_key(event.id.as_str())
            && !self.ghosts.contains_key(event.id.as_str())
            && matches!(event.action, EngineAction::Start | EngineAction::Die(_))
        {
            self.find_or_mourn(event);
        }
        if let Some(&slot) = self.by_id.get(event.id.as_str()) {
            let Some(Some(container)) = self.slots.get_mut(slot) else { return };
            let rows = container.life.hear_engine(&event.action, &event.name, event.time);
            container.tell(&rows, &mut self.context);
            container.needs_config = !container.gone;
            if let (EngineAction::Die(_), Some(cursor)) = (&event.action, &mut container.cursor) {
                cursor.end_run_at(event.time);
            }
            self.changed.push(slot);
            self.enqueue(slot);
        } else if let Some(ghost) = self.ghosts.get_mut(event.id.as_str()) {
            let rows = ghost.life.hear_engine(&event.action, &event.name, event.time);
            self.context.outbox.lifecycle(&ghost.resource, &rows, self.context.desk.observed);
            if ghost.life.phase == Phase::Removed {
                self.bury(&event.id);
            }
        }
    }

    /// A container of which nothing is known was started: it is there and not yet seen, or it has come and gone.
    fn find_or_mourn(&mut self, event: &EngineEvent) {
        let (_, life) = self.remembered(&event.id);
        if life.is_some_and(|life| life.phase == Phase::Removed) {
            return;
        }
        if self.folder.join(&event.id).exists() {
            self.appear(&event.id);
            return;
        }
        let metadata = Metadata {
            name: event.name.clone(),
            image: event.image.clone(),
            labels: event.labels.clone().into_iter().collect(),
            ..Metadata::default()
        };
        let own = self.context.own_container.as_deref();
        if resource::ignored(&event.id, &metadata, own).is_some() || self.ghosts.len() >= TOMBSTONES_MAX {
            return;
        }
        let resource = Arc::new(resource::of(&event.id, &metadata, &self.context.host));
        let mut gap = Gap::unknown(
            resource.clone(),
            NAME,
            GapReason::ContainerUnseen,
            "the container came and went while logboom was not running",
        );
        gap.from = Some(event.time);
        self.context.outbox.gap(gap);
        let due = self.context.now + ENGINE_PRECEDENCE;
        self.due_at(due);
        let life = LifeState::unseen(&event.name);
        self.ghosts.insert(event.id.as_str().into(), Ghost { life, resource, due });
    }

    /// A container that has just been forgotten lives on until its end was told.
    pub(super) fn become_ghost(&mut self, mut container: Container) {
        // What its config said last, before it went.
        self.tell_config(&mut container);
        let due =
            self.context.now + if self.engine.connected { ENGINE_PRECEDENCE } else { Default::default() };
        self.due_at(due);
        let ghost = Ghost { life: container.life, resource: container.resource, due };
        let id = container.id;
        let told = ghost.life.phase == Phase::Removed;
        self.ghosts.insert(id.clone(), ghost);
        if told {
            self.bury(&id);
        }
    }

    fn tell_config(&mut self, container: &mut Container) {
        container.life_due = None;
        let Some(metadata) = &container.metadata else { return };
        if let (Via::Waiting(_), false) = (&container.via, container.gone) {
            return;
        }
        let rows = container.life.see_config(&metadata.run, &metadata.name, self.context.desk.observed);
        container.tell(&rows, &mut self.context);
    }

    /// Ends a story; what is left of it in state keeps replayed events from beginning it again.
    fn bury(&mut self, id: &str) {
        if let Some(ghost) = self.ghosts.remove(id) {
            self.context.outbox.state(key::CONTAINER, id, Some(ghost.life.encode()));
        }
    }

    /// A container's config has changed: its run is told soon, and at once without an engine.
    pub(super) fn config_changed(&mut self, slot: usize) {
        let wait = if self.engine.connected { ENGINE_PRECEDENCE } else { Default::default() };
        let due = self.context.now + wait;
        if let Some(Some(container)) = self.slots.get_mut(slot) {
            container.life_due = Some(container.life_due.map_or(due, |other| other.min(due)));
            self.due_at(due);
        }
    }

    /// Does what has fallen due.
    pub(super) fn settle_due(&mut self) {
        let now = self.context.now;
        if self.next_due.is_none_or(|due| due > now) {
            return;
        }
        self.next_due = None;
        self.changed.append(&mut self.retry);
        self.look_at_changed();
        for slot in 0..self.slots.len() {
            self.settle_container(slot, now);
        }
        let due: Vec<Arc<str>> =
            self.ghosts.iter().filter(|(_, ghost)| ghost.due <= now).map(|(id, _)| id.clone()).collect();
        for id in due {
            if let Some(ghost) = self.ghosts.get_mut(&id) {
                let rows = ghost.life.destroy(self.context.desk.observed);
                self.context.outbox.lifecycle(&ghost.resource, &rows, self.context.desk.observed);
            }
            self.bury(&id);
        }
        let next_ghost = self.ghosts.values().map(|ghost| ghost.due).min();
        if let Some(due) = next_ghost {
            self.due_at(due);
        }
    }

    fn settle_container(&mut self, slot: usize, now: Instant) {
        let Some(Some(container)) = self.slots.get_mut(slot) else { return };
        if let Via::Waiting(until) = container.via {
            if until <= now {
                // Nobody will name it; its lines are worth more than its name.
                container.via = Via::Files;
                container.show();
                self.enqueue(slot);
            } else {
                self.due_at(until);
            }
        }
        let Some(Some(container)) = self.slots.get_mut(slot) else { return };
        match container.life_due {
            Some(due) if due <= now => {
                if let Some(mut container) = self.slots[slot].take() {
                    self.tell_config(&mut container);
                    self.slots[slot] = Some(container);
                }
                self.enqueue(slot);
            }
            Some(due) => self.due_at(due),
            None => {}
        }
    }
}
