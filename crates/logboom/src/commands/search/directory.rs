//! Reads a data directory on which no logboom runs; what is found is printed as the server would have sent it.

use std::sync::atomic::AtomicBool;

use anyhow::Context as _;
use logboom_model::record_to_json;
use logboom_query::{
    Access, ContextRequest, ContextScope, OwnedRecord, SearchEvent, SearchProgress, context,
    search as run_search,
};
use logboom_store::Snapshot;

use super::Ask;
use super::around::Around;
use super::results::{Done, Results};
use crate::cli::Order;
use crate::failure::Failure;
use crate::output::{Progress, Table};

/// Searches. Ctrl-C ends the program, and nothing else needs an end.
pub fn search(snapshot: &Snapshot, ask: &Ask, results: &mut Results) -> Result<(), Failure> {
    let cancel = AtomicBool::new(false);
    let mut printed = Ok(());
    let mut held = Vec::new();
    let outcome = run_search(snapshot, &ask.request, &cancel, &mut |event| {
        let result = match event {
            SearchEvent::Records(records) if ask.order == Order::Oldest => {
                held.extend(records);
                Ok(())
            }
            SearchEvent::Records(records) => {
                records.iter().try_for_each(|record| results.record(&json(record)))
            }
            SearchEvent::Progress(at) => results.progress(&progress(at)),
        };
        if result.is_err() && printed.is_ok() {
            printed = result;
            cancel.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    });
    printed?;
    let outcome = outcome.map_err(anyhow::Error::new)?;
    held.iter().rev().try_for_each(|record| results.record(&json(record)))?;
    if let Some(table) = outcome.table {
        results.table(as_sent(&table)?);
    }
    show_context(snapshot, ask, results)?;
    results.finish(&Done { more: outcome.more, incomplete: outcome.incomplete })
}

fn show_context(snapshot: &Snapshot, ask: &Ask, results: &mut Results) -> Result<(), Failure> {
    let Some(lines) = ask.context else { return Ok(()) };
    let hits = results.hits();
    let mut around = Around::new(hits.iter().copied());
    for seq in hits {
        let request = ContextRequest {
            seq,
            before: lines.before,
            after: lines.after,
            scope: ContextScope::Resource,
            access: Access::all(),
            timeout: None,
        };
        let found = context(snapshot, &request, &AtomicBool::new(false)).map_err(anyhow::Error::new)?;
        results.around(&mut around, found.iter().map(json).collect())?;
    }
    Ok(())
}

/// On one line: between the tokens of attributes, which are as they were in the log, JSON allows line breaks.
fn json(record: &OwnedRecord) -> Vec<u8> {
    let mut json = Vec::new();
    record_to_json(&record.as_record(), &mut json);
    json.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    json
}

fn progress(at: &SearchProgress) -> Progress {
    Progress { bytes_done: at.bytes_done, bytes_total: at.bytes_total, matches: at.matches as u64 }
}

/// Values as JSON, by the same rules as the server's.
fn as_sent(table: &logboom_query::Table) -> anyhow::Result<Table> {
    let rows = serde_json::to_value(&table.rows).and_then(serde_json::from_value);
    Ok(Table {
        columns: table.columns.clone(),
        rows: rows.context("failed to print the table")?,
        notes: table.notes.clone(),
    })
}
