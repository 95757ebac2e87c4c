//! Journal files that become segments, segments that are rewritten, and everyone who reads meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use logboom_model::{Batch, CountKind, Gap, GapReason, LogReader, Submission, TailEntry};
use logboom_store::fs::Fs;
use logboom_store::{Snapshot, StoreOptions};

use crate::harness::{Rig, batch, lines, options, resource, rows_of_parts, update};

const ALL: std::ops::Range<u64> = 0..u64::MAX;
const EVER: std::ops::Range<i64> = i64::MIN..i64::MAX;

/// Names of the segments, as paths.
pub fn segments(rig: &Rig) -> Vec<String> {
    let mut found = Vec::new();
    for date in rig.fs.list("segments").unwrap() {
        for hour in rig.fs.list(&format!("segments/{date}")).unwrap() {
            let dir = format!("segments/{date}/{hour}");
            found.extend(rig.fs.list(&dir).unwrap().into_iter().map(|name| format!("{dir}/{name}")));
        }
    }
    found.sort();
    found
}

/// Options under which readers find nothing in memory.
pub fn without_ring() -> StoreOptions {
    StoreOptions { ring_bytes: 0, ..options() }
}

/// Text that does not compress, so that bytes on disk are bytes of bodies.
pub fn noise(seed: u64, length: u64) -> String {
    crate::crash::Random(seed * 2 + 1).text(length)
}

fn seal_all(rig: &mut Rig) {
    rig.open.as_mut().unwrap().roll();
    while rig.open.as_mut().unwrap().seal().unwrap() {}
}

/// A file of rows of the loud, and some of the quiet between them.
fn uneven(rig: &mut Rig, number: u64) {
    for part in 0..4 {
        let seed = number * 4 + part;
        let batches = vec![
            batch("loud", &[noise(seed, 12_000), noise(seed + 1000, 12_000)]),
            batch("quiet", &[format!("quiet {seed}")]),
            batch("loud", &[noise(seed + 2000, 100)]),
        ];
        assert!(rig.commit(Submission { batches, ..Submission::default() }));
    }
    seal_all(rig);
}

#[test]
fn what_is_sealed_is_read_as_it_was_by_everyone_and_after_every_kind_of_end() {
    let mut rig = Rig::new(without_ring());
    for number in 0..5 {
        let state = vec![update("position", Some(&number.to_string()))];
        let batches = vec![batch("web", &[format!("web {number}")]), batch("db", &["a", "b"])];
        assert!(rig.commit(Submission { batches, state, ..Submission::default() }));
    }
    let before = rig.read(1);
    let snapshot = rig.store().snapshot();
    rig.open.as_mut().unwrap().roll();
    assert_eq!(rig.open.as_mut().unwrap().seal(), Some(true));
    assert_eq!(rig.open.as_mut().unwrap().seal(), Some(false));
    assert_eq!(
        segments(&rig),
        ["segments/ingest_date=2026-11-22/ingest_hour=09/00000000000000000001-00000000000000000015.parquet"]
    );
    assert_eq!((rig.journal_names().len(), rig.fs.list("tmp").unwrap()), (1, Vec::new()));
    assert_eq!(rig.store().stats().segments, 1);
    assert_eq!(rig.read(1), before);
    assert_eq!(rows_of_parts(&snapshot, EVER, ALL), before.0, "the snapshot was taken before");
    assert_eq!(rows_of_parts(&rig.store().snapshot(), EVER, ALL), before.0);
    assert!(rig.commit(lines(&["after"])));
    let after = rig.read(1);
    assert!(after.0.starts_with(&before.0));
    assert_eq!(rig.read(7).0, after.0[6..], "from the middle of a segment");
    rig.crash(1);
    rig.reopen().unwrap();
    assert_eq!(rig.read(1), after);
    rig.kill();
    rig.reopen().unwrap();
    assert_eq!(rig.read(1), after);
    rig.close();
    let fallback = Snapshot::open_read_only_on(Arc::new(rig.fs.clone()), Path::new("/data")).unwrap();
    assert_eq!(rows_of_parts(&fallback, EVER, ALL), after.0);
    rig.fs.kill();
    rig.reopen().unwrap();
    assert_eq!(rig.store().stats().gaps, []);
    assert_eq!(rig.store().snapshot().first_seq_since(crate::harness::START + 1).unwrap(), 3);
}

#[test]
fn a_segment_of_which_small_state_knows_nothing_is_looked_into() {
    let mut rig = Rig::new(without_ring());
    assert!(rig.commit(lines(&["one", "two"])));
    rig.open.as_mut().unwrap().roll();
    let names = rig.journal_names();
    let active = rig.fs.content(&names[1]).unwrap();
    assert_eq!(rig.open.as_mut().unwrap().seal(), Some(true));
    rig.kill();
    // The active file as it was before the segment was known.
    rig.fs.set_content(&names[1], active);
    rig.reopen().unwrap();
    assert_eq!(rig.bodies(), ["one", "two"]);
    assert_eq!(rig.store().snapshot().parts(EVER, ALL)[0].rows(), Some(2));
    assert!(rig.store().stats().oldest.is_some());
}

