//! Power loss at every write, sync and change of names while journal files are sealed, segments rewritten, and the
//! oldest evicted: one copy of each row stays, none is there twice, and what is missing has been told to the row.

use std::collections::BTreeSet;
use std::time::Duration;

use logboom_model::{Intake, Submission};
use logboom_store::StoreOptions;

use crate::harness::{Rig, batch, rows_of_parts, update};
use crate::sealing::{noise, without_ring};

const FILES: u64 = 5;

fn tight() -> StoreOptions {
    StoreOptions { max_bytes: 1 << 20, ..without_ring() }
}

/// What a run has promised before it was cut off.
#[derive(Default)]
struct Promised {
    /// Files whose rows were acknowledged.
    acked: u64,
    /// Whether the oldest may have been evicted whole.
    evicts: bool,
}

fn quiet(number: u64) -> String {
    format!("quiet {number:04}")
}

fn loud(number: u64, row: u64) -> String {
    format!("loud {number:04}/{row} {}", noise(number * 10 + row, 20_000))
}

/// Five files of a loud and a quiet container; each sealed, then rewritten in two bites, then the oldest goes.
fn run(rig: &mut Rig, stop_after: Option<u64>) -> Promised {
    let mut promised = Promised::default();
    if let Some(operations) = stop_after {
        rig.fs.stop_after(operations);
    }
    if rig.reopen().is_err() {
        return promised;
    }
    for number in 1..=FILES {
        let rows: Vec<String> = (0..4).map(|row| loud(number, row)).collect();
        let submission = Submission {
            batches: vec![batch("loud", &rows), batch("quiet", &[quiet(number)])],
            state: vec![update("position", Some(&number.to_string()))],
            ..Submission::default()
        };
        if !rig.commit(submission) {
            return promised;
        }
        promised.acked = number;
        let open = rig.open.as_mut().unwrap();
        open.roll();
        if number != 2 {
            // The second is sealed together with the third: there are two closed files then.
            open.seal();
            open.seal();
        }
    }
    for _ in 0..2 {
        rig.clock.advance(Duration::from_secs(70));
        rig.pump();
        rig.open.as_mut().unwrap().rewrite(50_000);
    }
    promised.evicts = true;
    rig.open.as_mut().unwrap().evict();
    promised
}

fn check(rig: &mut Rig, promised: &Promised, what: &str) {
    // Sums of gaps become rows.
    rig.clock.advance(Duration::from_secs(130));
    rig.pump();
    let (rows, gone) = rig.read(1);
    assert_eq!(gone, [], "{what}");
    assert_eq!(rows_of_parts(&rig.store().snapshot(), i64::MIN..i64::MAX, 0..u64::MAX), rows, "{what}");
    let stats = rig.store().stats();
    let lost: Vec<_> = stats.gaps.iter().filter(|gap| gap.reason != "evicted").collect();
    assert!(lost.is_empty(), "{what}: {lost:?}");
    assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0), "{what}: doubled or out of order");
    // What is missing is counted by gap rows, to the row: those of the loud, and whole segments.
    let missing = stats.end_seq - 1 - rows.len() as u64;
    let told: u64 = stats.gaps.iter().map(|gap| gap.count).sum();
    assert_eq!(missing, told, "{what}: {:?}", stats.gaps);
    let bodies: BTreeSet<String> = rig.bodies().into_iter().collect();
    let state = rig.store().state(b"position");
    let reached: u64 = state.map_or(0, |value| String::from_utf8(value).unwrap().parse().unwrap());
    assert!(reached >= promised.acked, "{what}");
    let first = if stats.oldest_seq == 1 { 1 } else { 2 };
    assert!(first == 1 || promised.evicts, "{what}");
    let mut expected = BTreeSet::new();
    for number in 1..=reached {
        let is_evicted = quiet_seq(number) < stats.oldest_seq;
        assert!(is_evicted || bodies.contains(&quiet(number)), "{what}: the quiet stay ({number})");
        expected.insert(quiet(number));
        expected.extend((0..4).map(|row| loud(number, row)));
    }
    assert!(bodies.is_subset(&expected), "{what}");
    assert!(rig.fs.used_max() <= 1 << 20, "{what}: the budget was passed");
    // Nothing lies about.
    let tmp = logboom_store::fs::Fs::list(&rig.fs, "tmp").unwrap();
    assert!(tmp.is_empty(), "{what}: {tmp:?}");
    assert_eq!(crate::sealing::segments(rig).len() as u64, stats.segments, "{what}");
    assert_eq!(rig.journal_names().len() as u64, stats.journal_files, "{what}");
}

/// Each file has four loud rows and a quiet one; gap rows come after all of them.
fn quiet_seq(number: u64) -> u64 {
    number * 5
}

fn empty() -> Rig {
    let mut rig = Rig::new(tight());
    rig.close();
    rig.fs = logboom_store::fs::SimFs::new(3);
    rig
}

#[test]
fn power_loss_at_every_operation_of_sealing_rewriting_and_evicting() {
    let mut whole = empty();
    let promised = run(&mut whole, None);
    assert!(promised.evicts && whole.store().stats().gaps.len() >= 2, "{:?}", whole.store().stats());
    let operations = whole.fs.operations();
    check(&mut whole, &promised, "undisturbed");
    assert!(operations > 150, "{operations}");
    for operation in 0..=operations {
        for seed in 0..2 {
            let what = format!("operation {operation} of {operations}, seed {seed}");
            let mut rig = empty();
            let promised = run(&mut rig, Some(operation));
            rig.crash(seed * 1000 + operation);
            rig.reopen().unwrap_or_else(|error| panic!("{what}: {error}"));
            check(&mut rig, &promised, &what);
            // Life goes on: everything is sealed, and another crash takes nothing back.
            let open = rig.open.as_mut().unwrap();
            open.roll();
            while open.seal().unwrap() {}
            let before = rig.read(1);
            rig.crash(seed * 999 + operation);
            rig.reopen().unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(rig.read(1), before, "{what}: after one more crash");
        }
    }
}

#[test]
fn kill_at_every_operation_of_sealing_rewriting_and_evicting_and_during_recovery() {
    let mut whole = empty();
    run(&mut whole, None);
    let operations = whole.fs.operations();
    for operation in 0..=operations {
        let what = format!("operation {operation} of {operations}");
        let mut rig = empty();
        let promised = run(&mut rig, Some(operation));
        rig.kill();
        for step in 0..operation % 5 {
            rig.fs.stop_after(rig.fs.operations() + step);
            let _ = rig.reopen();
            rig.crash(operation * 31 + step);
        }
        rig.reopen().unwrap_or_else(|error| panic!("{what}: {error}"));
        check(&mut rig, &promised, &what);
    }
}
