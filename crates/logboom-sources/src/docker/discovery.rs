//! Which containers there are, and which of their files changed: inotify tells at once, the scan makes sure.

use std::io;

use rustix::fs::inotify::ReadFlags;

use super::container::{Backlog, Container, Origin, Via};
use super::lifecycle::LifeState;
use super::metadata::{CONFIG, HOST_CONFIG};
use super::names::{LogName, LogNames};
use super::outbox::key;
use super::position::Position;
use super::worker::Worker;
use crate::limits::{CONTAINERS_MAX, METADATA_WAIT, RETRY_INTERVAL};

/// Whether a name in the folder of containers is a container's: 64 lower-case hex digits.
pub fn is_container_id(name: &[u8]) -> bool {
    name.len() == 64 && name.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

enum Change {
    Appeared(String),
    Vanished(String),
    RootGone,
    Folder(usize, FolderChange),
}

enum FolderChange {
    /// The live name is there anew.
    Placed {
        /// It was created, not moved there.
        created: bool,
    },
    Written,
    Config,
    Gone,
}

impl Worker {
    /// Takes what inotify has to say.
    pub(super) fn take_events(&mut self) {
        let unsettled = std::mem::take(&mut self.unsettled);
        let mut changes = Vec::new();
        let (root, by_watch, slots) = (self.root_watch, &self.by_watch, &self.slots);
        let drained = self.watcher.drain(|watch, flags, name| {
            let change = if Some(watch) == root {
                root_change(flags, name)
            } else {
                by_watch.get(&watch).and_then(|&slot| {
                    let container = slots.get(slot)?.as_ref()?;
                    Some(Change::Folder(slot, folder_change(&container.names, flags, name)?))
                })
            };
            changes.extend(change);
        });
        for change in changes {
            match change {
                Change::Appeared(id) => self.appear(&id),
                Change::Vanished(id) => self.vanish(&id),
                Change::RootGone => self.root_watch = None,
                Change::Folder(slot, change) => self.folder_changed(slot, &change),
            }
        }
        if drained.overflow {
            for container in self.slots.iter_mut().flatten() {
                container.ledger.lost_events();
                container.needs_walk |= container.is_read();
            }
            self.unsettled = (0..self.slots.len()).collect();
            self.scan();
        } else if drained.complete {
            self.settle_ledgers(unsettled);
        } else {
            self.unsettled.extend(unsettled);
        }
    }

    /// These containers' files were opened before the last look at inotify, which has told all about them.
    fn settle_ledgers(&mut self, slots: Vec<usize>) {
        for slot in slots {
            if let Some(Some(container)) = self.slots.get_mut(slot) {
                container.ledger.events_taken();
                container.needs_walk = container.is_read() && !container.gone;
                self.changed.push(slot);
            }
        }
    }

    fn folder_changed(&mut self, slot: usize, change: &FolderChange) {
        let Some(Some(container)) = self.slots.get_mut(slot) else { return };
        match change {
            FolderChange::Placed { created } => {
                if *created {
                    container.ledger.created();
                }
                container.needs_walk = true;
                self.changed.push(slot);
            }
            FolderChange::Written => self.enqueue(slot),
            FolderChange::Config => {
                container.needs_config = true;
                self.changed.push(slot);
            }
            FolderChange::Gone => {
                let id = container.id.clone();
                self.vanish(&id);
            }
        }
    }

    /// A container's folder was found.
    pub(super) fn appear(&mut self, id: &str) {
        let (position, life) = self.remembered(id);
        let origin = position.map_or(Origin::Beginning, |position| Origin::Position(Box::new(position)));
        if let Some(slot) = self.add(id, origin, life) {
            self.look_at(slot);
        }
    }

    /// What the state says of a container.
    pub(super) fn remembered(&self, id: &str) -> (Option<Position>, Option<LifeState>) {
        let state =
            |prefix: &str| self.context.outbox.intake().state(&[prefix.as_bytes(), id.as_bytes()].concat());
        let position = state(key::POSITION).and_then(|bytes| match Position::decode(&bytes) {
            Ok(position) => Some(position),
            Err(error) => {
                self.context
                    .board
                    .error(format!("position of container {id}: {error}; it is read from its beginning"));
                None
            }
        });
        (position, state(key::CONTAINER).and_then(|bytes| LifeState::decode(&bytes)))
    }

    /// Watches a container's folder and gives it a slot; `None` when it has one.
    pub(super) fn add(&mut self, id: &str, origin: Origin, life: Option<LifeState>) -> Option<usize> {
        if self.by_id.contains_key(id) {
            return None;
        }
        if self.by_id.len() >= CONTAINERS_MAX {
            self.context
                .board
                .error(format!("container {id} is not collected: there are {CONTAINERS_MAX} already"));
            return None;
        }
        let names = LogNames::new(&self.folder.join(id), id);
        let wait_until = self.context.now + METADATA_WAIT;
        let life = life.unwrap_or_default();
        let mut container = Container::new(id, names, origin, life, wait_until, &self.context.host);
        // Before anything is looked at: what changes later is told.
        container.watch = self.watcher.add_container(container.names.folder());
        if container.watch.is_none() {
            container.ledger.lost_events();
            self.polling = true;
        }
        if let Backlog::None = container.backlog
            && let Some(bytes) =
                self.context.outbox.intake().state(&[key::BACKLOG.as_bytes(), id.as_bytes()].concat())
            && let Ok(position) = Position::decode(&bytes)
        {
            container.backlog = Backlog::Pending(Box::new(position));
        }
        let slot = self.free.pop().unwrap_or(self.slots.len());
        self.by_id.insert(container.id.clone(), slot);
        self.by_watch.extend(container.watch.map(|watch| (watch, slot)));
        self.context.board.put(&container.id, &container.card);
        if matches!(container.backlog, Backlog::Pending(_)) {
            self.history.push_back(slot);
        }
        self.due_at(wait_until);
        if slot == self.slots.len() {
            self.slots.push(Some(container));
        } else {
            self.slots[slot] = Some(container);
        }
        Some(slot)
    }

    /// A container's folder is gone: what is open is read to its end.
    pub(super) fn vanish(&mut self, id: &str) {
        let Some(&slot) = self.by_id.get(id) else { return };
        let now = self.context.now;
        let Some(Some(container)) = self.slots.get_mut(slot).filter(|_| !self.folder.join(id).exists())
        else {
            return;
        };
        if container.gone {
            return;
        }
        container.gone = true;
        container.needs_walk = false;
        container.needs_config = false;
        if let Via::Waiting(_) = container.via {
            container.via = Via::Files;
        }
        if let Some(cursor) = &mut container.cursor {
            cursor.close();
        }
        container.show();
        container.card.edit(|text| text.removed = Some(now));
        if let Backlog::Pending(_) = container.backlog {
            // Its files went with the folder; the turn of its history says so.
            self.history.retain(|&other| other != slot);
            self.history.push_front(slot);
        }
        self.enqueue(slot);
    }

    /// Looks at the files and metadata of every container that changed.
    pub(super) fn look_at_changed(&mut self) {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable();
        changed.dedup();
        for slot in changed {
            self.look_at(slot);
        }
    }

    /// Looks at the metadata and files of one container, and reads what there is.
    pub(super) fn look_at(&mut self, slot: usize) {
        let Some(Some(container)) = self.slots.get_mut(slot) else { return };
        if container.needs_config && container.read_config(&self.context) {
            self.config_changed(slot);
        }
        let Some(Some(container)) = self.slots.get_mut(slot) else { return };
        if container.needs_walk {
            match container.walk(&mut self.context) {
                Ok(_) => {
                    let fast = std::mem::take(&mut container.rotates_fast);
                    if !container.ledger.is_settled() && container.watch.is_some() {
                        self.unsettled.push(slot);
                    }
                    if fast {
                        self.hurry();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => container.needs_walk = false,
                Err(error) => {
                    self.context.board.error(format!("log files of container {}: {error}", container.id));
                    self.retry.push(slot);
                    self.due_at(self.context.now + RETRY_INTERVAL);
                }
            }
        }
        self.enqueue(slot);
    }
}

fn root_change(flags: ReadFlags, name: &[u8]) -> Option<Change> {
    if flags.intersects(ReadFlags::DELETE_SELF | ReadFlags::IGNORED) {
        return Some(Change::RootGone);
    }
    if !is_container_id(name) {
        return None;
    }
    let id = String::from_utf8_lossy(name).into_owned();
    let appeared = flags.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO);
    Some(if appeared { Change::Appeared(id) } else { Change::Vanished(id) })
}

fn folder_change(names: &LogNames, flags: ReadFlags, name: &[u8]) -> Option<FolderChange> {
    if flags.intersects(ReadFlags::DELETE_SELF | ReadFlags::IGNORED) {
        return Some(FolderChange::Gone);
    }
    let placed = flags.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO);
    if name == CONFIG.as_bytes() || name == HOST_CONFIG.as_bytes() {
        return placed.then_some(FolderChange::Config);
    }
    match names.parse(name)? {
        LogName::Live if placed => Some(FolderChange::Placed { created: flags.contains(ReadFlags::CREATE) }),
        LogName::Live => Some(FolderChange::Written),
        // The file that was live a moment ago.
        LogName::Rotated(_) => (!placed && !name.ends_with(b".gz")).then_some(FolderChange::Written),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_ids_are_containers() {
        assert!(is_container_id("0123456789abcdef".repeat(4).as_bytes()));
        for name in ["", "tmp", &"0123456789ABCDEF".repeat(4), &"0".repeat(63), &"0".repeat(65)] {
            assert!(!is_container_id(name.as_bytes()), "{name}");
        }
    }
}
