//! Partial lines: joined per stream, bounded, never doubled by a restart.

use std::sync::Arc;

use logboom_model::{Batch, Flags, Lane, Resource, Row, Rows, Severity, Stages, Stream, limits};
use logboom_process::FixedStages;
use proptest::prelude::*;

const OUT: Stream = Stream::Stdout;
const ERR: Stream = Stream::Stderr;
const WHOLE: Flags = Flags::empty();
const PART: Flags = Flags::PARTIAL;
const TIME: i64 = 7;

/// One row of the source: where it starts (also its observed time), stream, flags, text. All have one time.
type Fragment = (u64, Stream, Flags, Vec<u8>);

fn fragment(start: u64, stream: Stream, flags: Flags, body: &str) -> Fragment {
    (start, stream, flags, body.as_bytes().to_vec())
}

fn lane() -> Box<dyn Lane> {
    FixedStages::new().lane(&resource())
}

fn resource() -> Arc<Resource> {
    Arc::new(Resource::builder().with("container.name", "web").build())
}

fn rows(fragments: &[Fragment]) -> Rows {
    let mut batch = Batch::new(resource());
    for (start, stream, flags, body) in fragments {
        let observed = *start as i64;
        let row = Row { time: TIME, observed, severity: Severity::UNSET, stream: *stream, flags: *flags };
        batch.push_with_attributes(row, body, format!("{{\"start\":{start}}}").as_bytes());
    }
    Rows { batch, starts: fragments.iter().map(|fragment| fragment.0).collect() }
}

fn seen(batch: &Batch) -> Vec<(Fragment, String)> {
    batch
        .records()
        .map(|record| {
            let fragment = (record.observed as u64, record.stream, record.flags, record.body.to_vec());
            (fragment, String::from_utf8_lossy(record.attributes).into_owned())
        })
        .collect()
}

#[track_caller]
fn check(batch: &Batch, expected: &[Fragment]) {
    let expected: Vec<_> =
        expected.iter().map(|row| (row.clone(), format!("{{\"start\":{}}}", row.0))).collect();
    assert!(
        seen(batch) == expected,
        "{:?}",
        batch.records().map(|r| (r.observed, r.flags, r.body.len())).collect::<Vec<_>>()
    );
}

#[test]
fn partial_stdout_then_stderr_then_the_rest_of_stdout() {
    let mut lane = lane();
    let batch = lane.run(rows(&[
        fragment(1, OUT, PART, "one "),
        fragment(2, ERR, WHOLE, "err"),
        fragment(3, ERR, PART, "E"),
        fragment(4, OUT, PART, "line"),
        fragment(5, OUT, WHOLE, ""),
        fragment(6, OUT, WHOLE, "next"),
    ]));
    check(
        &batch,
        &[
            fragment(2, ERR, WHOLE, "err"),
            fragment(1, OUT, WHOLE, "one line"),
            fragment(6, OUT, WHOLE, "next"),
        ],
    );
    assert_eq!((lane.held_from(OUT), lane.held_from(ERR), lane.held_since()), (None, Some(3), Some(3)));
    check(&lane.run(rows(&[fragment(7, ERR, WHOLE, "nd")])), &[fragment(3, ERR, WHOLE, "End")]);
    assert_eq!((lane.held_from(ERR), lane.held_since()), (None, None));
}

#[test]
fn flush_gives_up_what_is_old_enough_in_source_order() {
    let mut lane = lane();
    assert!(lane.flush(None).is_none());
    let batch = lane.run(rows(&[fragment(5, ERR, PART, "ERROR: e"), fragment(9, OUT, PART, "o")]));
    assert!(batch.is_empty());
    assert_eq!(lane.held_since(), Some(5));
    assert!(lane.flush(Some(5)).is_none());
    let old = lane.flush(Some(6)).unwrap();
    check(&old, &[fragment(5, ERR, PART, "ERROR: e")]);
    assert_eq!(old.row(0).severity, Severity::ERROR);
    lane.run(rows(&[fragment(12, ERR, PART, "x")]));
    check(&lane.flush(None).unwrap(), &[fragment(9, OUT, PART, "o"), fragment(12, ERR, PART, "x")]);
    assert_eq!(lane.held_from(OUT), None);
}

#[test]
fn a_batch_without_fragments_is_not_copied() {
    let input = rows(&[fragment(1, OUT, WHOLE, "a"), fragment(2, ERR, WHOLE, "b")]);
    let buffer = input.batch.columns().body.as_ptr();
    let batch = lane().run(input);
    assert_eq!(batch.columns().body.as_ptr(), buffer);
    check(&batch, &[fragment(1, OUT, WHOLE, "a"), fragment(2, ERR, WHOLE, "b")]);
}