#[test]
fn the_loud_give_room_and_the_quiet_stay() {
    let mut rig = Rig::new(StoreOptions { max_bytes: 2 << 20, ..without_ring() });
    for number in 0..9 {
        uneven(&mut rig, number);
    }
    assert_eq!(rig.store().stats().segments, 9);
    let before = rig.read(1);
    let snapshot = rig.store().snapshot();
    let early = rig.store().reader(1);
    assert_eq!(rig.open.as_mut().unwrap().rewrite(250_000), Some(true));
    let stats = rig.store().stats();
    assert_eq!(stats.segments, 7, "three became one");
    assert_eq!(rig.fs.list("tmp").unwrap(), Vec::<String>::new());
    let gap = stats.gaps.last().unwrap();
    assert_eq!((gap.resource.as_str(), gap.reason.as_str(), gap.count), ("loud", "evicted", 36));
    let is_kept = |row: &&(u64, String)| row.0 > 48 || row.1.starts_with("quiet");
    let expected: Vec<_> = before.0.iter().filter(is_kept).cloned().collect();
    assert_eq!(rig.read(1).0[..expected.len()], expected);
    assert_eq!(rows_of_parts(&rig.store().snapshot(), EVER, 0..145), expected);
    assert_eq!(rows_of_parts(&snapshot, EVER, ALL), expected, "each part of before holds its own seqs");

    // A reader is told how many are missing before it gets those that are left.
    let mut reader = early;
    let Some(TailEntry::Thinned { from: 1, to: 49, count: 36 }) = reader.next_entry().unwrap() else {
        panic!("not told");
    };
    assert_eq!(reader.position(), 1);
    let Some(TailEntry::Batches(batches)) = reader.next_entry().unwrap() else { panic!("nothing left") };
    assert_eq!(batches.iter().map(Batch::len).sum::<usize>(), 12);
    let mut middle = rig.store().reader(25);
    let thinned = middle.next_entry().unwrap();
    assert!(matches!(thinned, Some(TailEntry::Thinned { from: 25, to: 49, count: 18 })), "{thinned:?}");

    // It goes on, and thin neighbours are taken along.
    assert_eq!(rig.open.as_mut().unwrap().rewrite(150_000), Some(true));
    assert_eq!(rig.store().stats().segments, 5);
    let after = rig.read(1);
    rig.crash(3);
    rig.reopen().unwrap();
    // What had been added up of gaps in that minute is a row now.
    assert!(rig.read(1).0.starts_with(&after.0));
    assert_eq!(rig.open.as_mut().unwrap().rewrite(1), Some(false), "nobody is loud any more");
}

#[test]
fn what_tells_of_a_loss_outlives_the_rows_of_the_loud() {
    let mut rig = Rig::new(StoreOptions { max_bytes: 2 << 20, ..without_ring() });
    let mut gap = Gap::unknown(resource("loud"), "docker", GapReason::SourceTruncated, "it became shorter");
    (gap.count, gap.count_kind) = (7, CountKind::Exact);
    assert!(rig.commit(Submission { gaps: vec![gap], ..Submission::default() }));
    for number in 0..9 {
        uneven(&mut rig, number);
    }
    let (before, _) = rig.read(1);
    assert_eq!(rig.open.as_mut().unwrap().rewrite(250_000), Some(true));
    let (after, _) = rig.read(1);
    assert!(before[0].1.starts_with("gap (source_truncated)"), "{:?}", before[0]);
    assert_eq!(after[0], before[0]);
    let told = rig.store().stats().gaps.last().unwrap().count;
    assert_eq!(before.len() as u64 - told + 1, after.len() as u64, "but for the new gap's own row");
}

#[test]
fn the_oldest_goes_when_nobody_is_loud_and_its_directories_with_it() {
    let mut rig = Rig::new(StoreOptions { max_bytes: 2 << 20, ..without_ring() });
    for number in 0..40 {
        let name = format!("quiet {}", number % 7);
        rig.clock.advance(Duration::from_secs(1800));
        assert!(rig.commit(Submission {
            batches: vec![batch(&name, &[noise(number, 40_000), noise(number + 100, 10_000)])],
            ..Submission::default()
        }));
        rig.open.as_mut().unwrap().roll();
        while rig.open.as_mut().unwrap().tidy().unwrap() {}
        assert!(rig.fs.used_max() <= 2 << 20, "{number}: {}", rig.fs.used_max());
    }
    let stats = rig.store().stats();
    assert!(stats.segments > 5 && stats.oldest_seq > 20, "{} from {}", stats.segments, stats.oldest_seq);
    assert!(stats.gaps.iter().all(|gap| gap.reason == "evicted") && !stats.gaps.is_empty());
    let hours: usize = rig
        .fs
        .list("segments")
        .unwrap()
        .iter()
        .map(|date| rig.fs.list(&format!("segments/{date}")).unwrap().len())
        .sum();
    assert!(hours <= segments(&rig).len(), "{hours}");
    let (rows, gone) = rig.read(1);
    assert_eq!((rows[0].0, gone), (stats.oldest_seq, Vec::new()));
    assert_eq!(rows_of_parts(&rig.store().snapshot(), EVER, ALL), rows);
    rig.crash(1);
    rig.reopen().unwrap();
    assert_eq!(rig.read(1).0, rows);
}

