//! Severity at ingest, from what the line itself says: JSON and logfmt level keys, and the prefixes of common
//! loggers. Being on stderr says nothing. A severity the source already knows stays.
//!
//! A wrong severity is worse than none: ordinary prose about errors stays unset.

mod json;
mod level;
mod text;
mod words;

use logboom_model::{Batch, Flags, Severity};

/// The severity a line claims, or unset.
pub fn detect(body: &[u8]) -> Severity {
    match body.first() {
        Some(b'{') => json::detect(body),
        Some(_) => text::detect(body),
        None => None,
    }
    .unwrap_or(Severity::UNSET)
}

/// Fills the severity column of batches. The pieces of a split line all have the severity of the first.
#[derive(Debug, Default)]
pub(crate) struct SeverityStage {
    /// By stream: the severity of a line whose next piece is still to come.
    continued: [Option<Severity>; 3],
}

impl SeverityStage {
    pub(crate) fn run(&mut self, batch: &mut Batch) {
        const SKIPPED: Flags = Flags::GAP.union(Flags::LIFECYCLE).union(Flags::UNDECODED);
        for row in 0..batch.len() {
            let flags = batch.flags(row);
            let continued = &mut self.continued[batch.stream(row) as usize];
            let known = batch.columns().severities[row] != 0 || flags.intersects(SKIPPED);
            let severity = match continued.take() {
                _ if known => batch.row(row).severity,
                Some(severity) => severity,
                None => detect(batch.body(row)),
            };
            if flags.contains(Flags::SPLIT) {
                *continued = Some(severity);
            }
            if !known && severity != Severity::UNSET {
                batch.set_severity(row, severity);
            }
        }
    }
}
