//! Power loss at every write, sync and change of names of a random workload: whatever part of the unsynced reached
//! the disk, nothing acknowledged and nothing shown is lost, nothing is there twice, and rows and state agree.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use logboom_model::{GapReason, Intake, Submission};

use crate::harness::{Rig, batch, gap, options, update};

/// A generator as good as any (xorshift).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    /// Bytes that do not compress.
    pub fn text(&mut self, length: u64) -> String {
        (0..length).map(|_| char::from(b'!' + self.below(90) as u8)).collect()
    }
}

/// Submission `number`: its rows carry its number, and so does the state.
pub fn numbered(number: u64, random: &mut Random) -> Submission {
    let mut submission = Submission::default();
    for part in 0..random.below(3) {
        let rows: Vec<String> = (0..=random.below(4))
            .map(|row| {
                let length = [0, 10, 700, 5000][random.below(4) as usize];
                format!("{number:06}/{part}/{row} {}", random.text(length))
            })
            .collect();
        submission.batches.push(batch(["web", "db", "cache"][random.below(3) as usize], &rows));
    }
    if random.below(8) == 0 {
        submission.gaps.push(gap("web", GapReason::SourceTruncated));
    }
    submission.state.push(update("position", Some(&number.to_string())));
    submission.state.push(update(&format!("old/{}", number % 7), (!number.is_multiple_of(3)).then_some("x")));
    submission
}

fn expected_bodies(submission: &Submission) -> Vec<String> {
    let records =
        submission.batches.iter().flat_map(|batch| batch.records().map(|record| record.body.to_vec()));
    records.map(|body| String::from_utf8(body).unwrap()).collect()
}

/// What a run has promised before it was cut off.
#[derive(Default)]
struct Promised {
    acked: u64,
    shown: BTreeMap<u64, String>,
    /// Bodies of submission 1, 2, …
    submitted: Vec<Vec<String>>,
}

const SUBMISSIONS: u64 = 14;

/// Runs the workload until it ends or the disk stops answering.
fn run(rig: &mut Rig, seed: u64, stop_after: Option<u64>) -> Promised {
    let mut promised = Promised::default();
    if let Some(operations) = stop_after {
        rig.fs.stop_after(operations);
    }
    let mut random = Random(seed);
    let acked = Arc::new(AtomicU64::new(0));
    if rig.reopen().is_err() {
        return promised;
    }
    for number in 1..=SUBMISSIONS {
        let mut submission = numbered(number, &mut random);
        promised.submitted.push(expected_bodies(&submission));
        let counter = acked.clone();
        submission.ack = Some(Box::new(move || counter.store(number, Ordering::SeqCst)));
        assert!(rig.store().try_submit(submission).is_ok());
        let what = random.below(10);
        if what < 7 {
            rig.pump();
        }
        if what == 8 {
            rig.clock.advance(Duration::from_secs(20));
            rig.open.as_mut().unwrap().roll();
        }
        if what == 9 {
            rig.clock.advance(Duration::from_secs(70));
            rig.pump();
        }
        promised.shown.extend(rig.read(1).0);
        promised.acked = acked.load(Ordering::SeqCst);
        if number == SUBMISSIONS / 2 {
            rig.close();
            promised.acked = acked.load(Ordering::SeqCst);
            rig.fs.kill();
            if let Some(operations) = stop_after {
                rig.fs.stop_after(operations);
            }
            if rig.reopen().is_err() {
                return promised;
            }
        }
    }
    rig.pump();
    promised.shown.extend(rig.read(1).0);
    promised.acked = acked.load(Ordering::SeqCst);
    promised
}

fn check(rig: &Rig, promised: &Promised, what: &str) -> u64 {
    let (rows, gone) = rig.read(1);
    assert_eq!(gone, [], "{what}: seqs are dense");
    for (index, (seq, _)) in rows.iter().enumerate() {
        assert_eq!(*seq, index as u64 + 1, "{what}: seqs are dense");
    }
    for (seq, body) in &promised.shown {
        let now = rows.get(*seq as usize - 1).map(|row| &row.1);
        assert_eq!(now, Some(body), "{what}: seq {seq} was shown before it was durable");
    }
    let state = rig.store().state(b"position");
    let reached: u64 = state.map_or(0, |value| String::from_utf8(value).unwrap().parse().unwrap());
    assert!(
        reached >= promised.acked,
        "{what}: state {reached} is older than the last acknowledged {}",
        promised.acked
    );
    let expected: Vec<&String> = promised.submitted.iter().take(reached as usize).flatten().collect();
    let bodies = rig.bodies();
    assert_eq!(bodies.iter().collect::<Vec<_>>(), expected, "{what}: rows and state agree, each row once");
    for key in 0..7 {
        let last = (1..=reached).rev().find(|number| number % 7 == key);
        let value = last.filter(|number| !number.is_multiple_of(3)).map(|_| b"x".to_vec());
        assert_eq!(rig.store().state(format!("old/{key}").as_bytes()), value, "{what}: old/{key}");
    }
    reached
}

