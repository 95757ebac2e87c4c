//! Disks that fail: the program keeps running, says so, loses nothing, and recovers by itself.

use std::sync::atomic::Ordering;
use std::time::Duration;

use logboom_model::Intake;
use logboom_store::fs::{Fault, FaultKind};
use logboom_store::{StoreOptions, StoreState};
use rustix::io::Errno;

use crate::harness::{Rig, is_full, lines, options, scan};

fn fail(kind: FaultKind, times: usize, errno: Option<Errno>) -> Fault {
    Fault { kind, after: 0, times, errno }
}

/// One failure costs a file and nothing else; everyone is told only what is durable.
fn one_failure_costs_only_a_file(fault: Fault) {
    let mut rig = Rig::new(options());
    assert!(rig.commit(lines(&["before"])));
    let poisoned = rig.journal_names().pop().unwrap();
    rig.fs.inject(fault);
    assert!(rig.commit(lines(&["during"])), "{fault:?}: it went into a new file at once");
    assert_eq!(rig.journal_names().len(), 2, "{fault:?}");
    let length = rig.fs.content(&poisoned).unwrap().len();
    assert!(rig.commit(lines(&["after"])));
    assert_eq!(
        rig.fs.content(&poisoned).unwrap().len(),
        length,
        "{fault:?}: the poisoned file is never written again"
    );
    let stats = rig.store().stats();
    assert_eq!((stats.state, stats.failures), (StoreState::Running, 1));
    for end in [|_: &mut Rig| {}, Rig::kill, |rig: &mut Rig| rig.crash(9)] {
        end(&mut rig);
        if rig.open.is_none() {
            rig.reopen().unwrap();
        }
        assert_eq!(rig.bodies(), ["before", "during", "after"], "{fault:?}");
        // The poisoned file may hold the entry too; its successor's first seq says that it does not count.
        assert_eq!(scan(&rig.store().snapshot()), ["before", "during", "after"], "{fault:?}");
        assert_eq!(rig.store().stats().gaps, []);
    }
}

#[test]
fn eio_on_write() {
    one_failure_costs_only_a_file(fail(FaultKind::Write, 1, Some(Errno::IO)));
}

#[test]
fn a_short_write() {
    one_failure_costs_only_a_file(fail(FaultKind::Write, 1, None));
}

#[test]
fn eio_on_fsync() {
    one_failure_costs_only_a_file(fail(FaultKind::Sync, 1, Some(Errno::IO)));
}

#[test]
fn eio_on_fsync_and_a_kill_before_the_next_file() {
    for seed in 0..50 {
        let mut rig = Rig::new(options());
        rig.close();
        rig.fs = logboom_store::fs::SimFs::new(seed);
        rig.reopen().unwrap();
        assert!(rig.commit(lines(&["before"])));
        rig.fs.inject(fail(FaultKind::Sync, 9, Some(Errno::IO)));
        assert!(!rig.commit(lines(&["during"])));
        // The page cache still shows what the failed sync has lost; recovery must not believe it.
        rig.kill();
        rig.reopen().unwrap();
        let shown = rig.bodies();
        rig.crash(seed);
        rig.reopen().unwrap();
        assert_eq!(rig.bodies(), shown, "seed {seed}: what was shown is durable");
        assert_eq!(shown[0], "before");
    }
}

