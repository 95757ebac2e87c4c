//! Segments: what goes in comes out, by blocks, by columns and in order, whatever the bytes are.

use std::collections::BTreeMap;
use std::sync::Arc;

use logboom_model::{Batch, Flags, Record, Resource, Row, Severity, StoreId, Stream, attributes};
use logboom_store::fs::{Fs, FsFile, SimFs};
use logboom_store::segment::{Count, Segment, SegmentMeta, SegmentSummary, write_segment};
use logboom_store::{Columns, limits};
use proptest::prelude::*;

use crate::harness::START;

pub fn meta(rows: &[Batch]) -> SegmentMeta {
    let start = rows.first().map_or(7, Batch::first_seq);
    SegmentMeta {
        store_id: StoreId([7; 16]),
        seqs: start..rows.last().map_or(start, Batch::end_seq),
        first_commit: START,
        last_commit: START + 9,
        evicted: 0,
    }
}

/// Writes a segment to a file of its own; gives what writing said.
pub fn write(rows: &[Batch]) -> (Arc<dyn FsFile>, SegmentSummary) {
    let file = SimFs::new(1).create("segment").unwrap();
    let mut last = 0;
    let summary = write_segment(&*file, &meta(rows), rows, &mut |bytes| {
        assert!(file.length().unwrap() <= last, "no byte is written before it was announced");
        last = last.max(bytes);
        Ok(())
    })
    .unwrap();
    assert!(summary.disk_bytes <= last, "{} bytes, {last} announced", summary.disk_bytes);
    (file, summary)
}

pub fn written(rows: &[Batch]) -> Segment {
    let (file, summary) = write(rows);
    let segment = Segment::open(file).unwrap();
    assert_eq!(*segment.summary(), summary, "opening says what writing said");
    segment
}

/// One row, to compare.
type Owned = (u64, i64, i64, u8, Stream, Flags, Vec<u8>, Vec<u8>, String);

fn owned(record: &Record<'_>) -> Owned {
    (
        record.seq,
        record.time,
        record.observed,
        record.severity.number(),
        record.stream,
        record.flags,
        record.body.to_vec(),
        record.attributes.to_vec(),
        record.resource.id().to_string(),
    )
}

fn all(batches: &[Batch]) -> Vec<Owned> {
    let mut rows: Vec<Owned> = batches
        .iter()
        .flat_map(|batch| batch.records().map(|record| owned(&record)).collect::<Vec<_>>())
        .collect();
    rows.sort_by_key(|row| row.0);
    rows
}

fn loaded(segment: &Segment) -> Vec<Batch> {
    (0..segment.blocks().len()).flat_map(|block| segment.load(block, &Columns::all()).unwrap()).collect()
}

/// Everything that must hold of any segment of these rows.
pub fn check(rows: &[Batch]) -> Segment {
    let segment = written(rows);
    let expected = all(rows);
    assert_eq!(all(&loaded(&segment)), expected);
    check_blocks(&segment);
    check_order(&segment, &expected);
    segment
}

fn check_blocks(segment: &Segment) {
    let summary = segment.summary();
    for (at, info) in segment.blocks().iter().enumerate() {
        let batches = segment.load(at, &Columns::all()).unwrap();
        let names: Vec<_> =
            info.resources.iter().map(|&at| &summary.resources[at as usize].resource).collect();
        assert_eq!(batches.iter().map(Batch::resource).collect::<Vec<_>>(), names);
        let records = || batches.iter().flat_map(Batch::records);
        assert_eq!(records().count(), info.rows);
        assert_eq!(records().map(|row| row.seq).min(), Some(info.seqs.0));
        assert_eq!(records().map(|row| row.seq).max(), Some(info.seqs.1));
        assert_eq!(records().map(|row| row.time).min(), Some(info.times.0));
        assert_eq!(records().map(|row| row.time).max(), Some(info.times.1));
        assert_eq!(records().map(|row| row.body.len() as u64).sum::<u64>(), info.body_bytes);
        assert!(info.rows <= limits::BLOCK_ROWS_MAX);
        assert!(info.rows == 1 || info.body_bytes <= limits::BLOCK_BODY_BYTES_MAX as u64);
        check_counts(segment, at, &batches);
    }
}