fn empty() -> Rig {
    let mut rig = Rig::new(options());
    rig.close();
    rig.fs = logboom_store::fs::SimFs::new(3);
    rig
}

#[test]
fn power_loss_at_every_write_and_sync_and_change_of_names() {
    for workload in 1..=3 {
        let mut whole = empty();
        let promised = run(&mut whole, workload * 77, None);
        assert_eq!(promised.acked, SUBMISSIONS);
        check(&whole, &promised, "undisturbed");
        let operations = whole.fs.operations();
        assert!(operations > 40, "{operations}");
        for operation in 0..=operations {
            for seed in 0..4 {
                let what = format!("workload {workload}, operation {operation} of {operations}, seed {seed}");
                let mut rig = empty();
                let promised = run(&mut rig, workload * 77, Some(operation));
                rig.crash(seed * 1000 + operation);
                rig.reopen().unwrap_or_else(|error| panic!("{what}: {error}"));
                let reached = check(&rig, &promised, &what);
                // Life goes on, and another crash right after it takes nothing back.
                let mut random = Random(operation + 1);
                assert!(rig.commit(numbered(reached + 1, &mut random)), "{what}");
                let before = rig.read(1);
                rig.crash(seed * 999 + operation);
                rig.reopen().unwrap_or_else(|error| panic!("{what}: {error}"));
                // Sums of gaps that the crash found in small state are rows now.
                let after = rig.read(1);
                assert!(after.0.starts_with(&before.0), "{what}: after one more crash");
                let more = &after.0[before.0.len()..];
                assert!(more.iter().all(|(_, body)| body.starts_with("gap (source_")), "{what}: {more:?}");
            }
        }
    }
}

#[test]
fn power_loss_during_recovery_from_power_loss() {
    let mut whole = empty();
    run(&mut whole, 99, None);
    let operations = whole.fs.operations();
    for operation in (0..=operations).step_by(3) {
        let mut rig = empty();
        let promised = run(&mut rig, 99, Some(operation));
        rig.crash(operation);
        for step in 0..12 {
            // Recovery is itself cut off, one operation later each time.
            rig.fs.stop_after(rig.fs.operations() + step);
            let _ = rig.reopen();
            rig.crash(operation * 31 + step);
        }
        rig.reopen().unwrap();
        check(&rig, &promised, &format!("operation {operation}"));
    }
}

#[test]
fn kill_at_every_offset_of_a_write() {
    let mut rig = Rig::new(options());
    assert!(rig.commit(Submission {
        state: vec![update("position", Some("1"))],
        ..crate::harness::lines(&["first"])
    }));
    let name = rig.journal_names().pop().unwrap();
    let before = rig.fs.content(&name).unwrap().len();
    let second = Submission {
        state: vec![update("position", Some("2"))],
        ..crate::harness::lines(&["second", "third"])
    };
    assert!(rig.commit(second));
    let whole = rig.fs.content(&name).unwrap();
    rig.kill();
    for length in before..=whole.len() {
        let mut cut = Rig { fs: rig.fs.fork(), clock: rig.clock.clone(), options: options(), open: None };
        cut.fs.set_content(&name, whole[..length].to_vec());
        cut.reopen().unwrap();
        let (expected, position): (&[&str], &[u8]) =
            if length < whole.len() { (&["first"], b"1") } else { (&["first", "second", "third"], b"2") };
        assert_eq!(cut.bodies(), expected, "{length} of {}", whole.len());
        assert_eq!(cut.store().state(b"position").as_deref(), Some(position));
        assert_eq!(cut.store().stats().gaps, [], "a torn tail is no loss of anything acknowledged");
        assert!(cut.commit(crate::harness::lines(&["after"])));
        assert_eq!(cut.bodies().last().map(String::as_str), Some("after"));
    }
}
