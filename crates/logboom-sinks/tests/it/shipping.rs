//! What a sink sends, where its cursor is, and what it says about itself.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use logboom_model::{CountKind, GapReason, Record, Resource};
use logboom_sinks::{SinkHandle, SinkSpec, StartError, StartFrom, Wiring, start_on};

use crate::log::Log;

/// Longer than anything here takes unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

fn wiring(log: &Arc<Log>) -> Wiring {
    let (reader_log, end_log, start_log) = (log.clone(), log.clone(), log.clone());
    Wiring {
        intake: log.clone(),
        open_reader: Box::new(move |from| reader_log.reader(from)),
        end_seq: Arc::new(move || end_log.end_seq()),
        resolve: Box::new(move |from| match from {
            StartFrom::Now => Ok(start_log.end_seq()),
            StartFrom::Earliest => Ok(1),
            StartFrom::Time(_) => Err(io::Error::other("no such time")),
        }),
        accept: Box::new(|_| true),
        resource: Arc::new(Resource::builder().with("host.name", "h").build()),
    }
}

fn text_sink(uri_options: &str) -> SinkSpec {
    SinkSpec::parse(&format!("stdout:?format=text&{uri_options}")).unwrap()
}

fn start(log: &Arc<Log>, fd: impl Into<OwnedFd>, options: &str) -> SinkHandle {
    start_on(fd.into(), text_sink(options), wiring(log)).unwrap()
}