fn check_counts(segment: &Segment, block: usize, batches: &[Batch]) {
    let mut expected: BTreeMap<(u32, i64, u8), u32> = BTreeMap::new();
    for (batch, &resource) in batches.iter().zip(&segment.blocks()[block].resources) {
        for record in batch.records() {
            let minute = record.time.div_euclid(60_000_000_000);
            *expected.entry((resource, minute, record.severity.number())).or_default() += 1;
        }
    }
    let expected = expected
        .into_iter()
        .map(|((resource, minute, severity), rows)| Count { resource, minute, severity, rows })
        .collect::<Vec<_>>();
    if expected.len() <= limits::BLOCK_COUNTS_MAX {
        assert_eq!(segment.counts(block), Some(expected));
    } else {
        assert_eq!(segment.counts(block), None);
    }
}

fn check_order(segment: &Segment, expected: &[Owned]) {
    let from = expected.get(expected.len() / 2).map_or(0, |row| row.0);
    for from in [0, from] {
        let mut rows = Vec::new();
        for stripe in 0..segment.stripes().len() {
            for batch in segment.stripe_in_order(stripe, from).unwrap() {
                assert_eq!(batch.end_seq() - batch.first_seq(), batch.len() as u64, "runs are contiguous");
                rows.extend(batch.records().map(|record| owned(&record)));
            }
        }
        let expected: Vec<_> = expected.iter().filter(|row| row.0 >= from).cloned().collect();
        assert_eq!(rows, expected, "in order from {from}");
    }
}

pub fn service(name: &str) -> Arc<Resource> {
    let builder = Resource::builder().with("container.name", name).with("service.name", name);
    Arc::new(builder.with("container.label.a.b", "x").with("container.label.a_b", "y").build())
}

pub fn row(time: i64) -> Row {
    Row { time, observed: time + 5, severity: Severity::INFO, stream: Stream::Stdout, flags: Flags::empty() }
}

/// Batches of these, with seqs from 7 on.
pub fn in_seq(mut batches: Vec<Batch>) -> Vec<Batch> {
    let mut seq = 7;
    for batch in &mut batches {
        batch.assign_seqs(seq);
        seq = batch.end_seq();
    }
    batches
}

/// Batches of lines of several services that take turns.
pub fn services(names: &[&str], batches: usize, lines: usize, line: impl Fn(usize) -> String) -> Vec<Batch> {
    let resources: Vec<_> = names.iter().map(|name| service(name)).collect();
    in_seq(
        (0..batches)
            .map(|at| {
                let mut batch = Batch::new(resources[at % resources.len()].clone());
                for number in at * lines..(at + 1) * lines {
                    let severity = Severity::from_number((number % 7) as u8).unwrap();
                    let row = Row { severity, ..row(START + number as i64 * 1_000_000) };
                    batch.push(row, line(number).as_bytes());
                }
                batch
            })
            .collect(),
    )
}

#[test]
fn nothing_is_a_segment_too() {
    let segment = check(&[]);
    assert_eq!((segment.blocks().len(), segment.summary().rows), (0, 0));
    check(&in_seq(vec![Batch::new(service("web"))]));
}

#[test]
fn small_services_share_blocks_and_large_ones_have_their_own() {
    let mut rows = services(&["a", "b", "c"], 30, 100, |number| format!("small {number}"));
    rows.extend(services(&["large"], 20, 1_000, |number| format!("{number} {}", "x".repeat(300))));
    let segment = check(&in_seq(rows));
    let of_block: Vec<usize> = segment.blocks().iter().map(|block| block.resources.len()).collect();
    assert_eq!(of_block, [1, 1, 1, 3], "6 MB of one service are three blocks, the others are one");
    let bytes: Vec<u64> = segment.blocks().iter().map(|block| block.body_bytes).collect();
    assert!(bytes[..3].iter().all(|&bytes| bytes > 1_900_000), "about as large as each other: {bytes:?}");
}

