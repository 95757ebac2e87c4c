//! The budget, the host's disk, ages and clocks.

use std::time::Duration;

use logboom_model::{Intake, LogReader, Submission, TailEntry};
use logboom_store::{StoreOptions, StoreState};

use crate::crash::Random;
use crate::harness::{Rig, START, lines, options, update};

const DAY: Duration = Duration::from_secs(86_400);

/// Writes so many bytes that do not compress, in small commits.
fn fill(rig: &mut Rig, bytes: u64, random: &mut Random) {
    for _ in 0..bytes / 5000 {
        let body = random.text(5000);
        assert!(rig.commit(lines(&[body])), "{:?}", rig.store().stats().last_error);
        assert!(rig.fs.used_max() <= rig.options.max_bytes, "the budget was passed");
    }
}

#[test]
fn the_budget_is_never_passed_and_what_goes_is_known_to_the_row() {
    let mut rig = Rig::new(StoreOptions { max_bytes: 1 << 20, ring_bytes: 0, ..options() });
    let mut slow = rig.store().reader(1);
    let mut random = Random(11);
    fill(&mut rig, 5 << 20, &mut random);
    let stats = rig.store().stats();
    assert!(stats.bytes <= stats.max_bytes && stats.bytes > stats.max_bytes / 2, "{stats:?}");
    assert!(stats.oldest_seq > 1);
    // A reader below the oldest is told exactly what it missed, and goes on.
    let Some(TailEntry::Evicted { from: 1, to }) = slow.next_entry().unwrap() else { panic!("not told") };
    assert_eq!(to, stats.oldest_seq);
    assert!(
        matches!(slow.next_entry().unwrap(), Some(TailEntry::Batches(batches)) if batches[0].first_seq() == to)
    );
    // Gap rows say the same: their ranges cover everything evicted so far, once.
    rig.clock.advance(Duration::from_secs(61));
    rig.pump();
    let counted: u64 = rig.store().stats().gaps.iter().map(|gap| gap.count).sum();
    assert_eq!(counted, rig.store().stats().oldest_seq - 1);
    assert!(rig.store().stats().gaps.iter().all(|gap| gap.reason == "evicted" && gap.count_kind == "exact"));
    rig.crash(4);
    rig.reopen().unwrap();
    assert_eq!(rig.store().stats().oldest_seq, rig.read(1).0[0].0);
}

#[test]
fn a_file_that_is_evicted_while_it_is_read_is_no_damage() {
    let mut rig = Rig::new(StoreOptions { max_bytes: 1 << 20, ring_bytes: 0, ..options() });
    let mut random = Random(12);
    fill(&mut rig, 300_000, &mut random);
    let mut reader = rig.store().reader(1);
    let snapshot = rig.store().snapshot();
    assert!(matches!(reader.next_entry().unwrap(), Some(TailEntry::Batches(_))));
    fill(&mut rig, 2 << 20, &mut random);
    assert!(matches!(reader.next_entry().unwrap(), Some(TailEntry::Evicted { from: 2, .. })));
    while reader.next_entry().unwrap().is_some() {}
    crate::harness::scan(&snapshot);
    rig.pump();
    rig.clock.advance(Duration::from_secs(61));
    rig.pump();
    assert!(rig.store().stats().gaps.iter().all(|gap| gap.reason == "evicted"));
}

#[test]
fn a_cursor_and_an_eviction_mark_fit_when_the_disk_is_full() {
    let mut rig = Rig::new(StoreOptions { max_bytes: 1 << 20, ..options() });
    let mut random = Random(13);
    fill(&mut rig, 600_000, &mut random);
    rig.fs.set_capacity(rig.fs.used());
    // Not one block is free on the host: the store lives on what it evicts.
    fill(&mut rig, 2 << 20, &mut random);
    assert!(
        rig.commit(Submission { state: vec![update("sink/cursor/a", Some("7"))], ..Submission::default() })
    );
    assert_eq!(rig.store().stats().state, StoreState::Running);
}