/// The bodies of so many lines of text output.
fn bodies(input: impl io::Read, count: usize) -> Vec<String> {
    let lines = BufReader::new(input).lines().take(count);
    lines.map(|line| line.unwrap().rsplit(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn lines_go_out_in_order_and_the_cursor_follows_them() {
    let log = Log::new();
    let (reader, writer) = io::pipe().unwrap();
    log.append(&["before"]);
    let sink = start(&log, writer, "");
    assert_eq!(
        log.state_text("sink/cursor/stdout").unwrap(),
        "{\"v\":1,\"seq\":1}",
        "now is resolved at once"
    );
    log.append(&["one", "two"]);
    log.append(&["three"]);
    assert_eq!(bodies(reader, 3), ["one", "two", "three"]);
    assert!(sink.wait_until(PATIENCE, |status| status.cursor == 4 && status.lag_records == 0));
    let status = sink.status();
    assert_eq!((status.state.as_str(), status.class.as_str()), ("running", "at_least_once"));
    assert_eq!((status.lag_seconds, status.last_error), (0.0, None));
    assert!(sink.stop());
    assert_eq!(log.state_text("sink/cursor/stdout").unwrap(), "{\"v\":1,\"seq\":4}");
}

#[test]
fn a_restart_goes_on_behind_the_cursor_whatever_from_says_now() {
    let log = Log::new();
    log.append(&["one", "two", "three"]);
    log.set_state("sink/cursor/stdout", "{\"v\":1,\"seq\":2}");
    let (reader, writer) = io::pipe().unwrap();
    let sink = start(&log, writer, "logboom.from=earliest");
    assert_eq!(bodies(reader, 1), ["three"]);
    assert!(sink.stop());
}

#[test]
fn json_is_the_default_and_one_object_a_line() {
    let log = Log::new();
    let (mut reader, writer) = io::pipe().unwrap();
    let sink = start_on(writer.into(), SinkSpec::parse("stdout:").unwrap(), wiring(&log)).unwrap();
    log.append(&["say \"hi\""]);
    assert!(sink.wait_until(PATIENCE, |status| status.cursor == 1));
    assert!(sink.stop());
    drop(sink);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    let value: serde_json::Value = serde_json::from_str(text.strip_suffix('\n').unwrap()).unwrap();
    assert_eq!((&value["body"], &value["seq"]), (&"say \"hi\"".into(), &1.into()));
}

#[test]
fn lifecycle_rows_stay_unless_asked_for_gap_rows_pass_and_the_filter_decides() {
    for (options, expected) in
        [("", &["#gap", "kept"][..]), ("logboom.lifecycle=true", &["#life", "#gap", "kept"])]
    {
        let log = Log::new();
        let (reader, writer) = io::pipe().unwrap();
        let mut wiring = wiring(&log);
        wiring.accept = Box::new(|record: &Record<'_>| record.body != b"dropped");
        let sink = start_on(writer.into(), text_sink(options), wiring).unwrap();
        log.append(&["#life", "#gap", "dropped", "kept", "dropped"]);
        assert_eq!(bodies(reader, expected.len()), expected);
        assert!(sink.wait_until(PATIENCE, |status| status.cursor == 5), "what is not wanted is finished too");
        assert!(sink.stop());
    }
}

#[test]
fn evicted_records_become_a_gap_row_of_the_sink_and_it_goes_on() {
    let log = Log::new();
    let (reader, writer) = io::pipe().unwrap();
    let sink = start(&log, writer, "logboom.name=siem");
    log.append(&["one"]);
    log.evict(5);
    log.append(&["seven"]);
    assert_eq!(bodies(reader, 2), ["one", "seven"]);
    assert!(sink.wait_until(PATIENCE, |status| status.cursor == 7));
    let gaps = log.gaps();
    assert_eq!(gaps.len(), 1);
    assert_eq!((gaps[0].source.as_ref(), gaps[0].reason), ("sink/siem", GapReason::Evicted));
    assert_eq!((gaps[0].seqs, gaps[0].count, gaps[0].count_kind), (Some((2, 7)), 5, CountKind::Exact));
    assert!(sink.stop());
}

#[test]
fn what_is_missing_here_and_there_becomes_a_gap_row_and_what_is_left_is_sent() {
    let log = Log::new();
    let (reader, writer) = io::pipe().unwrap();
    let sink = start(&log, writer, "logboom.name=siem");
    log.append(&["one"]);
    log.thin(10, 8);
    log.append(&["two", "three"]);
    assert_eq!(bodies(reader, 3), ["one", "two", "three"]);
    assert!(sink.wait_until(PATIENCE, |status| status.cursor == 3));
    let gaps = log.gaps();
    assert_eq!(gaps.len(), 1);
    assert_eq!((gaps[0].source.as_ref(), gaps[0].reason), ("sink/siem", GapReason::Evicted));
    assert_eq!((gaps[0].seqs, gaps[0].count, gaps[0].count_kind), (Some((2, 12)), 8, CountKind::Exact));
    assert!(sink.stop());
}

#[test]
fn behind_a_filter_nobody_knows_how_many_were_wanted() {
    let log = Log::new();
    log.evict(5);
    log.set_state("sink/cursor/stdout", "{\"v\":1,\"seq\":0}");
    let (_reader, writer) = io::pipe().unwrap();
    let sink = start(&log, writer, "logboom.where=error");
    assert!(sink.wait_until(PATIENCE, |status| status.cursor == 5));
    let gaps = log.gaps();
    assert_eq!((gaps[0].seqs, gaps[0].count_kind), (Some((1, 6)), CountKind::Unknown));
    assert!(sink.stop());
    assert_eq!(log.state_text("sink/cursor/stdout").unwrap(), "{\"v\":1,\"seq\":5}");
}

#[test]
fn a_gap_waits_for_room_in_the_log() {
    let log = Log::new();
    let (reader, writer) = io::pipe().unwrap();
    let sink = start(&log, writer, "");
    log.set_full(true);
    log.evict(3);
    log.append(&["four"]);
    log.set_full(false);
    assert_eq!(bodies(reader, 1), ["four"]);
    assert_eq!(log.gaps().len(), 1);
    assert!(sink.stop());
}

#[test]
fn a_closed_pipe_pauses_the_sink_and_keeps_its_place() {
    let log = Log::new();
    let (reader, writer) = io::pipe().unwrap();
    let sink = start(&log, writer, "");
    log.append(&["one"]);
    assert_eq!(bodies(&reader, 1), ["one"]);
    assert!(sink.wait_until(PATIENCE, |status| status.cursor == 1));
    drop(reader);
    log.append(&["two"]);
    assert!(sink.wait_until(PATIENCE, |status| status.state == "paused"));
    let status = sink.status();
    assert!(status.last_error.unwrap().contains("closed by its reader"));
    assert_eq!((status.cursor, status.lag_records), (1, 1));
    assert!(status.lag_seconds > 0.0);
    assert!(sink.stop());
    assert_eq!(log.state_text("sink/cursor/stdout").unwrap(), "{\"v\":1,\"seq\":1}");
}

#[test]
fn a_full_disk_is_tried_again_and_says_why() {
    let log = Log::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let sink = start(&log, full, "");
    log.append(&["one"]);
    assert!(sink.wait_until(PATIENCE, |status| status.state == "retrying"));
    let status = sink.status();
    assert!(status.last_error.unwrap().contains("No space left"), "the reason is the system's");
    assert_eq!(status.cursor, 0);
    assert!(sink.stop());
    assert_eq!(log.state_text("sink/cursor/stdout").unwrap(), "{\"v\":1,\"seq\":0}");
}

#[test]
fn an_unreadable_log_is_tried_again() {
    let log = Log::new();
    let (reader, writer) = io::pipe().unwrap();
    let sink = start(&log, writer, "");
    log.fail_read();
    log.append(&["one"]);
    assert_eq!(bodies(reader, 1), ["one"]);
    assert!(sink.wait_until(PATIENCE, |status| status.state == "running" && status.last_error.is_none()));
    assert!(sink.stop());
}

#[test]
fn a_reader_that_stops_reading_blocks_only_the_sink_and_stop_is_prompt() {
    let log = Log::new();
    let (mut reader, writer) = io::pipe().unwrap();
    let sink = start(&log, writer, "");
    let line = "x".repeat(1000);
    let lines = vec![line.as_str(); 200];
    log.append(&lines);
    assert!(sink.wait_until(PATIENCE, |status| status.state == "blocked"));
    assert_eq!(sink.status().cursor, 0, "a part that was written finishes nothing");
    let asked = Instant::now();
    assert!(sink.stop());
    assert!(asked.elapsed() < Duration::from_secs(1));
    drop(sink);
    let mut text = Vec::new();
    reader.read_to_end(&mut text).unwrap();
    assert!(text.len() >= 4096 && text.len() < 200 * 1000);
}

#[test]
fn what_a_slow_reader_held_up_arrives_whole_and_once() {
    let log = Log::new();
    let (reader, writer) = io::pipe().unwrap();
    let sink = start(&log, writer, "");
    let numbers: Vec<String> = (0..20_000).map(|number| format!("{number:0>50}")).collect();
    let lines: Vec<&str> = numbers.iter().map(String::as_str).collect();
    lines.chunks(7000).for_each(|chunk| log.append(chunk));
    assert_eq!(bodies(reader, numbers.len()), numbers);
    assert!(sink.wait_until(PATIENCE, |status| status.cursor == 20_000));
    assert!(sink.stop());
    assert!(log.commits() < 20, "cursors are committed by time, not by line: {}", log.commits());
}

#[test]
fn a_cursor_of_a_newer_logboom_is_left_alone() {
    let log = Log::new();
    log.set_state("sink/cursor/stdout", "{\"v\":9}");
    let (_reader, writer) = io::pipe().unwrap();
    let refused = start_on(writer.into(), text_sink(""), wiring(&log));
    assert!(matches!(refused, Err(StartError::Cursor { .. })));
    assert_eq!(log.state_text("sink/cursor/stdout").unwrap(), "{\"v\":9}");
}

#[test]
fn a_start_that_cannot_be_found_is_an_error_and_commits_nothing() {
    let log = Log::new();
    let (_reader, writer) = io::pipe().unwrap();
    let refused = start_on(writer.into(), text_sink("logboom.from=yesterday"), wiring(&log));
    assert!(matches!(refused, Err(StartError::From { .. })));
    assert_eq!(log.state_text("sink/cursor/stdout"), None);
}

#[test]
fn a_cursor_beyond_the_end_of_an_older_copy_of_the_log_is_taken_back() {
    let log = Log::new();
    log.append(&["one"]);
    log.set_state("sink/cursor/stdout", "{\"v\":1,\"seq\":99}");
    let (reader, writer) = io::pipe().unwrap();
    let sink = start(&log, writer, "");
    log.append(&["two"]);
    assert_eq!(bodies(reader, 1), ["two"]);
    assert!(sink.stop());
}

#[test]
fn what_was_gone_before_the_name_appeared_is_no_loss_of_it() {
    let log = Log::new();
    log.evict(5);
    log.append(&["six"]);
    let (reader, writer) = io::pipe().unwrap();
    let sink = start(&log, writer, "logboom.from=earliest");
    assert_eq!(bodies(reader, 1), ["six"]);
    assert!(sink.wait_until(PATIENCE, |status| status.cursor == 6));
    assert!(log.gaps().is_empty());
    assert!(sink.stop());
}
