//! What has been read and not yet handed over: rows, gaps, and the positions they reach, in one submission. Nothing is
//! added while a submission waits for room, so memory is bounded by one of each.

use std::sync::Arc;

use logboom_model::{
    Batch, Flags, Gap, Intake, Lifecycle, Resource, Row, Severity, StateUpdate, Stream, Submission,
    SubmitError,
};

use crate::limits::SUBMISSION_BYTES;

/// Prefixes of the keys of this source.
pub mod key {
    /// How far a container is committed.
    pub const POSITION: &str = "docker/position/";
    /// How far its history is committed.
    pub const BACKLOG: &str = "docker/backlog/";
    /// Its story.
    pub const CONTAINER: &str = "docker/container/";
    /// There has been a start before.
    pub const STARTED: &str = "docker/started";
    /// Time of the last event of the engine.
    pub const EVENTS: &str = "docker/events";
}

/// The way to the journal.
pub struct Outbox {
    intake: Arc<dyn Intake>,
    open: Submission,
    bytes: usize,
    waiting: Option<Submission>,
    closed: bool,
}

impl Outbox {
    /// An empty outbox.
    pub fn new(intake: Arc<dyn Intake>) -> Self {
        Self { intake, open: Submission::default(), bytes: 0, waiting: None, closed: false }
    }

    /// Where submissions go.
    pub fn intake(&self) -> &dyn Intake {
        &*self.intake
    }

    /// Rows of one container.
    pub fn rows(&mut self, batch: Batch) {
        self.bytes += batch.memory_bytes();
        self.open.batches.push(batch);
    }

    /// Rows about one container.
    pub fn lifecycle(&mut self, resource: &Arc<Resource>, rows: &[Lifecycle], observed: i64) {
        if rows.is_empty() {
            return;
        }
        let mut batch = Batch::new(resource.clone());
        for one in rows {
            let row = Row {
                time: one.time,
                observed,
                severity: Severity::UNSET,
                stream: Stream::None,
                flags: Flags::LIFECYCLE,
            };
            batch.push_with_attributes(row, one.body().as_bytes(), &one.attributes());
        }
        self.rows(batch);
    }

    /// A loss; one of the same place is merged.
    pub fn gap(&mut self, gap: Gap) {
        tracing::warn!(container = gap.resource.container_name(), "{}", gap.body());
        match self.open.gaps.iter_mut().find(|other| other.same_place(&gap)) {
            Some(other) => other.merge(&gap),
            None => self.open.gaps.push(gap),
        }
    }

    /// Small state; the last value of a key wins.
    pub fn state(&mut self, prefix: &str, id: &str, value: Option<Vec<u8>>) {
        let key = [prefix.as_bytes(), id.as_bytes()].concat().into_boxed_slice();
        self.bytes += key.len() + value.as_ref().map_or(0, Vec::len);
        self.open.state.push(StateUpdate { key, value });
    }

    /// Whether it should be handed over before more is read.
    pub fn is_full(&self) -> bool {
        self.bytes >= SUBMISSION_BYTES
    }

    /// Whether a submission waits for room; nothing may be added then.
    pub fn is_blocked(&mut self) -> bool {
        if let Some(waiting) = self.waiting.take() {
            self.hand_over(waiting);
        }
        self.waiting.is_some()
    }

    /// Whether the journal takes nothing any more.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Hands over what there is.
    pub fn submit(&mut self) {
        if self.waiting.is_none() && !self.open.is_empty() {
            let submission = std::mem::take(&mut self.open);
            self.bytes = 0;
            self.hand_over(submission);
        }
    }

    fn hand_over(&mut self, submission: Submission) {
        match self.intake.try_submit(submission) {
            Ok(()) => {}
            Err(SubmitError::Full(back)) => self.waiting = Some(*back),
            Err(SubmitError::Closed) => self.closed = true,
        }
    }
}