#[test]
fn large_segments_have_several_stripes() {
    let rows = services(&["a", "b", "c"], 45, 1_000, |number| format!("{number} {}", "x".repeat(990)));
    let segment = check(&rows);
    assert_eq!(segment.stripes().len(), 2);
    let bytes: Vec<u64> = segment.stripes().iter().map(|stripe| stripe.body_bytes).collect();
    assert!(bytes[0].abs_diff(bytes[1]) < 2_000_000, "about as large as each other: {bytes:?}");
}

#[test]
fn thousands_of_services_share_a_few_blocks() {
    let names: Vec<String> = (0..3_000).map(|number| format!("service-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let segment = check(&services(&names, 6_000, 2, |number| format!("line {number}")));
    assert_eq!((segment.blocks().len(), segment.summary().resources.len()), (1, 3_000));
    assert_eq!(segment.counts(0), None, "more than are kept");
}

#[test]
fn hundreds_of_names_that_come_and_go_are_columns_of_nulls_mostly() {
    let body = |number: usize| match number % 3 {
        0 => (0..90)
            .map(|at| format!("n{}={number}", (number / 3 % 7) * 90 + at))
            .collect::<Vec<_>>()
            .join(" "),
        1 => format!("plain {number}"),
        _ => format!("n7=text{number} n8=7.5"),
    };
    let mut rows = services(&["a", "b", "c"], 30, 100, body);
    rows.iter_mut().for_each(|batch| batch.mark_all(Flags::LOGFMT));
    let segment = check(&rows);
    assert!(segment.summary().attribute_names.len() > 200, "{}", segment.summary().attribute_names.len());
}

#[test]
fn one_huge_body_and_many_empty_ones_are_rows_like_any() {
    let mut huge = Batch::new(service("huge"));
    huge.push(row(1), &vec![b'x'; 3 << 20]);
    huge.push(row(2), b"");
    huge.push(row(3), &vec![0xff; 3 << 20]);
    let mut empty = Batch::new(service("empty"));
    (0..70_000).for_each(|time| empty.push(row(time), b""));
    check(&in_seq(vec![huge, empty]));
}

#[test]
fn bodies_that_are_not_text_come_back_byte_for_byte() {
    let mut batch = Batch::new(service("binary"));
    // The two halves of one character in two rows are text only together.
    for body in
        [&b"text"[..], b"\xff\xfe", b"", b"caf\xc3", b"\xa9", "café".as_bytes(), b"\xef\xbf\xbd", b"\0"]
    {
        batch.push(row(START), body);
    }
    check(&in_seq(vec![batch]));
}

#[test]
fn rows_of_a_rewrite_keep_their_seqs() {
    let mut first = Batch::new(service("a"));
    (0..5).for_each(|time| first.push(row(time), b"a"));
    first.assign_each_seq(vec![3, 4, 9, 11, 12]).unwrap();
    let mut second = Batch::new(service("b"));
    (0..2).for_each(|time| second.push(row(time), b"b"));
    second.assign_each_seq(vec![20, 40]).unwrap();
    check(&[first, second]);
}

#[test]
fn seqs_that_go_back_are_refused() {
    let rows = services(&["a", "b"], 2, 3, |number| number.to_string());
    let swapped = [rows[1].clone(), rows[0].clone()];
    let file = SimFs::new(1).create("segment").unwrap();
    assert!(write_segment(&*file, &meta(&rows), &swapped, &mut |_| Ok(())).is_err());
}

#[test]
fn pace_can_end_the_writing() {
    let rows = services(&["a"], 1, 3, |number| number.to_string());
    let file = SimFs::new(1).create("segment").unwrap();
    let stopped =
        write_segment(&*file, &meta(&rows), &rows, &mut |_| Err(std::io::ErrorKind::StorageFull.into()));
    match stopped {
        Err(logboom_store::segment::SegmentError::Io(error)) => {
            assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_what_is_asked_for_is_loaded() {
    let rows = services(&["a"], 1, 3, |number| format!("line {number}"));
    let segment = written(&rows);
    let some = segment.load(0, &Columns { severity: true, ..Columns::default() }).unwrap();
    let records: Vec<_> = some[0].records().collect();
    assert_eq!(records.iter().map(|record| record.seq).collect::<Vec<_>>(), [7, 8, 9]);
    assert_eq!(records.iter().map(|record| record.severity.number()).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(records.iter().all(|record| record.body.is_empty() && record.time == 0));
    assert!(segment.load(1, &Columns::all()).is_err());
    assert!(segment.stripe_in_order(1, 0).is_err());
}

/// Text of every value that a view shows.
fn shown(batch: &Batch, name: &str) -> Vec<Vec<String>> {
    let view = batch.view(name).unwrap();
    (0..batch.len())
        .map(|row| {
            let mut values = Vec::new();
            view.for_each(row, &mut |value| {
                values.push(format!("{value:?}"));
                false
            });
            values
        })
        .collect()
}

#[test]
fn views_show_what_bodies_say() {
    let bodies = [
        r#"{"user":{"id":7},"path":"/a","took":1.5,"ok":true}"#,
        r#"{"user":{"id":"seven"},"path":"\/a","took":1e400,"ok":null}"#,
        r#"{"user_id":8,"path":["/b"],"took":2,"ok":false,"rare":{}}"#,
        r#"plain"#,
    ];
    let names = ["user_id", "path", "took", "ok", "rare", "source", "missing"];
    let mut batches = Vec::new();
    for service_name in ["a", "b"] {
        let mut batch = Batch::new(service(service_name));
        for (at, body) in bodies.iter().cycle().take(200).enumerate() {
            let flags = if body.starts_with('{') { Flags::JSON } else { Flags::empty() };
            let source: &[u8] = if at % 3 == 0 { br#"{"source":"docker"}"# } else { b"" };
            batch.push_with_attributes(Row { flags, ..row(START + at as i64) }, body.as_bytes(), source);
        }
        batches.push(batch);
    }
    let rows = in_seq(batches);
    let segment = check(&rows);
    assert!(segment.summary().attribute_names.iter().any(|name| &**name == "user.id"));
    let views: Arc<[Box<str>]> = names.iter().map(|&name| name.into()).collect();
    let loaded = segment.load(0, &Columns { views, ..Columns::default() }).unwrap();
    assert_eq!(loaded.len(), 2);
    for (batch, original) in loaded.iter().zip(&rows) {
        for name in names {
            let shown = shown(batch, name);
            for (row, mut values) in shown.into_iter().enumerate() {
                let mut expected = Vec::new();
                attributes::find(
                    original.flags(row),
                    original.body(row),
                    original.attributes(row),
                    name.as_bytes(),
                    &mut |value| {
                        expected.push(format!("{value:?}"));
                        false
                    },
                );
                values.sort();
                expected.sort();
                assert_eq!(values, expected, "{name} of row {row}");
            }
        }
    }
}

fn any_row() -> impl Strategy<Value = (usize, i64, u8, u8, u16, Vec<u8>, bool)> {
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..20),
        "[a-z ]{0,40}".prop_map(String::into_bytes),
        Just(br#"{"a":1,"b":{"c":"d"}}"#.to_vec()),
        Just(b"level=warn user=7 x=\"y z\"".to_vec()),
    ];
    (0..4usize, any::<i64>(), 0..25u8, 0..3u8, any::<u16>(), body, any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_rows_come_back(rows in proptest::collection::vec(any_row(), 0..120)) {
        let names = ["a", "b", "c", "d"];
        let mut batches = Vec::new();
        for run in rows.chunk_by(|left, right| left.0 == right.0) {
            let mut batch = Batch::new(service(names[run[0].0]));
            for (_, time, severity, stream, flags, body, source) in run {
                // A mark of JSON is only ever on a JSON object.
                let marks = if body.starts_with(b"{\"a") { 0xffff } else { !Flags::JSON.bits() };
                let row = Row {
                    time: *time,
                    observed: time.wrapping_mul(3),
                    severity: Severity::from_number(*severity).unwrap(),
                    stream: Stream::from_byte(*stream).unwrap(),
                    flags: Flags::from_bits_retain(*flags & marks),
                };
                let source: &[u8] = if *source { br#"{"k":"v"}"# } else { b"" };
                batch.push_with_attributes(row, body, source);
            }
            batches.push(batch);
        }
        check(&in_seq(batches));
    }
}
