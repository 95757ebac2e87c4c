//! A journal directory with any bytes in it opens or is refused, is read to its end, and takes new records.
//!
//! The first byte of the input chooses what the rest is: the bytes of a file; patches to a sound file, whose
//! checksums are then made right again so that what lies behind them is reached; or a payload before compression.

#![no_main]

use std::path::Path;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use logboom_model::{
    Batch, Gap, GapReason, Intake, LogReader, Resource, Row, Severity, StateUpdate, Stream, Submission,
    TailEntry,
};
use logboom_store::format::{EntryHeader, HEADER_BYTES, commit, snapshot};
use logboom_store::fs::{Fs, SimFs};
use logboom_store::{Columns, ManualClock, ManualStore, Snapshot, Store, StoreOptions};

const NAME: &str = "journal/00000000000000000001-0000000100000001.journal";
const NOW: i64 = 1_795_338_780_000_000_000;

fn open(fs: &SimFs) -> Option<ManualStore> {
    let options = StoreOptions { max_bytes: 16 << 20, min_free: 0, ..StoreOptions::default() };
    let clock = Arc::new(ManualClock::at(NOW));
    Store::open_manual(Path::new("/"), Arc::new(fs.clone()), clock, options).ok()
}

fn submission(text: &str) -> Submission {
    let resource = Arc::new(Resource::builder().with("container.name", "web").build());
    let mut batch = Batch::new(resource.clone());
    for (index, word) in text.split(' ').enumerate() {
        let row = Row {
            time: NOW + index as i64,
            observed: NOW,
            severity: Severity::INFO,
            stream: Stream::Stdout,
            flags: Default::default(),
        };
        batch.push_with_attributes(row, word.as_bytes(), if index == 1 { b"{}" } else { b"" });
    }
    let state = vec![StateUpdate { key: b"a/b".as_slice().into(), value: Some(b"c".to_vec()) }];
    Submission {
        batches: vec![batch],
        gaps: vec![Gap::unknown(resource, "x", GapReason::Dropped, "y")],
        state,
        ack: None,
    }
}

/// A sound file with a few entries.
static SOUND: LazyLock<(String, Vec<u8>)> = LazyLock::new(|| {
    let fs = SimFs::new(1);
    let mut open = open(&fs).unwrap();
    open.pump();
    for text in ["one two three", "four", "five six"] {
        assert!(open.store.try_submit(submission(text)).is_ok());
        open.pump();
    }
    let name = format!("journal/{}", fs.list("journal").unwrap().pop().unwrap());
    let content = fs.content(&name).unwrap();
    (name, content)
});

/// Makes the checksums of every entry right that still has its place and lengths.
fn mend(content: &mut [u8]) {
    let mut at = 0;
    while let Some(entry) = content.get_mut(at..).filter(|rest| rest.len() >= HEADER_BYTES) {
        let length =
            |entry: &[u8], at: usize| u32::from_le_bytes(entry[at..at + 4].try_into().unwrap()) as usize;
        let (definitions, payload) = (length(entry, 36), length(entry, 44));
        let Some(end) = HEADER_BYTES.checked_add(definitions).and_then(|end| end.checked_add(payload)) else {
            return;
        };
        if end > entry.len() {
            return;
        }
        let crcs = [(52, HEADER_BYTES..HEADER_BYTES + definitions), (56, HEADER_BYTES + definitions..end)];
        for (place, range) in crcs {
            let crc = if range.is_empty() { 0 } else { crc32c::crc32c(&entry[range]) };
            entry[place..place + 4].copy_from_slice(&crc.to_le_bytes());
        }
        let crc = crc32c::crc32c(&entry[..HEADER_BYTES - 4]);
        entry[HEADER_BYTES - 4..HEADER_BYTES].copy_from_slice(&crc.to_le_bytes());
        let _ = EntryHeader::decode(entry);
        at += end;
    }
}

fn read_all(store: &Store) -> u64 {
    let mut reader = store.reader(1);
    let (mut next, mut rows) = (reader.position(), 0);
    while let Some(entry) = reader.next_entry().unwrap() {
        match entry {
            TailEntry::Evicted { from, to } => assert!(from == next && from < to),
            TailEntry::Thinned { .. } => {}
            TailEntry::Batches(batches) => {
                for record in batches.iter().flat_map(Batch::records) {
                    assert!(record.seq >= next);
                    next = record.seq + 1;
                    rows += 1;
                }
            }
        }
        next = reader.position();
    }
    rows
}

fn check(name: &str, content: Vec<u8>) {
    let fs = SimFs::new(1);
    fs.set_content(name, content);
    if let Ok(read_only) = Snapshot::open_read_only_on(Arc::new(fs.clone()), Path::new("/")) {
        for part in read_only.parts(i64::MIN..i64::MAX, 0..u64::MAX) {
            let Ok(open) = part.open() else { continue };
            for block in 0..open.block_count() {
                let _ = open.load(block, &Columns::all());
            }
        }
    }
    let Some(mut open) = open(&fs) else { return };
    open.pump();
    let before = read_all(&open.store);
    assert!(open.store.try_submit(submission("after")).is_ok());
    open.pump();
    assert!(read_all(&open.store) > before);
}

fuzz_target!(|data: &[u8]| {
    let Some((&kind, rest)) = data.split_first() else { return };
    match kind % 4 {
        0 => check(NAME, rest.to_vec()),
        1 | 2 => {
            let (name, mut content) = SOUND.clone();
            for patch in rest.chunks_exact(3) {
                let at = usize::from(u16::from_le_bytes([patch[0], patch[1]])) % content.len();
                content[at] = patch[2];
            }
            if kind % 4 == 1 {
                mend(&mut content);
            }
            check(&name, content);
        }
        _ => {
            let _ = snapshot::decode(rest);
            let _ = commit::decode_updates(rest);
            let mut resources = commit::Resources::default();
            let _ = resources.define(rest);
            if let Ok(commit) = commit::decode(rest, 1, 3, &resources) {
                assert_eq!(commit.batches.iter().map(Batch::len).sum::<usize>(), 3);
            }
        }
    }
});
