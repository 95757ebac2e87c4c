//! Readers, scans, small state and gaps.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use logboom_model::{Batch, GapReason, Intake, LogReader, Submission, TailEntry};
use logboom_store::{OpenError, Snapshot, Store, StoreOptions};

use crate::harness::{Rig, START, batch, gap, lines, options, row, rows_of_parts, scan, update};

fn timed(times: &[i64]) -> Submission {
    let mut made = Batch::new(crate::harness::resource("web"));
    for time in times {
        made.push(row(START + time), format!("at {time}").as_bytes());
    }
    Submission { batches: vec![made], ..Submission::default() }
}

#[test]
fn parts_come_newest_event_first_and_leave_out_what_time_and_seq_rule_out() {
    let mut rig = Rig::new(options());
    for times in [&[0, 10][..], &[20, 30], &[5, 25], &[40]] {
        assert!(rig.commit(timed(times)));
        rig.open.as_mut().unwrap().roll();
    }
    assert!(rig.commit(timed(&[50])));
    let snapshot = rig.store().snapshot();
    assert_eq!(snapshot.seqs(), 1..9);
    let found = |times, seqs| -> Vec<u64> {
        snapshot.parts(times, seqs).iter().map(|part| part.seqs().start).collect()
    };
    assert_eq!(found(i64::MIN..i64::MAX, 0..u64::MAX), [8, 7, 3, 5, 1]);
    assert_eq!(found(START + 24..START + 41, 0..u64::MAX), [7, 3, 5]);
    assert_eq!(found(START + 11..START + 20, 0..u64::MAX), [5]);
    assert!(found(START + 51..i64::MAX, 0..u64::MAX).is_empty());
    assert_eq!(found(i64::MIN..i64::MAX, 4..6), [3, 5]);
    assert_eq!(snapshot.first_seq_since(START + 24).unwrap(), 4);
    assert_eq!(snapshot.first_seq_since(START + 51).unwrap(), 9);
}

#[test]
fn a_reader_may_begin_in_the_middle_of_a_batch_in_ring_and_files_alike() {
    for ring_bytes in [0, 8 << 20] {
        let mut rig = Rig::new(StoreOptions { ring_bytes, ..options() });
        assert!(rig.commit(lines(&["one", "two", "three"])));
        assert!(rig.commit(Submission {
            batches: vec![batch("a", &["four"]), batch("b", &["five", "six"])],
            ..Submission::default()
        }));
        for from in 1..=7 {
            let expected = ["one", "two", "three", "four", "five", "six"].iter().enumerate().skip(from - 1);
            let expected: Vec<_> =
                expected.map(|(index, body)| (index as u64 + 1, (*body).to_owned())).collect();
            assert_eq!(rig.read(from as u64), (expected, vec![]), "from {from}, ring of {ring_bytes}");
        }
        let mut ahead = rig.store().reader(100);
        assert!(ahead.next_entry().unwrap().is_none());
        assert_eq!(ahead.position(), 100);
        assert!(!ahead.wait(Duration::ZERO));
    }
}

#[test]
fn small_state_is_visible_at_once_and_durable_with_its_rows() {
    let mut rig = Rig::new(options());
    rig.submit(Submission {
        state: vec![update("p/1", Some("a")), update("p/2", Some("b")), update("q/1", Some("c"))],
        ..Submission::default()
    });
    assert_eq!(rig.store().state(b"p/1"), Some(b"a".to_vec()), "queued");
    rig.pump();
    rig.submit(Submission {
        state: vec![update("p/1", None), update("p/3", Some("d"))],
        ..Submission::default()
    });
    let keys = |rig: &Rig| {
        rig.store()
            .states(b"p/")
            .into_iter()
            .map(|(key, _)| String::from_utf8(key.into()).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&rig), ["p/2", "p/3"], "queued removal and addition");
    rig.kill();
    rig.reopen().unwrap();
    assert_eq!(keys(&rig), ["p/1", "p/2"], "what was only queued is gone");
}

#[test]
fn gaps_of_a_minute_become_two_rows_also_over_a_crash() {
    let mut rig = Rig::new(options());
    for _ in 0..5 {
        let mut gap = gap("web", GapReason::SourceTruncated);
        gap.count = 1;
        gap.count_kind = logboom_model::CountKind::Exact;
        assert!(rig.commit(Submission { gaps: vec![gap], ..Submission::default() }));
    }
    assert_eq!(rig.read(1).0.len(), 1);
    rig.crash(1);
    rig.reopen().unwrap();
    let rows = rig.read(1).0;
    assert_eq!(rows.len(), 2);
    assert!(rows[1].1.starts_with("gap (source_truncated): 4 records lost"), "{}", rows[1].1);
    assert!(rig.store().states(b"store/gap/").is_empty());
    rig.crash(2);
    rig.reopen().unwrap();
    assert_eq!(rig.read(1).0.len(), 2, "not told twice");
    assert_eq!(rig.store().stats().gaps.len(), 2);
    // Another container, another row; and at the end of the minute what has added up.
    assert!(rig.commit(Submission {
        gaps: vec![gap("db", GapReason::SourceTruncated); 3],
        ..Submission::default()
    }));
    assert_eq!(rig.read(1).0.len(), 3);
    rig.clock.advance(Duration::from_secs(61));
    rig.pump();
    assert_eq!(rig.read(1).0.len(), 4);
    assert!(
        rig.store().snapshot().stats().gaps.iter().all(|gap| gap.resource == "web" || gap.resource == "db")
    );
}