#[test]
fn min_free_leaves_room_to_the_host() {
    let mut rig = Rig::new(StoreOptions { max_bytes: 16 << 20, min_free: 1 << 20, ..options() });
    let mut random = Random(14);
    fill(&mut rig, 4 << 20, &mut random);
    assert_eq!(rig.store().stats().oldest_seq, 1);
    // Somebody else fills the disk: the log gives way …
    rig.fs.set_capacity(rig.fs.used() + (1 << 20) + 100_000);
    fill(&mut rig, 2 << 20, &mut random);
    let stats = rig.store().stats();
    assert!(stats.oldest_seq > 1 && stats.state == StoreState::Running, "{stats:?}");
    // … until there is nothing left to give, and then it waits.
    rig.fs.set_capacity(1 << 20);
    for _ in 0..400 {
        let body = random.text(5000);
        if crate::harness::is_full(&rig.store().try_submit(lines(&[body]))) {
            break;
        }
        rig.pump();
    }
    assert_eq!(rig.store().stats().state, StoreState::Degraded);
    assert!(rig.store().stats().last_error.unwrap().contains("store.min_free"));
    rig.fs.set_capacity(1 << 40);
    rig.clock.advance(Duration::from_secs(6));
    rig.pump();
    assert_eq!(rig.store().stats().state, StoreState::Running);
    assert_eq!(rig.store().stats().queued_bytes, 0);
}

#[test]
fn old_files_go_by_commit_time() {
    let mut rig = Rig::new(StoreOptions { max_age: Some(DAY), ..options() });
    assert!(rig.commit(lines(&["old"])));
    rig.clock.advance(DAY / 2);
    rig.pump();
    assert!(rig.commit(lines(&["young"])));
    rig.clock.advance(DAY / 2 + Duration::from_secs(7200));
    rig.pump();
    assert_eq!(rig.bodies(), ["young"]);
    rig.clock.advance(DAY);
    rig.pump();
    assert_eq!(rig.bodies(), [""; 0]);
}

#[test]
fn a_clock_that_jumps_ahead_evicts_nothing_and_status_says_so() {
    let mut rig = Rig::new(StoreOptions { max_age: Some(DAY), ..options() });
    assert!(rig.commit(lines(&["kept"])));
    rig.clock.advance(Duration::from_secs(7200));
    rig.pump();
    assert!(rig.commit(lines(&["kept too"])));
    rig.clock.jump(DAY.as_nanos() as i64 * 400);
    rig.pump();
    assert!(rig.commit(lines(&["and this"])));
    assert_eq!(rig.bodies(), ["kept", "kept too", "and this"]);
    assert!(rig.store().stats().last_error.unwrap().contains("clock has jumped ahead"));
    rig.clock.jump(-(DAY.as_nanos() as i64) * 400);
    rig.pump();
    assert_eq!(rig.store().stats().last_error, None);
}

#[test]
fn clock_set_back_an_hour() {
    let mut rig = Rig::new(options());
    assert!(rig.commit(lines(&["one"])));
    let newest = rig.store().stats().newest;
    rig.clock.jump(-3_600_000_000_000);
    assert!(rig.commit(lines(&["two"])));
    assert_eq!(rig.store().stats().newest, newest, "the commit clock never goes back");
    assert_eq!(newest, Some(START));
    rig.kill();
    rig.reopen().unwrap();
    assert!(rig.commit(lines(&["three"])));
    assert_eq!(rig.bodies(), ["one", "two", "three"]);
    assert_eq!(rig.store().stats().newest, newest);
}

#[test]
fn files_roll_by_bytes_and_by_the_hour() {
    let mut rig = Rig::new(options());
    rig.clock.advance(Duration::from_secs(4000));
    rig.pump();
    assert_eq!(rig.journal_names().len(), 1, "an idle store makes no files");
    assert!(rig.commit(lines(&["x"])));
    rig.clock.advance(Duration::from_secs(3601));
    rig.pump();
    assert_eq!(rig.journal_names().len(), 2);
    let before = rig.fs.used();
    // 64 MiB / 16 = 4 MiB of bodies, however well they compress.
    for _ in 0..9 {
        let bodies = vec!["y".repeat(100_000); 5];
        assert!(rig.commit(lines(&bodies)));
    }
    assert_eq!(rig.journal_names().len(), 3);
    assert!(rig.fs.used() < before + (2 << 20), "a closed file gives back what it had preallocated");
}
