//! A store under random operations, faults, kills and crashes, against a list of what was submitted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use logboom_model::{Intake, LogReader, TailEntry};
use logboom_store::StoreOptions;
use logboom_store::fs::{Fault, FaultKind};
use proptest::prelude::*;
use rustix::io::Errno;

use crate::crash::{Random, numbered};
use crate::harness::{Rig, options, rows_of_parts};

#[derive(Debug, Clone)]
enum Operation {
    Submit,
    Flush,
    Reopen,
    Kill,
    Crash(u64),
    FailNextWrite,
    ShortWrite,
    FailNextSync,
    FailCreate,
    Enospc,
    Heal,
    Roll,
    Evict,
    Seal,
    Tidy,
    FailRename,
    FailSyncDir,
    Read,
    Wait(u64),
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        8 => Just(Operation::Submit),
        6 => Just(Operation::Flush),
        1 => Just(Operation::Reopen),
        1 => Just(Operation::Kill),
        1 => any::<u64>().prop_map(Operation::Crash),
        1 => Just(Operation::FailNextWrite),
        1 => Just(Operation::ShortWrite),
        1 => Just(Operation::FailNextSync),
        1 => Just(Operation::FailCreate),
        1 => Just(Operation::Enospc),
        2 => Just(Operation::Heal),
        1 => Just(Operation::Roll),
        1 => Just(Operation::Evict),
        3 => Just(Operation::Seal),
        2 => Just(Operation::Tidy),
        1 => Just(Operation::FailRename),
        1 => Just(Operation::FailSyncDir),
        2 => Just(Operation::Read),
        1 => (1..90u64).prop_map(Operation::Wait),
    ]
}

struct Model {
    rig: Rig,
    /// Bodies of submission 1, 2, … as far as they were submitted and may exist.
    submitted: Vec<Vec<String>>,
    acked: Arc<AtomicU64>,
    /// A reader that lives as long as its store, and what it has seen.
    position: u64,
    random: Random,
}

impl Model {
    fn new(options: StoreOptions, seed: u64) -> Self {
        Self {
            rig: Rig::new(options),
            submitted: Vec::new(),
            acked: Arc::new(AtomicU64::new(0)),
            position: 1,
            random: Random(seed | 1),
        }
    }

    fn apply(&mut self, operation: &Operation) {
        let fault = |kind, errno| Fault { kind, after: 0, times: 1, errno };
        match operation {
            Operation::Submit => self.submit(),
            Operation::Flush => self.rig.pump(),
            Operation::Reopen => {
                self.rig.close();
                self.rig.fs.kill();
                self.again();
            }
            Operation::Kill => {
                self.rig.kill();
                self.again();
            }
            Operation::Crash(seed) => {
                self.rig.crash(*seed);
                self.again();
            }
            Operation::FailNextWrite => self.rig.fs.inject(fault(FaultKind::Write, Some(Errno::IO))),
            Operation::ShortWrite => self.rig.fs.inject(fault(FaultKind::Write, None)),
            Operation::FailNextSync => self.rig.fs.inject(fault(FaultKind::Sync, Some(Errno::IO))),
            Operation::FailCreate => self.rig.fs.inject(fault(FaultKind::Create, Some(Errno::MFILE))),
            Operation::Enospc => self.rig.fs.set_capacity(self.rig.fs.used() + 4096),
            Operation::Heal => self.heal(),
            Operation::Roll => drop(self.rig.open.as_mut().unwrap().roll()),
            Operation::Evict => drop(self.rig.open.as_mut().unwrap().evict()),
            Operation::Seal => {
                self.rig.open.as_mut().unwrap().roll();
                self.rig.open.as_mut().unwrap().seal();
            }
            Operation::Tidy => drop(self.rig.open.as_mut().unwrap().tidy()),
            Operation::FailRename => self.rig.fs.inject(fault(FaultKind::Rename, Some(Errno::IO))),
            Operation::FailSyncDir => self.rig.fs.inject(fault(FaultKind::SyncDir, Some(Errno::IO))),
            Operation::Read => self.tail(),
            Operation::Wait(seconds) => {
                self.rig.clock.advance(Duration::from_secs(*seconds));
                self.rig.pump();
            }
        }
        self.check();
    }

    fn submit(&mut self) {
        let number = self.submitted.len() as u64 + 1;
        let mut submission = numbered(number, &mut self.random);
        let bodies = submission.batches.iter().flat_map(|batch| batch.records().map(|r| r.body.to_vec()));
        let bodies = bodies.map(|body| String::from_utf8(body).unwrap()).collect();
        let acked = self.acked.clone();
        submission.ack = Some(Box::new(move || {
            assert_eq!(acked.swap(number, Ordering::SeqCst) + 1, number, "acks come once each, in order");
        }));
        if self.rig.store().try_submit(submission).is_ok() {
            self.submitted.push(bodies);
        }
    }

