//! The sending half of one tail: reads after every sync, sends as the client takes it, and says where it is.
//!
//! A client that is slow never makes this hold more than the chunks in its channel: after a while the reader gives
//! back its entry, and what is evicted meanwhile comes back as a gap event.

use std::time::Duration;

use bytes::Bytes;
use logboom_query::SearchRequest;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};

use super::events::Events;
use super::reader::{Step, TailReader};
use super::start::{Start, Wish};
use crate::limits;
use crate::search;
use crate::state::{Shared, stopped};

/// The client is gone, the server stops, or the log cannot be read: the stream ends, and the client resumes.
pub(crate) struct Ended;

/// One tail.
pub(crate) struct Pump {
    state: Shared,
    sender: mpsc::Sender<Bytes>,
    stopping: watch::Receiver<bool>,
    events: Events,
    /// The last seq the client knows by an id.
    announced: Option<u64>,
    last_position: Instant,
}

impl Pump {
    /// A tail that sends into a bounded channel.
    pub fn new(state: Shared, sender: mpsc::Sender<Bytes>) -> Self {
        let events = Events { store_id: state.context.store.store_id() };
        let stopping = state.stopping.clone();
        Self { state, sender, stopping, events, announced: None, last_position: Instant::now() }
    }

    /// Runs until the client goes or the server stops. `history` is what to send first where the tail begins at the
    /// end of the log.
    pub async fn run(mut self, wish: Wish, history: Option<SearchRequest>, query: logboom_query::Query) {
        let ended: Result<std::convert::Infallible, Ended> = async {
            self.send(Bytes::from_static(Events::hello()), None).await?;
            let next = self.begin(wish, history).await?;
            let (store, holds) = (self.state.context.store.clone(), self.state.tail_holds.clone());
            let reader = TailReader::new(store, query.matcher(), next, holds);
            self.follow(reader).await
        }
        .await;
        drop(ended);
    }

    /// Sends `reset` and history; returns the seq at which the live part begins.
    async fn begin(&mut self, wish: Wish, history: Option<SearchRequest>) -> Result<u64, Ended> {
        let store = self.state.context.store.clone();
        let seqs = tokio::task::spawn_blocking(move || store.snapshot().seqs()).await.map_err(|_| Ended)?;
        match wish.start(self.events.store_id, seqs.start, seqs.end) {
            Start::At(seq) => return Ok(seq),
            Start::Reset => {
                let mut chunk = Vec::new();
                self.events.reset(seqs.end.saturating_sub(1), &mut chunk);
                self.send(chunk.into(), None).await?;
            }
            Start::End => {}
        }
        match history {
            Some(request) => self.history(request).await,
            None => Ok(seqs.end),
        }
    }

    /// Sends the newest matches of the log so far, oldest first; returns the seq after the snapshot they came from.
    async fn history(&mut self, request: SearchRequest) -> Result<u64, Ended> {
        let state = self.state.clone();
        let search = async {
            let permit = state.searches.clone().acquire_owned().await.map_err(|_| Ended)?;
            search::find(&state, request, permit).await.map_err(|_| Ended)
        };
        tokio::pin!(search);
        let (found, _permit) = loop {
            tokio::select! {
                found = &mut search => break found?,
                () = tokio::time::sleep(self.state.limits.tail_heartbeat) => {}
                () = stopped(&mut self.stopping) => return Err(Ended),
                () = self.sender.closed() => return Err(Ended),
            }
            self.send(Bytes::from_static(Events::patience()), None).await?;
        };
        let mut chunk = Vec::new();
        for record in found.records {
            Events::history(&record.as_record(), &mut chunk);
            if chunk.len() >= limits::CHUNK_BYTES {
                self.send(std::mem::take(&mut chunk).into(), None).await?;
            }
        }
        self.send(chunk.into(), None).await?;
        Ok(found.cursor.seq + 1)
    }

