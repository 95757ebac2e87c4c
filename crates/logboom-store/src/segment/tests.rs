//! Files that nobody vouches for: whatever the index and the pages say, checksums and all, the answer is rows or an
//! error.

use std::sync::Arc;

use logboom_model::{Batch, Flags, Resource, Row, Severity, StoreId, Stream};
use proptest::prelude::*;

use super::codec::decompress;
use super::index::{self, Index};
use super::load::Loader;
use super::{Segment, SegmentMeta, footer, write_segment};
use crate::Columns;
use crate::fs::{Fs, FsFile, SimFs, read_full};

fn rows() -> Vec<Batch> {
    let mut seq = 5;
    let mut batches = Vec::new();
    for (at, name) in ["a", "b", "a"].into_iter().enumerate() {
        let resource = Resource::builder().with("container.name", name).build();
        let mut batch = Batch::new(Arc::new(resource));
        for number in 0..40_i64 {
            let (flags, body) = match number % 4 {
                0 => (
                    Flags::JSON,
                    format!(r#"{{"id":{number},"ok":true,"took":1.5,"who":"x{number}"}}"#).into_bytes(),
                ),
                1 => (Flags::LOGFMT, format!("id={number} who=y").into_bytes()),
                2 => (Flags::empty(), vec![0xff; number as usize]),
                _ => (Flags::empty(), "plain text ".repeat(number as usize).into_bytes()),
            };
            let time = number * 1_000_000_007 + at as i64;
            let severity = Severity::from_number((number % 25) as u8).unwrap_or_default();
            let row = Row { time, observed: time, severity, stream: Stream::Stderr, flags };
            batch.push_with_attributes(row, &body, if number % 5 == 0 { br#"{"s":1}"# } else { b"" });
        }
        batch.assign_seqs(seq);
        seq = batch.end_seq();
        batches.push(batch);
    }
    batches
}

/// A segment, whole.
fn bytes() -> Vec<u8> {
    let file = SimFs::new(1).create("segment").unwrap();
    let meta = SegmentMeta {
        store_id: StoreId([1; 16]),
        seqs: 5..200,
        first_commit: 1,
        last_commit: 2,
        evicted: 75,
    };
    write_segment(&*file, &meta, &rows(), &mut |_| Ok(())).unwrap();
    let mut bytes = vec![0; file.length().unwrap() as usize];
    read_full(&*file, &mut bytes, 0).unwrap();
    bytes
}

fn file_of(bytes: &[u8]) -> Arc<dyn FsFile> {
    let file = SimFs::new(1).create("segment").unwrap();
    let mut done = 0;
    while done < bytes.len() {
        done += file.write_at(&bytes[done..], done as u64).unwrap();
    }
    file
}

fn everything() -> Columns {
    let views = ["id", "ok", "took", "who", "s"].map(Box::from);
    Columns { views: Arc::new(views), ..Columns::all() }
}

/// Reads all there is; how many blocks could not be read.
fn read_all(segment: &Segment) -> usize {
    for stripe in 0..segment.stripes().len() {
        if let Ok(batches) = segment.stripe_in_order(stripe, 0) {
            assert!(batches.map(|batch| batch.len()).sum::<usize>() > 0);
        }
    }
    let blocks = 0..segment.blocks().len();
    blocks
        .filter(|&block| segment.counts(block).is_some() && segment.load(block, &everything()).is_err())
        .count()
}

/// The place of the index and what it decompresses to.
fn index_of(bytes: &[u8]) -> (usize, usize, Vec<u8>) {
    let length = footer::length(*bytes.last_chunk().unwrap()).unwrap();
    let footer = &bytes[bytes.len() - footer::TAIL_BYTES - length..];
    let place = footer::find(footer, b"logboom.index").unwrap().unwrap();
    let numbers: Vec<usize> =
        std::str::from_utf8(place).unwrap().split(',').map(|number| number.parse().unwrap()).collect();
    let section = &bytes[numbers[0]..numbers[0] + numbers[1]];
    let mut raw = Vec::new();
    let raw_length = u32::from_le_bytes(section[12..16].try_into().unwrap());
    decompress(&section[20..], raw_length as usize, &mut raw).unwrap();
    (numbers[0], numbers[1], raw)
}

/// A section around an index that somebody made up.
fn section_of(raw: &[u8]) -> Vec<u8> {
    let mut section = b"LBSINDEX\x01\0\0\0".to_vec();
    section.extend_from_slice(&(raw.len() as u32).to_le_bytes());
    section.extend_from_slice(&[0; 4]);
    section.append(&mut zstd::bulk::compress(raw, 1).unwrap());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&section[..16]), &section[20..]);
    section[16..20].copy_from_slice(&crc.to_le_bytes());
    section
}

#[test]
fn an_index_is_what_was_encoded() {
    let bytes = bytes();
    let (offset, length, raw) = index_of(&bytes);
    let index = index::decode(&bytes[offset..offset + length], offset as u64).unwrap();
    assert_eq!(index::encode(&index).unwrap(), bytes[offset..offset + length]);
    assert_eq!(index::decode(&section_of(&raw), offset as u64).unwrap(), index);
    assert_eq!(index.blocks.len(), 1);
}

#[test]
fn every_damaged_byte_is_noticed_or_harmless() {
    let bytes = bytes();
    let good = Segment::open(file_of(&bytes)).unwrap();
    let expected: Vec<Vec<Batch>> = (0..1).map(|block| good.load(block, &everything()).unwrap()).collect();
    let mut noticed = 0;
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 0x41;
        match Segment::open(file_of(&bad)) {
            Err(_) => noticed += 1,
            Ok(segment) => match segment.load(0, &everything()) {
                Err(_) => noticed += 1,
                Ok(batches) => assert_eq!(batches, expected[0], "byte {at}"),
            },
        }
    }
    assert!(noticed > bytes.len() / 4, "{noticed} of {}", bytes.len());
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let bytes = bytes();
    for end in 0..bytes.len() {
        assert!(Segment::open(file_of(&bytes[..end])).is_err(), "cut at {end}");
    }
}

