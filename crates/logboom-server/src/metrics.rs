//! `/metrics`: what an alert or a dashboard needs, in Prometheus' text format.
//!
//! Labels are names of sources and sinks, routes and reasons: all bounded by configuration or closed lists. Nothing is
//! labelled by container; that is what the log itself is for.

use std::collections::BTreeMap;

use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use hyper::header::CONTENT_TYPE;
use logboom_model::status::{SinkStatus, SourceStatus, Status};
use logboom_store::{StoreState, StoreStats};

use crate::answer::Problem;
use crate::process::Process;
use crate::prometheus::{self, Exposition, Kind::Counter, Kind::Gauge};
use crate::state::{Shared, State};

/// `GET /metrics`.
pub(crate) async fn metrics(Extract(state): Extract<Shared>) -> Response {
    let written = tokio::task::spawn_blocking(move || {
        let status = (state.context.status)();
        write(&status, &state.context.store.stats(), &Process::read(), &state)
    });
    match written.await {
        Ok(text) => ([(CONTENT_TYPE, prometheus::CONTENT_TYPE)], text).into_response(),
        Err(error) => Problem::internal("gather the metrics", &error).into_response(),
    }
}

fn write(status: &Status, store: &StoreStats, process: &Process, state: &State) -> String {
    let mut out = Exposition::default();
    out.family("logboom_build_info", Gauge, "Always 1; the label says which build this is.");
    out.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1_u64);
    write_store(&mut out, store);
    write_sources(&mut out, &status.sources);
    write_sinks(&mut out, &status.sinks);
    write_gaps(&mut out, status);
    write_http(&mut out, state);
    write_process(&mut out, process);
    out.finish()
}

fn write_store(out: &mut Exposition, store: &StoreStats) {
    out.family("logboom_records_total", Counter, "Records stored since the data directory was made.");
    out.sample(&[], store.records);
    out.family("logboom_seq", Gauge, "Seq of the last durable record.")
        .sample(&[], store.end_seq.saturating_sub(1));
    out.family("logboom_oldest_seq", Gauge, "First seq that can still be read.")
        .sample(&[], store.oldest_seq);
    out.family("logboom_store_bytes", Gauge, "Bytes of the local log on disk.").sample(&[], store.bytes);
    out.family("logboom_store_max_bytes", Gauge, "Budget of the local log.").sample(&[], store.max_bytes);
    out.family("logboom_store_journal_files", Gauge, "Journal files.").sample(&[], store.journal_files);
    out.family("logboom_store_segments", Gauge, "Sealed segments.").sample(&[], store.segments);
    out.family("logboom_store_segment_bytes", Gauge, "Bytes of the segments on disk.")
        .sample(&[], store.segment_bytes);
    out.family("logboom_store_sealed_bytes_total", Counter, "Bytes of segments written since start.");
    out.sample(&[], store.sealed_bytes);
    out.family("logboom_store_degraded", Gauge, "1 while commits fail.");
    out.sample(&[], u64::from(store.state == StoreState::Degraded));
    out.family("logboom_store_queued_bytes", Gauge, "Bytes of memory that wait for their commit.");
    out.sample(&[], store.queued_bytes);
    out.family("logboom_store_commits_total", Counter, "Commits since start.").sample(&[], store.commits);
    out.family("logboom_store_syncs_total", Counter, "Syncs of journal files since start.")
        .sample(&[], store.syncs);
    out.family("logboom_store_written_bytes_total", Counter, "Bytes written to the journal since start.");
    out.sample(&[], store.bytes_written);
    out.family(
        "logboom_store_gap_rows_total",
        Counter,
        "Gap rows written since start; each is a loss, or several of one minute.",
    );
    out.sample(&[], store.gap_rows);
}

