//! What waits for its commit: bounded by bytes, and the small state it will bring visible at once.

use std::collections::{BTreeMap, VecDeque};

use logboom_model::{StateUpdate, Submission, SubmitError};

use crate::limits::{STATE_KEY_BYTES_MAX, STATE_VALUE_BYTES_MAX, SUBMISSION_BYTES_MAX};
use crate::seal::Request;

/// A value on its way, and the number of the submission that brings it.
type OnItsWay = (u64, Option<Vec<u8>>);

/// Rows that turned out to be lost to damage.
#[derive(Debug, Clone, Copy)]
pub struct Lost {
    /// First seq.
    pub from: u64,
    /// One past the last seq.
    pub to: u64,
    /// Rows between them.
    pub count: u64,
    /// Whether they were in a segment.
    pub is_segment: bool,
}

/// See the top of the file. Bytes count until the commit is durable.
#[derive(Default)]
pub struct Queue {
    waiting: VecDeque<(usize, Submission)>,
    bytes: usize,
    bytes_max: usize,
    taken_bytes: usize,
    /// Size of the submission that was last refused: there is room when it fits.
    refused: usize,
    /// Submissions ever queued, and ever done with.
    submitted: u64,
    done: u64,
    state: BTreeMap<Box<[u8]>, OnItsWay>,
    /// What readers found to be lost.
    pub lost: Vec<Lost>,
    /// What the sealer wants done at once.
    pub requests: Vec<Request>,
    /// Somebody waits for everything to be durable.
    pub flushing: usize,
    /// No more submissions are taken.
    pub closed: bool,
}

impl Queue {
    /// An empty queue of bounded bytes.
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, ..Self::default() }
    }

    /// Takes a submission if there is room; any size but the absurd fits when nothing else waits.
    pub fn push(&mut self, submission: Submission) -> Result<(), SubmitError> {
        if self.closed {
            return Err(SubmitError::Closed);
        }
        let size = submission.memory_bytes();
        let fits = self.bytes == 0 || self.bytes + size <= self.bytes_max;
        if !fits || !within_limits(size, &submission) {
            self.refused = size;
            return Err(SubmitError::Full(Box::new(submission)));
        }
        self.refused = 0;
        self.submitted += 1;
        for update in &submission.state {
            self.state.insert(update.key.clone(), (self.submitted, update.value.clone()));
        }
        self.bytes += size;
        self.waiting.push_back((size, submission));
        Ok(())
    }

    /// Whether the submission refused last would be taken now.
    pub fn has_room(&self) -> bool {
        self.bytes == 0 || self.bytes + self.refused.max(1) <= self.bytes_max
    }

    /// Takes submissions for one commit: as many as fit into so many bytes, at least one.
    pub fn take(&mut self, bytes_max: usize) -> Vec<Submission> {
        let mut group = Vec::new();
        while let Some((size, _)) = self.waiting.front() {
            if !group.is_empty() && self.taken_bytes + size > bytes_max {
                break;
            }
            if let Some((size, submission)) = self.waiting.pop_front() {
                self.taken_bytes += size;
                group.push(submission);
            }
        }
        group
    }

    /// A group was done with: durable, or given up.
    pub fn finish(&mut self, submissions: usize) {
        self.done += submissions as u64;
        self.bytes -= self.taken_bytes;
        self.taken_bytes = 0;
        let done = self.done;
        self.state.retain(|_, (number, _)| *number > done);
    }

    /// State on its way: `None` when nothing is, `Some(None)` when the key will go.
    pub fn state(&self, key: &[u8]) -> Option<Option<&Vec<u8>>> {
        self.state.get(key).map(|(_, value)| value.as_ref())
    }

    /// State on its way below a prefix.
    pub fn states<'a>(
        &'a self,
        prefix: &'a [u8],
    ) -> impl Iterator<Item = (&'a Box<[u8]>, Option<&'a Vec<u8>>)> {
        let from = (std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded);
        let below = self.state.range::<[u8], _>(from).take_while(move |(key, _)| key.starts_with(prefix));
        below.map(|(key, (_, value))| (key, value.as_ref()))
    }

    /// Whether nothing waits to be taken.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Bytes of memory not yet durable.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Number of the submission queued last.
    pub fn submitted(&self) -> u64 {
        self.submitted
    }

    /// Number of the submission done with last.
    pub fn done(&self) -> u64 {
        self.done
    }
}

fn within_limits(size: usize, submission: &Submission) -> bool {
    let small = |update: &StateUpdate| {
        update.key.len() <= STATE_KEY_BYTES_MAX
            && update.value.as_ref().is_none_or(|value| value.len() <= STATE_VALUE_BYTES_MAX)
    };
    size <= SUBMISSION_BYTES_MAX && submission.state.iter().all(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submission(key: &str, length: usize) -> Submission {
        let update = StateUpdate { key: key.as_bytes().into(), value: Some(vec![0; length]) };
        Submission { state: vec![update], ..Submission::default() }
    }

    #[test]
    fn full_means_full_and_room_means_that_the_refused_one_fits() {
        let mut queue = Queue::new(1000);
        assert!(
            queue.push(submission("a", 5000)).is_ok(),
            "an oversized one is taken when the queue is empty"
        );
        assert!(matches!(queue.push(submission("b", 600)), Err(SubmitError::Full(_))));
        assert!(!queue.has_room());
        assert_eq!(queue.take(usize::MAX).len(), 1);
        assert!(!queue.has_room(), "bytes count until they are durable");
        queue.finish(1);
        assert!(queue.has_room());
        assert!(queue.push(submission("b", 600)).is_ok());
        assert!(matches!(queue.push(submission("c", 600)), Err(SubmitError::Full(_))));
        assert!(!queue.has_room(), "300 bytes are left, 600 were asked for");
    }

    #[test]
    fn queued_state_is_visible_until_it_is_durable() {
        let mut queue = Queue::new(10_000);
        assert!(queue.push(submission("a", 1)).is_ok());
        let _ = queue.take(1);
        assert!(queue.push(submission("a", 2)).is_ok());
        assert_eq!(queue.state(b"a"), Some(Some(&vec![0; 2])));
        queue.finish(1);
        assert_eq!(queue.state(b"a"), Some(Some(&vec![0; 2])), "the second one is still on its way");
        let _ = queue.take(1);
        queue.finish(1);
        assert_eq!(queue.state(b"a"), None);
    }
}