#[test]
fn damage_of_a_segment_is_told_once_and_costs_only_what_it_hit() {
    let mut rig = Rig::new(without_ring());
    for name in ["web", "db"] {
        let bodies: Vec<String> =
            (0..20).map(|row| format!("{name} {row} {}", noise(row, 100_000))).collect();
        assert!(rig.commit(Submission { batches: vec![batch(name, &bodies)], ..Submission::default() }));
    }
    seal_all(&mut rig);
    assert!(rig.commit(lines(&["after"])));
    let whole = rig.store().snapshot();
    let parts = whole.parts(EVER, 0..41);
    let blocks = parts[0].open().unwrap().block_count();
    assert!(blocks > 1, "{blocks}");
    drop((whole, parts));
    let name = segments(&rig).pop().unwrap();
    let good = rig.fs.content(&name).unwrap();
    // A byte of a page in the middle; the index is at the end.
    let mut bad = good.clone();
    bad[good.len() / 3] ^= 1;
    rig.fs.set_content(&name, bad);
    rig.kill();
    rig.reopen().unwrap();
    let rows = crate::harness::scan(&rig.store().snapshot());
    assert!(rows.len() > 5 && rows.len() < 41, "{}", rows.len());
    rig.pump();
    let gaps = rig.store().stats().gaps;
    assert_eq!(
        (gaps.len(), gaps[0].reason.as_str(), gaps[0].count),
        (1, "segment_corrupt", 41 - rows.len() as u64)
    );
    crate::harness::scan(&rig.store().snapshot());
    rig.pump();
    assert_eq!(rig.store().stats().gaps.len(), 1);
    // A reader in order of seqs loses the stripe, is told, and goes on.
    let (rows, gone) = rig.read(1);
    assert_eq!((gone, rows[0].1.as_str()), (vec![(1, 41)], "after"));
    // All of it, the index too.
    rig.fs.set_content(&name, vec![7; good.len()]);
    rig.kill();
    rig.reopen().unwrap();
    assert_eq!(rig.read(1).1, [(1, 41)]);
    assert!(crate::harness::scan(&rig.store().snapshot()).contains(&"after".to_owned()));
    // Gone from under the store.
    rig.fs.unlink(&name).unwrap();
    rig.kill();
    rig.reopen().unwrap();
    assert!(rig.read(1).0.iter().any(|row| row.1 == "after"));
    rig.clock.advance(Duration::from_secs(70));
    rig.pump();
    assert!(rig.commit(lines(&["life goes on"])));
}

#[test]
fn deleted_files_that_sources_hold_count() {
    use logboom_model::Intake as _;
    let mut rig = Rig::new(StoreOptions { max_bytes: 2 << 20, ..without_ring() });
    for number in 0..4 {
        assert!(rig.commit(lines(&[noise(number, 100_000)])));
        seal_all(&mut rig);
    }
    let before = rig.store().stats().bytes;
    rig.store().note_held_bytes(300_000);
    assert_eq!(rig.store().stats().bytes, before + 300_000);
    rig.store().note_held_bytes(u64::MAX);
    assert_eq!(rig.store().stats().bytes, before + (512 << 10), "a source must not cost the whole log");
    rig.store().note_held_bytes(0);
    assert_eq!(rig.store().stats().bytes, before);
}

#[test]
fn a_store_with_many_segments_opens_without_looking_into_one() {
    let mut rig = Rig::new(without_ring());
    for number in 0..300 {
        assert!(rig.commit(lines(&[format!("row {number}")])));
        let open = rig.open.as_mut().unwrap();
        open.roll();
        assert_eq!(open.seal(), Some(true));
    }
    let names = segments(&rig);
    assert_eq!(names.len(), 300);
    rig.kill();
    // Whoever looked into them would find nothing.
    let contents: Vec<Vec<u8>> = names.iter().map(|name| rig.fs.content(name).unwrap()).collect();
    names.iter().zip(&contents).for_each(|(name, content)| rig.fs.set_content(name, vec![0; content.len()]));
    rig.reopen().unwrap();
    assert_eq!(rig.store().stats().segments, 300);
    let parts = rig.store().snapshot().parts(EVER, ALL);
    assert!(
        parts
            .iter()
            .all(|part| part.rows() == Some(1)
                && part.times() == (crate::harness::START, crate::harness::START))
    );
    names.iter().zip(contents).for_each(|(name, content)| rig.fs.set_content(name, content));
    assert_eq!(crate::harness::scan(&rig.store().snapshot()).len(), 300);
}