    async fn follow(&mut self, mut reader: TailReader) -> Result<std::convert::Infallible, Ended> {
        let mut durable = self.state.context.store.durable();
        let mut was_caught_up = false;
        loop {
            // Marked as seen before reading: a sync from here on wakes the wait below.
            durable.borrow_and_update();
            let (returned, step) = self.read(reader).await?;
            reader = returned;
            self.announced = step.last_id.or(self.announced);
            if !step.chunk.is_empty() {
                self.send(step.chunk.into(), Some(&mut reader)).await?;
            }
            let first_time = step.caught_up && !was_caught_up;
            was_caught_up |= step.caught_up;
            if first_time || self.position_due(&reader) {
                self.send_position(&mut reader).await?;
            }
            if step.wants_hold {
                self.wait_for_hold(&mut reader).await?;
            }
            if step.caught_up {
                self.wait(&mut durable, &mut reader).await?;
            }
        }
    }

    /// Reads on a blocking thread, a few tails at a time.
    async fn read(&self, mut reader: TailReader) -> Result<(TailReader, Step), Ended> {
        let permit = self.state.tail_reads.clone().acquire_owned().await.map_err(|_| Ended)?;
        let read = tokio::task::spawn_blocking(move || {
            let step = reader.step();
            drop(permit);
            step.map(|step| (reader, step))
        });
        match read.await {
            Ok(Ok(read)) => Ok(read),
            Ok(Err(error)) => {
                tracing::error!(%error, "failed to read the log for a live tail");
                Err(Ended)
            }
            Err(error) => {
                tracing::error!(%error, "a live tail ended abnormally");
                Err(Ended)
            }
        }
    }

    /// Waits a while for a permit to keep its place: decoding an entry anew for each chunk costs far more than waiting
    /// for a tail that has caught up, or whose client has stopped reading.
    async fn wait_for_hold(&mut self, reader: &mut TailReader) -> Result<(), Ended> {
        let hold = timeout(self.state.limits.tail_hold_wait, self.state.tail_holds.clone().acquire_owned());
        tokio::select! {
            hold = hold => if let Ok(Ok(hold)) = hold {
                reader.grant(hold);
            },
            () = stopped(&mut self.stopping) => return Err(Ended),
            () = self.sender.closed() => return Err(Ended),
        }
        Ok(())
    }

    /// Waits for a sync; meanwhile says where it is, soon when the client does not know, else as a heartbeat.
    async fn wait(
        &mut self,
        durable: &mut watch::Receiver<u64>,
        reader: &mut TailReader,
    ) -> Result<(), Ended> {
        loop {
            tokio::select! {
                changed = durable.changed() => return changed.map_err(|_| Ended),
                () = tokio::time::sleep_until(self.last_position + self.position_interval(reader)) => {}
                () = stopped(&mut self.stopping) => return Err(Ended),
                () = self.sender.closed() => return Err(Ended),
            }
            self.send_position(reader).await?;
        }
    }

    fn position_due(&self, reader: &TailReader) -> bool {
        self.last_position.elapsed() >= self.position_interval(reader)
    }

    fn position_interval(&self, reader: &TailReader) -> Duration {
        let is_known = self.announced == Some(reader.position());
        if is_known { self.state.limits.tail_heartbeat } else { self.state.limits.tail_position_interval }
    }

    async fn send_position(&mut self, reader: &mut TailReader) -> Result<(), Ended> {
        let mut chunk = Vec::new();
        self.events.position(reader.position(), &mut chunk);
        self.announced = Some(reader.position());
        self.last_position = Instant::now();
        self.send(chunk.into(), Some(reader)).await
    }

    /// Sends one chunk; while the client takes nothing, the reader gives back what it holds.
    async fn send(&mut self, chunk: Bytes, reader: Option<&mut TailReader>) -> Result<(), Ended> {
        if chunk.is_empty() {
            return Ok(());
        }
        let stopped = stopped(&mut self.stopping);
        let sending = async {
            if let Ok(reserved) = timeout(self.state.limits.tail_park_after, self.sender.reserve()).await {
                return reserved;
            }
            if let Some(reader) = reader {
                reader.park();
            }
            self.sender.reserve().await
        };
        let reserved = tokio::select! {
            reserved = sending => reserved,
            () = stopped => return Err(Ended),
        };
        reserved.map_err(|_| Ended)?.send(chunk);
        Ok(())
    }
}
