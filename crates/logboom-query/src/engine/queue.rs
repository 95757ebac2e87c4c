//! What is still to be done: parts to be opened and blocks to be read, the one that can hold the first record first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use logboom_store::{OpenPart, Part};

/// One thing to do.
pub(crate) enum Task {
    /// Open it and find out which of its blocks count.
    Open(Arc<Part>),
    /// Read it.
    Read(BlockTask),
}

/// A block that may hold something.
#[derive(Clone)]
pub(crate) struct BlockTask {
    pub(crate) part: Arc<OpenPart>,
    pub(crate) index: usize,
    pub(crate) disk_bytes: u64,
}

/// Tasks by the best place that a record in them can have.
#[derive(Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Ranked>,
}

struct Ranked {
    rank: i64,
    task: Task,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Ranked {}

impl Queue {
    /// Adds a task.
    pub(crate) fn push(&mut self, rank: i64, task: Task) {
        self.heap.push(Ranked { rank, task });
    }

    /// The best place that any task can give.
    pub(crate) fn best(&self) -> Option<i64> {
        self.heap.peek().map(|ranked| ranked.rank)
    }

    /// The task that comes first.
    pub(crate) fn pop(&mut self) -> Option<(i64, Task)> {
        self.heap.pop().map(|ranked| (ranked.rank, ranked.task))
    }

    /// Gives up everything that is left.
    pub(crate) fn clear(&mut self) {
        self.heap.clear();
    }
}