#[test]
fn a_newer_index_is_refused_and_says_so() {
    let bytes = bytes();
    let (offset, length, _) = index_of(&bytes);
    let mut section = bytes[offset..offset + length].to_vec();
    section[8] = 2;
    let error = index::decode(&section, offset as u64).unwrap_err();
    assert!(error.to_string().contains("version 2"), "{error}");
}

fn edits(most: usize) -> impl Strategy<Value = Vec<(prop::sample::Index, u8, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..most)
}

fn edit(bytes: &mut Vec<u8>, edits: &[(prop::sample::Index, u8, u8)]) {
    for (at, byte, kind) in edits {
        if bytes.is_empty() {
            return;
        }
        let at = at.index(bytes.len());
        match kind {
            0 => bytes[at] = *byte,
            1 => bytes.insert(at, *byte),
            _ => drop(bytes.remove(at)),
        }
    }
}

fn load_all(file: &dyn FsFile, index: &Index) {
    for block in 0..index.blocks.len() {
        drop(Loader::new(file, index, block).and_then(|mut loader| loader.load(&everything())));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn a_forged_index_is_rows_or_an_error(edits in edits(5)) {
        let bytes = bytes();
        let (offset, _, mut raw) = index_of(&bytes);
        edit(&mut raw, &edits);
        if let Ok(index) = index::decode(&section_of(&raw), offset as u64) {
            load_all(&*file_of(&bytes), &index);
            drop((0..index.blocks.len()).map(|block| index.counts(block)).collect::<Vec<_>>());
            prop_assert!(index.memory_bytes() > 0);
        }
    }

    #[test]
    fn forged_pages_are_rows_or_an_error(which in any::<prop::sample::Index>(), edits in edits(5), raw in any::<u8>()) {
        let mut bytes = bytes();
        let (offset, length, _) = index_of(&bytes);
        let mut index = index::decode(&bytes[offset..offset + length], offset as u64).unwrap();
        let at = which.index(index.pages.len());
        let page = &mut index.pages[at];
        let stored = page.offset as usize..page.offset as usize + (page.levels + page.stored) as usize;
        let mut forged = bytes[stored].to_vec();
        let levels = page.levels as usize;
        if page.raw > 0 {
            let mut values = Vec::new();
            decompress(&forged[levels..], page.raw as usize, &mut values).unwrap();
            forged.truncate(levels);
            forged.append(&mut values);
        }
        edit(&mut forged, &edits);
        page.levels = page.levels.min(forged.len() as u32);
        page.stored = forged.len() as u32 - page.levels;
        page.raw = if raw == 0 { 7 } else { 0 };
        page.crc = crc32c::crc32c(&forged);
        page.offset = bytes.len() as u64;
        bytes.append(&mut forged);
        load_all(&*file_of(&bytes), &index);
    }

    #[test]
    fn any_footer_is_an_answer_or_an_error(footer in prop::collection::vec(any::<u8>(), 0..200), edits in edits(5)) {
        drop(footer::find(&footer, b"logboom.index"));
        let bytes = bytes();
        let length = footer::length(*bytes.last_chunk().unwrap()).unwrap();
        let mut footer = bytes[bytes.len() - footer::TAIL_BYTES - length..].to_vec();
        edit(&mut footer, &edits);
        drop(footer::find(&footer, b"logboom.index"));
    }
}

#[test]
fn everything_can_be_read() {
    let segment = Segment::open(file_of(&bytes())).unwrap();
    assert_eq!(read_all(&segment), 0);
}
