//! Gap rows: one per resource, source, stream, reason and minute. The first loss of a minute is a row at once;
//! further ones add up in small state, durably, and become one row when the minute is over.

use std::collections::BTreeMap;
use std::sync::Arc;

use logboom_model::status::GapStatus;
use logboom_model::{
    Batch, CountKind, Flags, Gap, GapReason, Resource, ResourceId, Row, Severity, StateUpdate, Stream,
    format_rfc3339,
};
use serde::{Deserialize, Serialize};

use crate::format::snapshot::{StateMap, below};
use crate::limits::{NANOS_PER_MINUTE, OPEN_GAPS_MAX, RECENT_GAPS_MAX};

/// Keys of recent gaps for `status`, by the seq of their row: `store/recent_gap/<seq, 20 digits>` → JSON.
const RECENT_PREFIX: &[u8] = b"store/recent_gap/";
/// Keys of gaps that still add up.
pub const STATE_PREFIX: &[u8] = b"store/gap/";

type Place = (ResourceId, Box<str>, Stream, GapReason);

#[derive(Debug, Clone)]
struct Open {
    minute: i64,
    rest: Option<Gap>,
}

/// What a commit writes for the gaps it was given.
#[derive(Debug, Default)]
pub struct GapRows {
    /// Rows.
    pub gaps: Vec<Gap>,
    /// Sums kept, and sums that became rows.
    pub updates: Vec<StateUpdate>,
}

/// The gaps of the minute. Cloned for each attempt to commit, and kept when it succeeded.
#[derive(Debug, Clone, Default)]
pub struct GapMerger {
    open: BTreeMap<Place, Open>,
}

impl GapMerger {
    /// Takes one gap at a time of the commit clock.
    pub fn admit(&mut self, gap: Gap, now: i64, rows: &mut GapRows) {
        let minute = now.div_euclid(NANOS_PER_MINUTE);
        let place = (gap.resource.id(), gap.source.clone(), gap.stream, gap.reason);
        match self.open.get_mut(&place) {
            Some(open) if open.minute == minute => {
                match &mut open.rest {
                    Some(rest) => rest.merge(&gap),
                    none => *none = Some(gap),
                }
                let value = open.rest.as_ref().and_then(encode);
                rows.updates.push(StateUpdate { key: key(&place, minute), value });
            }
            _ => {
                if let Some(before) = self.open.remove(&place) {
                    settle(&place, before, rows);
                }
                if self.open.len() >= OPEN_GAPS_MAX
                    && let Some((place, open)) = self.open.pop_first()
                {
                    settle(&place, open, rows);
                }
                self.open.insert(place, Open { minute, rest: None });
                rows.gaps.push(gap);
            }
        }
    }

    /// Whether a minute is over for something.
    pub fn is_due(&self, now: i64) -> bool {
        let minute = now.div_euclid(NANOS_PER_MINUTE);
        self.open.values().any(|open| open.minute < minute)
    }

    /// Turns into rows what belongs to minutes that are over, or everything.
    pub fn settle(&mut self, now: i64, everything: bool, rows: &mut GapRows) {
        let minute = now.div_euclid(NANOS_PER_MINUTE);
        for (place, open) in std::mem::take(&mut self.open) {
            if everything || open.minute < minute {
                settle(&place, open, rows);
            } else {
                self.open.insert(place, open);
            }
        }
    }
}

fn settle(place: &Place, open: Open, rows: &mut GapRows) {
    if let Some(rest) = open.rest {
        rows.updates.push(StateUpdate { key: key(place, open.minute), value: None });
        rows.gaps.push(rest);
    }
}

/// What an earlier life of the store had added up and not written: rows now, and their keys go.
pub fn recover(key: &[u8], value: &[u8], rows: &mut GapRows) {
    rows.updates.push(StateUpdate { key: key.into(), value: None });
    rows.gaps.extend(decode(value));
}

/// The row of a gap, a batch of its own.
pub fn row(gap: &Gap, now: i64) -> Batch {
    let mut batch = Batch::new(gap.resource.clone());
    let row = Row {
        time: gap.to.or(gap.from).unwrap_or(now),
        observed: now,
        severity: Severity::WARN,
        stream: gap.stream,
        flags: Flags::GAP,
    };
    batch.push_with_attributes(row, gap.body().as_bytes(), &gap.attributes());
    batch
}

/// The gap as `status` shows it.
fn status(gap: &Gap, now: i64) -> GapStatus {
    let (source, sink) = match gap.source.strip_prefix(Gap::SINK_PREFIX) {
        Some(sink) => (None, Some(sink.to_owned())),
        None => (Some(gap.source.as_ref().to_owned()), None),
    };
    let name = [gap.resource.container_name(), gap.resource.service_name()];
    GapStatus {
        time: format_rfc3339(now),
        source,
        sink,
        resource: name.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned(),
        stream: gap.stream.name().to_owned(),
        from: gap.from.map(format_rfc3339),
        to: gap.to.map(format_rfc3339),
        count: gap.count,
        count_kind: match gap.count_kind {
            CountKind::Exact => "exact",
            CountKind::AtLeast => "at_least",
            CountKind::Unknown => "unknown",
        }
        .to_owned(),
        reason: gap.reason.name().to_owned(),
    }
}