    /// Opens the store after an end of whatever kind, and forgets what did not make it: a source would read that
    /// again.
    fn again(&mut self) {
        self.rig.fs.set_capacity(1 << 40);
        self.rig.reopen().unwrap();
        let reached = self.reached();
        assert!(reached >= self.acked.load(Ordering::SeqCst), "what was acknowledged is there");
        assert!(reached <= self.submitted.len() as u64);
        self.submitted.truncate(reached as usize);
        self.acked.store(reached, Ordering::SeqCst);
        assert!(self.position <= self.rig.store().end_seq(), "what was shown is there");
    }

    fn reached(&self) -> u64 {
        let value = self.rig.store().state(b"position");
        value.map_or(0, |value| String::from_utf8(value).unwrap().parse().unwrap())
    }

    fn heal(&mut self) {
        self.rig.fs.heal();
        self.rig.fs.set_capacity(1 << 40);
        self.rig.clock.advance(Duration::from_secs(10));
        self.rig.pump();
    }

    fn tail(&mut self) {
        let mut reader = self.rig.store().reader(self.position);
        // A reader from 1 begins with the oldest there is.
        self.position = reader.position();
        let mut thinned_to = 0;
        while let Some(entry) = reader.next_entry().unwrap() {
            match entry {
                TailEntry::Evicted { from, .. } => assert_eq!(from, self.position),
                TailEntry::Thinned { from, to, .. } => {
                    assert_eq!(from, self.position);
                    thinned_to = to;
                }
                TailEntry::Batches(batches) => {
                    let first = batches[0].first_seq();
                    assert!(first == self.position || first > self.position && first < thinned_to);
                }
            }
            self.position = reader.position();
        }
    }

    fn check(&self) {
        let (rows, gone) = self.rig.read(1);
        assert_eq!(gone, []);
        let stats = self.rig.store().stats();
        // Rows that made room one by one are those of one container, and its gap rows count them.
        let is_thin = stats
            .gaps
            .iter()
            .any(|gap| gap.reason == "evicted" && !gap.resource.is_empty() && gap.resource != "logboom");
        if !is_thin {
            assert!(rows.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "seqs are dense");
            assert_eq!(rows.first().map_or(stats.end_seq, |row| row.0), stats.oldest_seq);
        }
        assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0), "seqs ascend");
        let parts = rows_of_parts(&self.rig.store().snapshot(), i64::MIN..i64::MAX, 0..u64::MAX);
        assert!(parts == rows, "{} rows in parts, {} for readers", parts.len(), rows.len());
        // State may show what is queued; rows only what is durable, which is a prefix of what was submitted.
        let bodies = self.rig.bodies();
        let acked = self.acked.load(Ordering::SeqCst) as usize;
        let expected: Vec<&String> = self.submitted[..acked].iter().flatten().collect();
        assert!(bodies.len() <= expected.len(), "rows are shown before they are durable");
        if is_thin {
            let mut expected = expected.into_iter();
            assert!(
                bodies.iter().all(|body| expected.any(|other| other == body)),
                "rows are doubled or out of order"
            );
        } else {
            let kept = &expected[expected.len() - bodies.len()..];
            assert!(bodies.iter().eq(kept.iter().copied()), "rows are missing, doubled or out of order");
            if stats.oldest_seq == 1 {
                assert_eq!(bodies.len(), expected.len());
            }
        }
        let lost = stats.gaps.iter().filter(|gap| gap.reason.ends_with("_corrupt")).count();
        assert_eq!(lost, 0, "faults and crashes are no corruption");
        assert!(self.rig.fs.used_max() <= self.rig.options.max_bytes, "the budget was passed");
    }

    fn finish(&mut self) {
        for _ in 0..4 {
            self.heal();
        }
        assert_eq!(
            self.acked.load(Ordering::SeqCst),
            self.submitted.len() as u64,
            "the store recovers by itself"
        );
        self.check();
        self.tail();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_store_keeps_its_promises(operations in proptest::collection::vec(operation(), 1..80), seed in any::<u64>()) {
        let mut model = Model::new(StoreOptions { ring_bytes: if seed % 2 == 0 { 0 } else { 1 << 20 }, ..options() }, seed);
        operations.iter().for_each(|operation| model.apply(operation));
        model.finish();
    }

    #[test]
    fn a_store_with_a_tiny_budget_keeps_its_promises(
        operations in proptest::collection::vec(operation(), 40..160),
        seed in any::<u64>(),
    ) {
        let mut model = Model::new(StoreOptions { max_bytes: 1 << 20, ..options() }, seed);
        operations.iter().for_each(|operation| model.apply(operation));
        model.finish();
    }
}
