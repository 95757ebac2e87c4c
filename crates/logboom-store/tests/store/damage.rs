//! Damaged files, files of other versions, and what an operator may do to a directory.

use std::path::Path;
use std::sync::Arc;

use logboom_model::{Flags, GapReason, Intake};
use logboom_store::format::{EntryHeader, HEADER_BYTES};
use logboom_store::fs::{Fs, SimFs};
use logboom_store::{OpenError, Snapshot, Store};

use crate::harness::{Rig, lines, options, scan, update};

/// Where the entries of a file begin.
fn offsets(content: &[u8]) -> Vec<usize> {
    let mut offsets = vec![0];
    while let Ok(header) = EntryHeader::decode(&content[*offsets.last().unwrap()..]) {
        offsets.push(header.end() as usize);
        if header.end() as usize >= content.len() {
            break;
        }
    }
    offsets
}

fn five() -> Rig {
    let mut rig = Rig::new(options());
    for body in ["one", "two", "three", "four", "five"] {
        assert!(rig.commit(lines(&[body])));
    }
    rig
}

#[test]
fn a_corrupt_entry_in_the_middle_is_a_gap_and_the_rest_goes_on() {
    let whole = five();
    let name = whole.journal_names().pop().unwrap();
    let content = whole.fs.content(&name).unwrap();
    let third = offsets(&content)[3];
    let fourth = offsets(&content)[4];
    // Any byte of it: header, definitions, payload.
    for at in third..fourth {
        let mut rig = Rig { fs: whole.fs.fork(), clock: whole.clock.clone(), options: options(), open: None };
        let mut bad = content.clone();
        bad[at] ^= 0x55;
        rig.fs.set_content(&name, bad);
        rig.reopen().unwrap();
        let (rows, gone) = rig.read(1);
        assert_eq!(gone, [(3, 4)], "byte {}", at - third);
        let bodies: Vec<_> = rows.iter().map(|row| (row.0, row.1.as_str())).collect();
        let expected = [(1, "one"), (2, "two"), (4, "four"), (5, "five")];
        assert_eq!(bodies[..4], expected);
        assert!(bodies[4].1.starts_with("gap (journal_corrupt): 1 records lost"), "{}", bodies[4].1);
        assert_eq!(bodies.len(), 5);
        let gap = rig.store().stats().gaps.pop().unwrap();
        assert_eq!(
            (gap.count, gap.count_kind.as_str(), gap.reason.as_str()),
            (1, "exact", "journal_corrupt")
        );
        assert_eq!(rig.fs.content(&name).unwrap().len(), content.len(), "nothing is cut in the middle");
        // It is told once, not at each start, nor by each reader.
        rig.close();
        rig.fs.kill();
        rig.reopen().unwrap();
        rig.read(1);
        rig.pump();
        assert_eq!(rig.store().end_seq(), 7);
        assert_eq!(rig.store().stats().gaps.len(), 1);
    }
}

#[test]
fn damage_found_by_a_reader_of_an_old_file_is_told_too() {
    let mut rig = five();
    rig.open.as_mut().unwrap().roll();
    let name = rig.journal_names()[0].clone();
    let mut content = rig.fs.content(&name).unwrap();
    let (second, third) = (offsets(&content)[2], offsets(&content)[3]);
    content[second + HEADER_BYTES + 3] ^= 1;
    rig.fs.set_content(&name, content);
    rig.close();
    rig.fs.kill();
    rig.options.ring_bytes = 0;
    rig.reopen().unwrap();
    let before = rig.store().end_seq();
    // The damage was there at the start: the newest files are verified then.
    assert_eq!(rig.store().stats().gaps.len(), 1);
    // More of it appears while the store runs.
    let mut content = rig.fs.content(&name).unwrap();
    content[third + 20] ^= 1;
    rig.fs.set_content(&name, content);
    let rows = scan(&rig.store().snapshot());
    assert!(rows.contains(&"four".to_owned()) && !rows.contains(&"three".to_owned()));
    rig.pump();
    assert_eq!(rig.store().end_seq(), before, "the second one of a minute adds up in small state");
    rig.clock.advance(std::time::Duration::from_secs(61));
    rig.pump();
    assert_eq!(rig.store().end_seq(), before + 1);
    let (_, gone) = rig.read(1);
    assert_eq!(gone, [(2, 4)]);
}

#[test]
fn a_damaged_opening_snapshot_of_the_last_file_falls_back_to_the_one_before() {
    let mut rig = five();
    rig.open.as_mut().unwrap().roll();
    rig.commit(logboom_model::Submission { state: vec![update("a/1", Some("late"))], ..lines(&["six"]) });
    rig.close();
    rig.fs.kill();
    let name = rig.journal_names().pop().unwrap();
    let id = rig.store_id_on_disk();
    let mut content = rig.fs.content(&name).unwrap();
    content[HEADER_BYTES + 1] ^= 1;
    rig.fs.set_content(&name, content);
    rig.reopen().unwrap();
    assert_eq!(rig.bodies(), ["one", "two", "three", "four", "five", "six"]);
    assert_eq!(rig.store().state(b"a/1"), Some(b"late".to_vec()));
    assert_eq!(rig.store().store_id(), id);
}