/// Remembers gaps, whose rows begin at a seq, for `status`; as many of the oldest are forgotten.
pub fn remember(gaps: &[Gap], first_seq: u64, now: i64, state: &StateMap) -> Vec<StateUpdate> {
    let mut updates: Vec<StateUpdate> = Vec::new();
    for (gap, seq) in gaps.iter().zip(first_seq..) {
        let mut key = RECENT_PREFIX.to_vec();
        key.extend_from_slice(format!("{seq:020}").as_bytes());
        updates.push(StateUpdate { key: key.into(), value: serde_json::to_vec(&status(gap, now)).ok() });
    }
    updates.drain(..updates.len().saturating_sub(RECENT_GAPS_MAX));
    let excess = (below(state, RECENT_PREFIX).count() + updates.len()).saturating_sub(RECENT_GAPS_MAX);
    if !updates.is_empty() {
        let oldest = below(state, RECENT_PREFIX).take(excess);
        updates.extend(oldest.map(|(key, _)| StateUpdate { key: key.clone(), value: None }));
    }
    updates
}

/// The gaps remembered, newest last.
pub fn recent(state: &StateMap) -> Vec<GapStatus> {
    below(state, RECENT_PREFIX).filter_map(|(_, value)| serde_json::from_slice(value).ok()).collect()
}

fn key(place: &Place, minute: i64) -> Box<[u8]> {
    let (resource, source, stream, reason) = place;
    let mut key = STATE_PREFIX.to_vec();
    key.extend_from_slice(
        format!("{minute}/{resource}/{}/{}/{source}", stream.name(), reason.name()).as_bytes(),
    );
    key.truncate(crate::limits::STATE_KEY_BYTES_MAX);
    key.into()
}

/// A gap as small state.
#[derive(Serialize, Deserialize)]
struct Stored {
    resource: Vec<(String, String)>,
    source: String,
    stream: u8,
    reason: GapReason,
    from: Option<i64>,
    to: Option<i64>,
    seqs: Option<(u64, u64)>,
    bytes: Option<u64>,
    count: u64,
    count_kind: CountKind,
    detail: String,
}

fn encode(gap: &Gap) -> Option<Vec<u8>> {
    let attributes = gap.resource.attributes().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let stored = Stored {
        resource: attributes.collect(),
        source: gap.source.as_ref().to_owned(),
        stream: gap.stream as u8,
        reason: gap.reason,
        from: gap.from,
        to: gap.to,
        seqs: gap.seqs,
        bytes: gap.bytes,
        count: gap.count,
        count_kind: gap.count_kind,
        detail: gap.detail.as_ref().to_owned(),
    };
    serde_json::to_vec(&stored).ok()
}

fn decode(bytes: &[u8]) -> Option<Gap> {
    let stored: Stored = serde_json::from_slice(bytes).ok()?;
    let mut resource = Resource::builder();
    stored.resource.iter().for_each(|(name, value)| resource.set(name, value));
    Some(Gap {
        resource: Arc::new(resource.build()),
        source: stored.source.into(),
        stream: Stream::from_byte(stored.stream)?,
        reason: stored.reason,
        from: stored.from,
        to: stored.to,
        seqs: stored.seqs,
        bytes: stored.bytes,
        count: stored.count,
        count_kind: stored.count_kind,
        detail: stored.detail.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(count: u64) -> Gap {
        let resource = Arc::new(Resource::builder().with("container.name", "web").build());
        let mut gap = Gap::unknown(resource, "docker", GapReason::SourceTruncated, "the file became shorter");
        (gap.count, gap.count_kind, gap.bytes) = (count, CountKind::Exact, Some(10));
        gap
    }

    #[test]
    fn status_names_the_sink_or_the_source() {
        let of_source = status(&gap(1), 0);
        assert_eq!((of_source.source.as_deref(), of_source.sink), (Some("docker"), None));
        let of_sink = status(&Gap { source: "sink/siem".into(), ..gap(1) }, 0);
        assert_eq!((of_sink.source, of_sink.sink.as_deref()), (None, Some("siem")));
    }

    #[test]
    fn the_first_of_a_minute_is_a_row_and_the_rest_one_more() {
        let mut merger = GapMerger::default();
        let mut rows = GapRows::default();
        for count in 1..=4 {
            merger.admit(gap(count), 30 * crate::limits::NANOS_PER_SECOND, &mut rows);
        }
        assert_eq!(rows.gaps, [gap(1)]);
        assert_eq!(rows.updates.len(), 3);
        assert!(!merger.is_due(NANOS_PER_MINUTE - 1) && merger.is_due(NANOS_PER_MINUTE));

        // A restart finds the sum in small state.
        let last = rows.updates.last().unwrap().clone();
        let mut recovered = GapRows::default();
        recover(&last.key, last.value.as_deref().unwrap(), &mut recovered);
        assert_eq!((recovered.gaps[0].count, recovered.gaps[0].bytes), (9, Some(30)));

        let mut settled = GapRows::default();
        merger.settle(NANOS_PER_MINUTE, false, &mut settled);
        assert_eq!(settled.gaps, recovered.gaps);
        assert_eq!(settled.updates, [StateUpdate { key: last.key, value: None }]);
    }
}