#[test]
fn the_batch_keeps_its_own_resource() {
    let renamed = Arc::new(Resource::builder().with("container.name", "renamed").build());
    let mut lane = lane();
    let mut input = rows(&[]);
    input.batch = Batch::new(renamed.clone());
    input.batch.push(rows(&[fragment(1, OUT, PART, "")]).batch.row(0), b"x");
    input.starts.push(1);
    assert_eq!(lane.run(input).resource(), &renamed);
    assert_eq!(lane.flush(None).unwrap().resource(), &renamed);
}

/// A container that exits without a newline again and again, while nobody looked.
#[test]
fn no_newline_at_exit_run_after_run() {
    let mut lane = lane();
    let mut input = rows(&[
        fragment(1, OUT, PART, "panic"),
        fragment(2, ERR, PART, "first half, "),
        fragment(3, OUT, PART, "panic"),
        fragment(4, OUT, WHOLE, "fine"),
        fragment(5, ERR, WHOLE, "second half"),
    ]);
    input.batch = with_times(&input.batch, [100, 150, 200, 300, 150]);
    let batch = lane.run(input);
    check(
        &batch,
        &[
            fragment(1, OUT, PART, "panic"),
            fragment(3, OUT, PART, "panic"),
            fragment(4, OUT, WHOLE, "fine"),
            fragment(2, ERR, WHOLE, "first half, second half"),
        ],
    );
    assert_eq!(batch.columns().times, [100, 200, 300, 150]);
}

fn with_times<const ROWS: usize>(batch: &Batch, times: [i64; ROWS]) -> Batch {
    let mut timed = Batch::new(resource());
    for (record, time) in batch.records().zip(times) {
        let Row { observed, severity, stream, flags, .. } = batch.row(record.seq as usize);
        timed.push_with_attributes(
            Row { time, observed, severity, stream, flags },
            record.body,
            record.attributes,
        );
    }
    timed
}

#[test]
fn a_line_of_exactly_the_limit_is_whole() {
    let piece = "x".repeat(16 << 10);
    let mut lane = lane();
    let mut input: Vec<_> = (0..64).map(|start| fragment(start, OUT, PART, &piece)).collect();
    input.push(fragment(64, OUT, WHOLE, ""));
    check(&lane.run(rows(&input)), &[fragment(0, OUT, WHOLE, &"x".repeat(limits::LINE_BYTES_MAX))]);
}

#[test]
fn a_longer_line_is_split_between_fragments_and_its_pieces_share_a_severity() {
    let mut lane = lane();
    let mut input = vec![fragment(0, OUT, PART, &format!("ERROR: {}", "x".repeat((16 << 10) - 7)))];
    input.extend((1..70).map(|start| fragment(start, OUT, PART, &"y".repeat(16 << 10))));
    let first = lane.run(rows(&input));
    assert_eq!(seen(&first).len(), 1);
    assert_eq!(first.row(0).flags, Flags::SPLIT);
    assert_eq!(first.body(0).len(), limits::LINE_BYTES_MAX);
    assert_eq!(lane.held_from(OUT), Some(64));
    let last = lane.run(rows(&[fragment(70, OUT, WHOLE, "end")]));
    assert_eq!((last.row(0).flags, last.body(0).len()), (WHOLE, 6 * (16 << 10) + 3));
    assert_eq!([first.row(0).severity, last.row(0).severity], [Severity::ERROR; 2]);
    assert_eq!(lane.run(rows(&[fragment(80, OUT, WHOLE, "x")])).row(0).severity, Severity::UNSET);
}

#[test]
fn a_single_row_over_the_limit_is_split() {
    let long = "x".repeat(2 * limits::LINE_BYTES_MAX + 5);
    let full = "x".repeat(limits::LINE_BYTES_MAX);
    check(
        &lane().run(rows(&[fragment(1, OUT, WHOLE, &long), fragment(2, OUT, WHOLE, "y")])),
        &[
            fragment(1, OUT, Flags::SPLIT, &full),
            fragment(1, OUT, Flags::SPLIT, &full),
            fragment(1, OUT, WHOLE, "xxxxx"),
            fragment(2, OUT, WHOLE, "y"),
        ],
    );
    // As a fragment nothing of it is held: its first pieces have left already.
    let mut lane = lane();
    check(
        &lane.run(rows(&[fragment(1, OUT, PART, &long)])),
        &[
            fragment(1, OUT, Flags::SPLIT, &full),
            fragment(1, OUT, Flags::SPLIT, &full),
            fragment(1, OUT, Flags::SPLIT, "xxxxx"),
        ],
    );
    assert_eq!(lane.held_from(OUT), None);
}