#[test]
fn a_missing_file_is_a_gap() {
    let mut rig = five();
    rig.open.as_mut().unwrap().roll();
    assert!(rig.commit(lines(&["six", "seven"])));
    rig.open.as_mut().unwrap().roll();
    assert!(rig.commit(lines(&["eight"])));
    let names = rig.journal_names();
    rig.close();
    rig.fs.kill();
    rig.fs.unlink(&names[1]).unwrap();
    rig.reopen().unwrap();
    let (rows, gone) = rig.read(1);
    assert_eq!(gone, [(6, 8)]);
    assert!(rows.last().unwrap().1.starts_with("gap (journal_corrupt): 2 records lost"));
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let whole = five();
    let name = whole.journal_names().pop().unwrap();
    let content = whole.fs.content(&name).unwrap();
    let offsets = offsets(&content);
    // A whole file of version 2, and an entry of version 2 at the end of one of version 1.
    for entries in [&offsets[..offsets.len() - 1], &offsets[5..6]] {
        let mut rig = Rig { fs: whole.fs.fork(), clock: whole.clock.clone(), options: options(), open: None };
        let mut newer = content.clone();
        for &entry in entries {
            newer[entry + 4] = 2;
        }
        rig.fs.set_content(&name, newer.clone());
        let error = rig.reopen().unwrap_err();
        assert!(matches!(&error, OpenError::Newer { version: 2, .. }), "{error}");
        assert!(error.to_string().contains("/data/journal/0"), "{error}");
        assert_eq!(rig.fs.content(&name), Some(newer), "never cut");
        assert_eq!(rig.journal_names(), [name.as_str()], "never deleted, and nothing is added");
        let read_only = Snapshot::open_read_only_on(Arc::new(rig.fs.clone()), Path::new("/data"));
        assert!(matches!(read_only, Err(OpenError::Newer { version: 2, .. })));
    }
}

#[test]
fn a_wiped_directory_gets_a_new_id_and_seqs_start_again() {
    let mut rig = five();
    let id = rig.store().store_id();
    rig.close();
    rig.fs = SimFs::new(2);
    rig.reopen().unwrap();
    assert_ne!(rig.store().store_id(), id);
    assert_eq!(rig.store().end_seq(), 1);
}

#[test]
fn a_second_instance_is_refused_and_says_who_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), options()).unwrap();
    let error = Store::open(dir.path(), options()).unwrap_err();
    assert!(matches!(&error, OpenError::Locked { pid, .. } if *pid == std::process::id()), "{error}");
    drop(store);
    assert!(Store::open(dir.path(), options()).is_ok());
}

#[test]
fn names_that_are_none_of_ours_are_left_alone() {
    let mut rig = five();
    rig.close();
    rig.fs.kill();
    rig.fs.set_content("journal/notes.txt", b"mine".to_vec());
    rig.fs.set_content("journal/new.tmp", b"half a file".to_vec());
    rig.reopen().unwrap();
    assert_eq!(rig.fs.content("journal/notes.txt"), Some(b"mine".to_vec()));
    assert_eq!(rig.bodies().len(), 5);
}

#[test]
fn idle_restarts_leave_no_files_behind() {
    let mut rig = five();
    for _ in 0..20 {
        rig.kill();
        rig.reopen().unwrap();
    }
    assert_eq!(rig.journal_names().len(), 2, "the one with rows, and the active one");
}

#[test]
fn a_journal_file_of_version_1_keeps_opening() {
    let bytes = include_bytes!("../fixtures/00000000000000000001-00000001b0808c14.journal");
    let mut rig = Rig::new(options());
    rig.close();
    rig.fs = SimFs::new(1);
    rig.fs.set_content("journal/00000000000000000001-00000001b0808c14.journal", bytes.to_vec());
    rig.reopen().unwrap();
    assert_eq!(rig.store().store_id().to_string(), include_str!("../fixtures/store_id.txt").trim());
    let parts = rig.store().snapshot().parts(i64::MIN..i64::MAX, 0..u64::MAX);
    let open = parts[0].open().unwrap();
    let mut seen = Vec::new();
    for batch in open.load(0, &logboom_store::Columns::all()).unwrap() {
        for record in batch.records() {
            let body = String::from_utf8_lossy(record.body).into_owned();
            seen.push((record.seq, body, record.stream.name(), record.flags, record.attributes.to_vec()));
        }
    }
    seen.sort_by_key(|row| row.0);
    assert_eq!(seen[0], (1, "hello".to_owned(), "stdout", Flags::empty(), Vec::new()));
    assert_eq!(seen[1], (2, "\u{fffd}\u{0}".to_owned(), "stderr", Flags::PARTIAL, b"{\"a\":1}".to_vec()));
    assert_eq!(seen[2].3, Flags::GAP);
    assert_eq!(rig.store().state(b"docker/position/abc"), Some(b"42".to_vec()));
    assert_eq!(rig.store().stats().gaps[0].reason, GapReason::SourceTruncated.name());
}

/// Writes the fixture above; run by hand when, and only when, a new format version is made.
#[test]
#[ignore = "writes a fixture"]
fn write_fixture() {
    use logboom_model::{Row, Stream, Submission};
    let mut rig = Rig::new(options());
    let mut batch = crate::harness::batch("web", &["hello"]);
    let row = Row {
        stream: Stream::Stderr,
        flags: Flags::PARTIAL,
        ..crate::harness::row(crate::harness::START - 7)
    };
    batch.push_with_attributes(row, b"\xff\0", b"{\"a\":1}");
    assert!(rig.commit(Submission {
        batches: vec![batch],
        gaps: vec![crate::harness::gap("web", GapReason::SourceTruncated)],
        state: vec![update("docker/position/abc", Some("42"))],
        ack: None,
    }));
    let name = rig.journal_names().pop().unwrap();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    std::fs::write(dir.join(name.trim_start_matches("journal/")), rig.fs.content(&name).unwrap()).unwrap();
    std::fs::write(dir.join("store_id.txt"), format!("{}\n", rig.store().store_id())).unwrap();
}