#[test]
fn a_disk_that_is_gone_for_a_while_fills_the_queue_and_nothing_is_lost() {
    for kind in [FaultKind::Write, FaultKind::Sync, FaultKind::Create, FaultKind::SyncDir, FaultKind::Rename]
    {
        let mut rig = Rig::new(StoreOptions { queue_bytes: 4000, ..options() });
        assert!(rig.commit(lines(&["before"])));
        rig.fs.inject(fail(FaultKind::Write, 1, Some(Errno::IO)));
        rig.fs.inject(fail(kind, 50, Some(Errno::IO)));
        let mut expected = vec!["before".to_owned()];
        let mut acks = Vec::new();
        loop {
            let body = format!("during {}", expected.len());
            if is_full(&rig.store().try_submit(lines(&[&body]))) {
                break;
            }
            expected.push(body);
            rig.clock.advance(Duration::from_secs(1));
            rig.pump();
            assert_eq!(rig.bodies(), ["before"], "{kind:?}: nothing is shown before it is durable");
        }
        assert!(!rig.store().wait_for_room(Duration::ZERO));
        let stats = rig.store().stats();
        assert_eq!(stats.state, StoreState::Degraded);
        assert!(stats.last_error.unwrap().contains("/data/journal/"), "{kind:?}");
        rig.fs.heal();
        rig.clock.advance(Duration::from_secs(6));
        rig.pump();
        acks.push(rig.submit(lines(&["after"])));
        rig.pump();
        expected.push("after".to_owned());
        assert_eq!(rig.bodies(), expected, "{kind:?}");
        assert_eq!(acks[0].load(Ordering::SeqCst), 1);
        assert_eq!((rig.store().stats().state, rig.store().stats().last_error), (StoreState::Running, None));
    }
}

#[test]
fn retries_back_off() {
    let mut rig = Rig::new(options());
    rig.fs.inject(fail(FaultKind::Write, 1, Some(Errno::IO)));
    rig.fs.inject(fail(FaultKind::Create, usize::MAX, Some(Errno::IO)));
    assert!(!rig.commit(lines(&["one"])));
    let mut attempts = 0;
    let mut failures = rig.store().stats().failures;
    for _ in 0..600 {
        rig.clock.advance(Duration::from_millis(100));
        rig.pump();
        let now = rig.store().stats().failures;
        attempts += u64::from(now > failures);
        failures = now;
    }
    assert!((10..25).contains(&attempts), "{attempts} attempts in a minute");
}

#[test]
fn disk_full() {
    let mut rig = Rig::new(options());
    assert!(rig.commit(lines(&["before"])));
    rig.fs.set_capacity(rig.fs.used());
    // What is preallocated can still be used; then it ends.
    let mut random = crate::crash::Random(5);
    let mut expected = vec!["before".to_owned()];
    while rig.store().stats().state == StoreState::Running {
        let body = random.text(50_000);
        rig.submit(lines(&[&body]));
        rig.pump();
        expected.push(body);
        assert!(expected.len() < 100);
    }
    assert!(rig.store().stats().last_error.unwrap().contains("the disk is full"));
    assert_eq!(rig.bodies(), expected[..expected.len() - 1]);
    assert_eq!(rig.store().stats().failures, 0, "space is reserved, so that no write fails");
    rig.fs.set_capacity(1 << 40);
    rig.clock.advance(Duration::from_secs(6));
    rig.pump();
    assert_eq!(rig.bodies(), expected);
}

#[test]
fn disk_full_at_start() {
    let mut rig = Rig::new(options());
    assert!(rig.commit(lines(&["before"])));
    rig.close();
    rig.fs.kill();
    rig.fs.set_capacity(rig.fs.used());
    rig.reopen().unwrap();
    assert_eq!(rig.store().stats().state, StoreState::Degraded);
    assert_eq!(rig.bodies(), ["before"]);
    rig.fs.set_capacity(1 << 40);
    rig.clock.advance(Duration::from_secs(6));
    assert!(rig.commit(lines(&["after"])));
    assert_eq!(rig.bodies(), ["before", "after"]);
}

#[test]
fn an_oversized_submission_is_taken_alone() {
    let mut rig = Rig::new(StoreOptions { queue_bytes: 1000, ..options() });
    let big = "x".repeat(100_000);
    assert!(rig.commit(lines(&[&big])));
    rig.submit(lines(&[&big]));
    assert!(is_full(&rig.store().try_submit(lines(&["small"]))));
    rig.pump();
    assert!(rig.store().wait_for_room(Duration::ZERO));
    assert_eq!(rig.bodies(), [big.clone(), big]);
}
