//! Reading a container: a turn of its live files, a turn of its history, and where what was read goes.

use std::io;
use std::sync::atomic::Ordering;

use logboom_model::{Flags, Gap, GapReason};

use super::NAME;
use super::chain::{Found, Turn};
use super::container::{Backlog, Container, Context, Via, short};
use super::cursor::Cursor;
use super::lifecycle::Phase;
use super::outbox::key;
use super::resume::{self, Loss};

impl Container {
    /// Reads once; says whether there is more.
    pub fn turn(&mut self, context: &mut Context) -> bool {
        if self.via != Via::Files {
            return false;
        }
        let Some(cursor) = &mut self.cursor else { return false };
        let mut found = Found::default();
        let turn = cursor.turn(&mut context.desk, &self.resource, &mut found);
        let position = if found.moved { cursor.position() } else { None };
        let lag = match turn {
            Ok(Turn::More) => cursor.lag_bytes(),
            _ => 0,
        };
        self.card.lag_bytes.store(lag, Ordering::Relaxed);
        self.deliver(found, context);
        if let Some(position) = position {
            context.outbox.state(key::POSITION, &self.id, Some(position.encode()));
        }
        match turn {
            Ok(Turn::More) => true,
            Ok(_) => {
                if self.life.phase == Phase::Exited && !self.life.drained && !self.needs_walk {
                    self.life.drained = true;
                    self.save_life(context);
                }
                false
            }
            Err(error) => {
                context.board.error(format!("log of container {}: {error}", short(&self.id)));
                if self.gone {
                    let detail = format!("the log of a removed container cannot be read: {error}");
                    let gap = Gap::unknown(self.resource.clone(), NAME, GapReason::SourceUnreadable, &detail);
                    context.outbox.gap(gap);
                }
                false
            }
        }
    }

    /// Emits text held for too long.
    pub fn flush_old(&mut self, before: i64, context: &mut Context) {
        let Some(cursor) = &mut self.cursor else { return };
        let mut found = Found::default();
        cursor.flush_older_than(before, &mut found);
        if found.moved {
            let position = cursor.position();
            self.deliver(found, context);
            context.outbox.state(key::POSITION, &self.id, position.map(|position| position.encode()));
        }
    }

    /// Reads the history once; says whether there is more.
    pub fn backlog_turn(&mut self, context: &mut Context) -> bool {
        if let Backlog::Pending(position) = &self.backlog {
            match resume::resume(&self.names, position) {
                Ok(resumed) => {
                    let from = position.streams.iter().filter_map(|stream| stream.last_time).max();
                    if let Some(loss) = resumed.loss {
                        self.lost(loss, from, context);
                    }
                    self.backlog = match resumed.cursor {
                        Some(cursor) => Backlog::Active(Box::new(cursor)),
                        None => Backlog::None,
                    };
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.lost(Loss::FileGone, None, context);
                    self.backlog = Backlog::None;
                }
                Err(error) => {
                    context.board.error(format!("history of container {}: {error}", short(&self.id)));
                    return false;
                }
            }
        }
        let Backlog::Active(cursor) = &mut self.backlog else {
            context.outbox.state(key::BACKLOG, &self.id, None);
            return false;
        };
        let mut found = Found::default();
        let turn = cursor.turn(&mut context.desk, &self.resource, &mut found);
        let position = if found.moved { cursor.position() } else { None };
        found.batches.iter_mut().for_each(|batch| batch.mark_all(Flags::BACKLOG));
        self.deliver(found, context);
        match turn {
            Ok(Turn::More) => {
                if let Some(position) = position {
                    context.outbox.state(key::BACKLOG, &self.id, Some(position.encode()));
                }
                true
            }
            Ok(Turn::Idle | Turn::Finished) => {
                self.backlog = Backlog::None;
                context.outbox.state(key::BACKLOG, &self.id, None);
                false
            }
            Err(error) => {
                context.board.error(format!("history of container {}: {error}", short(&self.id)));
                false
            }
        }
    }

    fn deliver(&mut self, found: Found, context: &mut Context) {
        let board = &context.board;
        board.bytes.fetch_add(found.bytes, Ordering::Relaxed);
        board.decode_errors.fetch_add(found.undecoded, Ordering::Relaxed);
        if found.truncated {
            self.lost(Loss::Truncated, self.cursor.as_ref().and_then(Cursor::last_time), context);
        }
        if let Some(error) = found.unreadable {
            let detail = format!("a rotated file is damaged, the rest of it cannot be read: {error}");
            let gap = Gap::unknown(self.resource.clone(), NAME, GapReason::SourceUnreadable, &detail);
            context.outbox.gap(gap);
        }
        for batch in found.batches {
            let rows = batch.len() as u64;
            context.board.records.fetch_add(rows, Ordering::Relaxed);
            self.card.records.fetch_add(rows, Ordering::Relaxed);
            if let Some((_, newest)) = batch.time_range() {
                self.card.set_last_time(newest);
            }
            context.outbox.rows(batch);
        }
    }
}