#[test]
fn a_thousand_containers_without_line_ends_stay_within_one_budget() {
    let stages = FixedStages::new();
    let piece = "x".repeat(16 << 10);
    let mut lanes: Vec<_> = (0..200).map(|_| stages.lane(&resource())).collect();
    let mut early = 0;
    for start in 0..40 {
        for lane in &mut lanes {
            let batch = lane.run(rows(&[fragment(start, OUT, PART, &piece)]));
            early += batch.columns().body.len();
            assert!(batch.records().all(|record| record.flags == Flags::SPLIT));
            assert!(lane.held_from(OUT).is_some());
        }
    }
    let held: usize =
        lanes.iter_mut().filter_map(|lane| lane.flush(None)).map(|batch| batch.columns().body.len()).sum();
    assert_eq!(early + held, 200 * 40 * piece.len());
    assert!(held <= (64 << 20) + 200 * piece.len(), "{held}");
    // What was given up is free again.
    let mut lane = stages.lane(&resource());
    assert!((0..60).all(|start| lane.run(rows(&[fragment(start, OUT, PART, &piece)])).is_empty()));
}

#[test]
fn an_undecoded_line_has_no_severity_and_ends_an_undecoded_fragment() {
    let raw = Flags::UNDECODED;
    let mut lane = lane();
    let batch = lane.run(rows(&[
        fragment(1, Stream::None, raw | PART, "ERROR: a"),
        fragment(2, OUT, WHOLE, "x"),
        fragment(3, Stream::None, raw, "b"),
    ]));
    check(&batch, &[fragment(2, OUT, WHOLE, "x"), fragment(1, Stream::None, raw, "ERROR: ab")]);
    assert_eq!(batch.row(1).severity, Severity::UNSET);
}

#[test]
fn a_severity_the_source_knows_stays() {
    let mut input = rows(&[fragment(1, OUT, WHOLE, "ERROR: x"), fragment(2, OUT, WHOLE, "ERROR: x")]);
    input.batch.set_severity(0, Severity::INFO);
    let batch = lane().run(input);
    assert_eq!([batch.row(0).severity, batch.row(1).severity], [Severity::INFO, Severity::ERROR]);
}

fn fragments() -> impl Strategy<Value = Vec<Fragment>> {
    let one = (prop_oneof![Just(OUT), Just(ERR), Just(Stream::None)], any::<bool>(), 0..6u8);
    proptest::collection::vec(one, 1..40).prop_map(|parts| {
        let parts = parts.into_iter().enumerate().map(|(index, (stream, partial, length))| {
            let body = vec![b'a' + (index % 26) as u8; usize::from(length)];
            (10 * (index as u64 + 1), stream, if partial { PART } else { WHOLE }, body)
        });
        parts.collect()
    })
}

/// Complete lines per stream, the slow way.
fn lines(input: &[Fragment], stream: Stream) -> Vec<Vec<u8>> {
    let mut open = Vec::new();
    let mut lines = Vec::new();
    for (_, _, flags, body) in input.iter().filter(|fragment| fragment.1 == stream) {
        open.extend_from_slice(body);
        if flags.is_empty() {
            lines.push(std::mem::take(&mut open));
        }
    }
    lines
}

proptest! {
    /// `kill -9` between any two batches: a new lane reads again from the positions, and every line is there once.
    #[test]
    fn every_line_once_over_restarts(
        input in fragments(),
        cuts in proptest::collection::vec((1..5usize, any::<bool>()), 40),
    ) {
        let mut seen: [Vec<Vec<u8>>; 3] = Default::default();
        let mut positions = [0; 3];
        let mut lane = lane();
        let mut at = 0;
        for (length, killed) in cuts {
            let end = (at + length).min(input.len());
            let part: Vec<_> = input[at..end]
                .iter()
                .filter(|fragment| fragment.0 >= positions[fragment.1 as usize])
                .cloned()
                .collect();
            let batch = lane.run(rows(&part));
            for record in batch.records() {
                prop_assert!(record.flags.is_empty());
                seen[record.stream as usize].push(record.body.to_vec());
            }
            at = end;
            let next = input.get(end).map_or(u64::MAX, |fragment| fragment.0);
            for stream in [Stream::None, OUT, ERR] {
                let reached = lane.held_from(stream).unwrap_or(next);
                let position = &mut positions[stream as usize];
                *position = reached.max(*position);
            }
            if killed {
                lane = self::lane();
                let lowest = *positions.iter().min().unwrap();
                at = input.iter().position(|fragment| fragment.0 >= lowest).unwrap_or(input.len());
            }
        }
        // Drain the rest without further kills.
        let part: Vec<_> = input[at..]
            .iter()
            .filter(|fragment| fragment.0 >= positions[fragment.1 as usize])
            .cloned()
            .collect();
        for record in lane.run(rows(&part)).records() {
            seen[record.stream as usize].push(record.body.to_vec());
        }
        for stream in [Stream::None, OUT, ERR] {
            prop_assert_eq!(&seen[stream as usize], &lines(&input, stream));
        }
    }
}
