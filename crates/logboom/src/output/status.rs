//! The status as a page for people.

use std::fmt::Write as _;

use logboom_model::sanitize_for_terminal;
use logboom_model::status::{GapStatus, SinkStatus, SourceStatus, Status, StoreStatus};

use crate::config::size_text;

/// Lines for people; names and errors may come from logs, so nothing of them controls the terminal.
pub fn status_text(status: &Status) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&sanitize_for_terminal(text.as_bytes()));
        out.push('\n');
    };
    line(format!("logboom {}, store {}", status.version, status.store_id));
    line(format!("records  {} (last seq {})", status.records, status.seq));
    line(store_line(&status.store));
    if let Some(error) = &status.store.last_error {
        line(format!("         {error}"));
    }
    for source in &status.sources {
        line(source_line(source));
        for text in [&source.detail, &source.last_error].into_iter().flatten() {
            line(format!("         {text}"));
        }
    }
    for sink in &status.sinks {
        line(sink_line(sink));
        if let Some(error) = &sink.last_error {
            line(format!("         {error}"));
        }
    }
    line(match status.gaps.len() {
        0 => "gaps     none".to_owned(),
        count => format!("gaps     {count}, newest last"),
    });
    for gap in &status.gaps {
        line(gap_line(gap));
    }
    out
}

fn store_line(store: &StoreStatus) -> String {
    let mut text = format!(
        "store    {}: {} of {} in {} and {}",
        store.state,
        size_text(store.bytes),
        size_text(store.max_bytes),
        counted(store.segments, "segment"),
        counted(store.journal_files, "journal file")
    );
    if let (Some(oldest), Some(newest)) = (&store.oldest, &store.newest) {
        let _ = write!(text, ", {oldest} to {newest}");
    }
    text
}

fn counted(count: u64, name: &str) -> String {
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

fn source_line(source: &SourceStatus) -> String {
    let mut text = format!(
        "source   {} ({}): {}, {} containers, {} records, {} read, {} waiting",
        source.name,
        source.class,
        source.state,
        source.containers,
        source.records,
        size_text(source.bytes),
        size_text(source.lag_bytes)
    );
    if source.decode_errors > 0 {
        let _ = write!(text, ", {} lines not decoded", source.decode_errors);
    }
    text
}

fn sink_line(sink: &SinkStatus) -> String {
    format!(
        "sink     {} ({}): {}, at seq {}, {} records ({:.0} s) behind",
        sink.name, sink.class, sink.state, sink.cursor, sink.lag_records, sink.lag_seconds
    )
}

fn gap_line(gap: &GapStatus) -> String {
    let mut text = format!("         {} {}", gap.time, gap.reason);
    let whose =
        [gap.source.as_deref(), gap.sink.as_deref(), Some(gap.resource.as_str()), Some(gap.stream.as_str())];
    for name in whose.into_iter().flatten().filter(|name| !name.is_empty()) {
        let _ = write!(text, " {name}");
    }
    match gap.count_kind.as_str() {
        "exact" => {
            let _ = write!(text, ": {} records", gap.count);
        }
        "at_least" => {
            let _ = write!(text, ": at least {} records", gap.count);
        }
        _ => text.push_str(": an unknown number of records"),
    }
    if let (Some(from), Some(to)) = (&gap.from, &gap.to) {
        let _ = write!(text, ", {from} to {to}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_what_is_wrong_and_moves_no_cursor() {
        let gap = GapStatus {
            time: "t".into(),
            source: Some("docker".into()),
            resource: "web\u{1b}[2J".into(),
            stream: "stdout".into(),
            count: 3,
            count_kind: "exact".into(),
            reason: "source_truncated".into(),
            ..GapStatus::default()
        };
        let source = SourceStatus {
            name: "docker".into(),
            class: "exact".into(),
            state: "degraded".into(),
            last_error: Some("no permission".into()),
            ..SourceStatus::default()
        };
        let store =
            StoreStatus { state: "running".into(), journal_files: 1, segments: 12, ..StoreStatus::default() };
        let status = Status { gaps: vec![gap], sources: vec![source], store, ..Status::default() };
        let text = status_text(&status);
        assert!(text.contains("store    running: 0 B of 0 B in 12 segments and 1 journal file\n"), "{text}");
        assert!(text.contains("source   docker (exact): degraded, 0 containers"), "{text}");
        assert!(text.contains("         no permission\n"), "{text}");
        assert!(text.contains("t source_truncated docker web\\x1b[2J stdout: 3 records\n"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