#[test]
fn at_most_256_gaps_are_kept_for_status() {
    let mut rig = Rig::new(options());
    for number in 0..300 {
        let gap = gap(&format!("c{number}"), GapReason::ContainerUnseen);
        assert!(rig.commit(Submission { gaps: vec![gap], ..Submission::default() }));
    }
    rig.close();
    rig.fs.kill();
    rig.reopen().unwrap();
    let gaps = rig.store().stats().gaps;
    assert_eq!((gaps.len(), gaps[255].resource.as_str()), (256, "c299"));
}

#[test]
fn reading_only_disturbs_nobody_and_shows_only_what_is_durable() {
    let mut rig = Rig::new(options());
    let open = |rig: &Rig| Snapshot::open_read_only_on(Arc::new(rig.fs.clone()), Path::new("/data"));
    for body in ["one", "two", "three"] {
        assert!(rig.commit(lines(&[body])));
    }
    let operations = rig.fs.operations();
    let live = open(&rig).unwrap();
    assert_eq!(scan(&live), ["one", "two"], "the newest may not be durable yet");
    assert_eq!(live.seqs(), 1..3);
    rig.kill();
    let dead = open(&rig).unwrap();
    assert_eq!(scan(&dead), ["one", "two", "three"]);
    assert_eq!(dead.seqs(), 1..4);
    assert_eq!((dead.stats().records, dead.stats().state.name()), (3, "closed"));
    assert_eq!(rig.fs.operations(), operations, "nothing was written");
    rig.reopen().unwrap();
    assert_eq!(dead.store_id(), rig.store().store_id());
    let nowhere = Snapshot::open_read_only(Path::new("/nowhere/at/all"));
    assert!(matches!(nowhere, Err(OpenError::Missing { .. })));
}

#[test]
fn resources_are_remembered_for_a_day() {
    let mut rig = Rig::new(options());
    assert!(rig.commit(Submission {
        batches: vec![batch("a", &["1"]), batch("b", &["2"])],
        ..Submission::default()
    }));
    rig.kill();
    rig.reopen().unwrap();
    let names = |rig: &Rig| {
        let mut names: Vec<_> =
            rig.store().resources().iter().map(|r| r.container_name().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&rig), ["a", "b"]);
    rig.clock.advance(Duration::from_secs(20 * 3600));
    assert!(rig.commit(lines(&["3"])));
    rig.clock.advance(Duration::from_secs(5 * 3600));
    rig.pump();
    assert_eq!(names(&rig), ["web"]);
}

#[test]
fn many_threads_submit_and_follow_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let store =
        Store::open(dir.path(), StoreOptions { ring_bytes: 2000, queue_bytes: 20_000, ..options() }).unwrap();
    let follower = {
        let mut reader = store.reader(1);
        std::thread::spawn(move || {
            let mut rows = 0;
            while rows < 400 {
                assert!(reader.wait(Duration::from_secs(20)));
                while let Some(entry) = reader.next_entry().unwrap() {
                    let TailEntry::Batches(batches) = entry else { panic!("{entry:?}") };
                    rows += batches.iter().map(Batch::len).sum::<usize>();
                }
            }
        })
    };
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let store = store.clone();
            std::thread::spawn(move || {
                for number in 0..100 {
                    let mut submission = lines(&[format!("{writer}/{number} {}", "x".repeat(200))]);
                    while let Err(logboom_model::SubmitError::Full(back)) = store.try_submit(submission) {
                        submission = *back;
                        store.wait_for_room(Duration::from_secs(5));
                    }
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    follower.join().unwrap();
    store.flush().unwrap();
    let rows = crate::harness::read(&store, 1).0;
    for writer in 0..4 {
        let mine: Vec<_> = rows.iter().filter(|row| row.1.starts_with(&format!("{writer}/"))).collect();
        let in_order =
            mine.iter().enumerate().all(|(number, row)| row.1.starts_with(&format!("{writer}/{number} ")));
        assert!(mine.len() == 100 && in_order);
    }
}

#[test]
fn parts_hold_what_a_reader_gets_in_blocks_of_many_small_commits() {
    let mut rig = Rig::new(options());
    for number in 0..40 {
        assert!(rig.commit(lines(&[format!("row {number}"), "x".repeat(60_000)])));
        if number % 15 == 14 {
            rig.open.as_mut().unwrap().roll();
        }
    }
    let snapshot = rig.store().snapshot();
    let everything = rows_of_parts(&snapshot, i64::MIN..i64::MAX, 0..u64::MAX);
    assert_eq!(everything, rig.read(1).0);
    let parts = snapshot.parts(i64::MIN..i64::MAX, 0..u64::MAX);
    assert_eq!(parts.len(), 3);
    assert_eq!(parts.iter().filter_map(logboom_store::Part::rows).sum::<u64>(), 80);
    let blocks: usize = parts.iter().map(|part| part.open().unwrap().block_count()).sum();
    assert!((3..20).contains(&blocks), "{blocks}");
    assert_eq!(snapshot.parts(i64::MIN..i64::MAX, 31..32).len(), 1);
    assert_eq!(snapshot.parts(START + 2..i64::MAX, 0..u64::MAX).len(), 0);
    assert_eq!(snapshot.resources().len(), 1);
}
