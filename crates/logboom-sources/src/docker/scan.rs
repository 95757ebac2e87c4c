//! The reconciling scan, which makes sure of what inotify tells; and what must be looked at from time to time.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use logboom_model::{Gap, GapReason};

use super::NAME;
use super::cursor::Cursor;
use super::discovery::is_container_id;
use super::worker::Worker;

impl Worker {
    /// Makes sure that nothing was missed: containers, files, bytes.
    pub(super) fn scan(&mut self) {
        if self.watcher.reopen() {
            self.rewatch_all();
        }
        if self.root_watch.is_none() {
            self.root_watch = self.watcher.add_root(&self.folder);
        }
        self.polling = self.root_watch.is_none();
        match self.list() {
            Ok(ids) => {
                self.context.board.edit(|words| words.waiting = None);
                let missing: Vec<Arc<str>> = self
                    .by_id
                    .keys()
                    .filter(|id| ids.binary_search_by(|other| other.as_str().cmp(id)).is_err())
                    .cloned()
                    .collect();
                ids.iter().for_each(|id| self.appear(id));
                missing.iter().for_each(|id| self.vanish(id));
            }
            Err(error) => {
                let why = format!("waiting for {}: {error}", self.folder.display());
                self.context.board.edit(|words| words.waiting = Some(why));
            }
        }
        for slot in 0..self.slots.len() {
            self.check(slot);
        }
        let trouble = self.watcher.take_trouble().filter(|_| self.polling);
        self.context.board.edit(|words| words.degraded = trouble);
        self.context.board.tidy(self.context.now);
    }

    fn rewatch_all(&mut self) {
        self.root_watch = None;
        self.by_watch.clear();
        self.slots.iter_mut().flatten().for_each(|container| container.watch = None);
    }

    /// The ids of all containers, sorted.
    pub(super) fn list(&self) -> io::Result<Vec<String>> {
        let mut ids = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            if is_container_id(name.as_bytes()) {
                ids.extend(name.into_string());
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn check(&mut self, slot: usize) {
        let Some(Some(container)) = self.slots.get_mut(slot) else { return };
        if container.gone {
            self.enqueue(slot);
            return;
        }
        if container.watch.is_none() {
            container.watch = self.watcher.add_container(container.names.folder());
            match container.watch {
                Some(watch) => {
                    self.by_watch.insert(watch, slot);
                }
                None => {
                    container.ledger.lost_events();
                    self.polling = true;
                }
            }
            container.needs_config = true;
        }
        let held = container.cursor.as_ref().and_then(|cursor| cursor.newest()).map(|file| file.log.inode());
        let live = container.names.live_inode();
        container.needs_walk |= live.is_some() && live != held && container.is_read();
        container.needs_config |= container.metadata.is_none();
        let grown = container.cursor.as_ref().is_some_and(Cursor::has_changed);
        if container.needs_walk || container.needs_config {
            self.changed.push(slot);
        }
        if let Some(cursor) = &container.cursor {
            container.card.lag_bytes.store(cursor.lag_bytes(), Ordering::Relaxed);
        }
        if grown {
            self.enqueue(slot);
        }
    }

    /// Gives up the oldest of the deleted files that are kept open when they take too much space.
    pub(super) fn limit_deleted_files(&mut self) {
        let limit = self.options.deleted_open_bytes_max;
        loop {
            let mut total = 0;
            let mut oldest: Option<(i64, usize)> = None;
            for (slot, container) in self.slots.iter().enumerate() {
                let Some(container) = container else { continue };
                let Some(cursor) = &container.cursor else { continue };
                if cursor.chain().len() < 2 && !container.gone {
                    continue;
                }
                for (index, file) in cursor.chain().enumerate() {
                    let Some(state) = file.log.state().ok().filter(|state| state.deleted) else { continue };
                    total += state.allocated;
                    if index == 0 && oldest.is_none_or(|(modified, _)| state.modified < modified) {
                        oldest = Some((state.modified, slot));
                    }
                }
            }
            let Some((_, slot)) = oldest.filter(|_| total > limit) else { return };
            let Some(Some(container)) = self.slots.get_mut(slot) else { return };
            let Some(unread) = container.cursor.as_mut().and_then(Cursor::give_up_oldest) else {
                return;
            };
            let mut gap = Gap::unknown(
                container.resource.clone(),
                NAME,
                GapReason::OpenFilesLimit,
                "deleted files kept open to be read took too much space; the oldest was given up",
            );
            gap.bytes = Some(unread);
            self.context.outbox.gap(gap);
            self.enqueue(slot);
        }
    }
}