fn write_sources(out: &mut Exposition, sources: &[SourceStatus]) {
    let mut each = |name, kind, help, value: fn(&SourceStatus) -> u64| {
        out.family(name, kind, help);
        for source in sources {
            out.sample(&[("source", &source.name), ("kind", &source.kind)], value(source));
        }
    };
    each("logboom_source_records_total", Counter, "Records handed to the journal since start.", |s| {
        s.records
    });
    each("logboom_source_bytes_total", Counter, "Bytes read from the source since start.", |s| s.bytes);
    each("logboom_source_lag_bytes", Gauge, "Bytes known to wait at the source.", |s| s.lag_bytes);
    each("logboom_source_decode_errors_total", Counter, "Lines whose framing could not be decoded.", |s| {
        s.decode_errors
    });
    each("logboom_source_containers", Gauge, "Containers followed now.", |s| s.containers);
    each("logboom_source_running", Gauge, "1 while the source runs as it should.", |s| {
        u64::from(s.state == "running")
    });
}

fn write_sinks(out: &mut Exposition, sinks: &[SinkStatus]) {
    out.family(
        "logboom_sink_lag_records",
        Gauge,
        "Records between the sink's cursor and the end of the log.",
    );
    for sink in sinks {
        out.sample(&[("sink", &sink.name)], sink.lag_records);
    }
    out.family("logboom_sink_lag_seconds", Gauge, "Age of the oldest record not yet sent.");
    for sink in sinks {
        out.sample(&[("sink", &sink.name)], sink.lag_seconds);
    }
    out.family("logboom_sink_cursor", Gauge, "Last seq the sink has finished.");
    for sink in sinks {
        out.sample(&[("sink", &sink.name)], sink.cursor);
    }
    out.family("logboom_sink_state", Gauge, "1 for the state the sink is in.");
    for sink in sinks {
        out.sample(&[("sink", &sink.name), ("state", &sink.state)], 1_u64);
    }
}

fn write_gaps(out: &mut Exposition, status: &Status) {
    let mut by_reason: BTreeMap<&str, u64> = BTreeMap::new();
    for gap in &status.gaps {
        *by_reason.entry(&gap.reason).or_default() += 1;
    }
    out.family("logboom_recent_gaps", Gauge, "Gaps in the status's list of recent ones.");
    for (reason, count) in by_reason {
        out.sample(&[("reason", reason)], count);
    }
}

fn write_http(out: &mut Exposition, state: &State) {
    out.family("logboom_http_requests_total", Counter, "Requests answered, by route and status.");
    for ((route, status), count) in state.counters.requests() {
        out.sample(&[("route", route.label()), ("status", &status.to_string())], count);
    }
    let used = |limit: usize, semaphore: &tokio::sync::Semaphore| {
        limit.saturating_sub(semaphore.available_permits())
    };
    out.family("logboom_http_connections", Gauge, "Open connections.");
    out.sample(&[], used(state.limits.connections, &state.connections));
    out.family("logboom_tail_clients", Gauge, "Live tails.")
        .sample(&[], used(state.limits.tails, &state.tails));
    out.family("logboom_searches_running", Gauge, "Searches that run or are being read by their client.");
    out.sample(&[], used(state.limits.searches, &state.searches));
    for (name, help, value) in state.searches_counted.table() {
        out.family(name, Counter, help).sample(&[], value);
    }
}

fn write_process(out: &mut Exposition, process: &Process) {
    let mut whole = |name, help, value: Option<u64>| {
        if let Some(value) = value {
            out.family(name, Gauge, help).sample(&[], value);
        }
    };
    whole("process_resident_memory_bytes", "Resident memory.", process.resident_bytes);
    whole("process_open_fds", "Open file descriptors.", process.open_fds);
    whole("process_max_fds", "The most file descriptors there may be.", process.max_fds);
    whole("process_threads", "Threads.", process.threads);
    if let Some(seconds) = process.cpu_seconds {
        out.family("process_cpu_seconds_total", Counter, "User and system time.").sample(&[], seconds);
    }
}
