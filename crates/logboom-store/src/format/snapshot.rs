//! The payload of a file's opening snapshot: everything that recovery needs, so that it reads only the last files.
//!
//! ```text
//! store id (16) · next seq · records · evicted to · last commit time
//! files:     count · (first seq · id · end seq · min · max event time · first · last commit time) each
//! state:     count · (key · value) each
//! resources: count · (resource · last commit time) each
//! ```

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use logboom_model::{Resource, StoreId};

use super::commit::{put_resource, take_resource};
use super::wire::{Input, Malformed, put_bytes, put_signed, put_varint};
use crate::limits::{SEQ_MAX, STATE_KEY_BYTES_MAX, STATE_VALUE_BYTES_MAX};

/// Small state: the last value of each key.
pub type StateMap = BTreeMap<Box<[u8]>, Vec<u8>>;

/// The keys below a prefix, in order.
pub fn below<'a>(
    state: &'a StateMap,
    prefix: &'a [u8],
) -> impl Iterator<Item = (&'a Box<[u8]>, &'a Vec<u8>)> {
    let from = (Bound::Included(prefix), Bound::Unbounded);
    state.range::<[u8], _>(from).take_while(move |(key, _)| key.starts_with(prefix))
}

/// What is known of a closed file without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSummary {
    /// Seq of its first row.
    pub first_seq: u64,
    /// Its id.
    pub id: u64,
    /// One past its last row.
    pub end_seq: u64,
    /// Earliest event time; `i64::MAX` without rows.
    pub min_time: i64,
    /// Latest event time; `i64::MIN` without rows.
    pub max_time: i64,
    /// Commit time of its first entry.
    pub first_commit: i64,
    /// Commit time of its last entry.
    pub last_commit: i64,
}

/// What the snapshot holds.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotState {
    /// The store's id.
    pub store_id: StoreId,
    /// Next seq.
    pub next_seq: u64,
    /// Records stored since the directory was made.
    pub records: u64,
    /// First seq not evicted.
    pub evicted_to: u64,
    /// The commit clock, which never goes back.
    pub last_commit: i64,
    /// Files before this one, oldest first.
    pub files: Vec<FileSummary>,
    /// Small state.
    pub state: StateMap,
    /// Resources of late, and when each was last used.
    pub resources: Vec<(Arc<Resource>, i64)>,
}

/// Appends the payload.
pub fn encode(snapshot: &SnapshotState, out: &mut Vec<u8>) {
    out.extend_from_slice(&snapshot.store_id.0);
    for number in [snapshot.next_seq, snapshot.records, snapshot.evicted_to] {
        put_varint(out, number);
    }
    put_signed(out, snapshot.last_commit);
    put_varint(out, snapshot.files.len() as u64);
    for file in &snapshot.files {
        for number in [file.first_seq, file.id, file.end_seq] {
            put_varint(out, number);
        }
        for time in [file.min_time, file.max_time, file.first_commit, file.last_commit] {
            put_signed(out, time);
        }
    }
    put_varint(out, snapshot.state.len() as u64);
    for (key, value) in &snapshot.state {
        put_bytes(out, key);
        put_bytes(out, value);
    }
    put_varint(out, snapshot.resources.len() as u64);
    for (resource, used) in &snapshot.resources {
        put_resource(out, resource);
        put_signed(out, *used);
    }
}

/// Reads the payload.
pub fn decode(bytes: &[u8]) -> Result<SnapshotState, Malformed> {
    let mut input = Input::new(bytes);
    let mut store_id = StoreId([0; 16]);
    store_id.0.copy_from_slice(input.take(16)?);
    let (next_seq, records, evicted_to) = (input.varint()?, input.varint()?, input.varint()?);
    let last_commit = input.signed()?;
    let files = take_list(&mut input, take_file)?;
    let mut state = StateMap::new();
    for _ in 0..input.count()? {
        let key = input.bytes(STATE_KEY_BYTES_MAX)?.into();
        state.insert(key, input.bytes(STATE_VALUE_BYTES_MAX)?.to_vec());
    }
    let resources = take_list(&mut input, |input| Ok((take_resource(input)?, input.signed()?)))?;
    input.finish()?;
    if !(1..SEQ_MAX).contains(&next_seq) || evicted_to > next_seq {
        return Err(Malformed("seqs of the snapshot are out of bounds"));
    }
    Ok(SnapshotState { store_id, next_seq, records, evicted_to, last_commit, files, state, resources })
}

fn take_list<T>(
    input: &mut Input<'_>,
    mut take: impl FnMut(&mut Input<'_>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let count = input.count()?;
    let mut list = Vec::new();
    for _ in 0..count {
        list.push(take(input)?);
    }
    Ok(list)
}

fn take_file(input: &mut Input<'_>) -> Result<FileSummary, Malformed> {
    Ok(FileSummary {
        first_seq: input.varint()?,
        id: input.varint()?,
        end_seq: input.varint()?,
        min_time: input.signed()?,
        max_time: input.signed()?,
        first_commit: input.signed()?,
        last_commit: input.signed()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> SnapshotState {
        SnapshotState {
            store_id: StoreId([7; 16]),
            next_seq: 100,
            records: 99,
            evicted_to: 12,
            last_commit: -4,
            files: vec![FileSummary {
                first_seq: 12,
                id: 5,
                end_seq: 100,
                min_time: i64::MAX,
                max_time: i64::MIN,
                first_commit: 1,
                last_commit: 2,
            }],
            state: [(b"a".as_slice().into(), b"1".to_vec()), (b"b".as_slice().into(), Vec::new())].into(),
            resources: vec![(Arc::new(Resource::builder().with("a", "b").build()), 9)],
        }
    }

    #[test]
    fn a_snapshot_survives_and_its_prefixes_are_refused() {
        let mut bytes = Vec::new();
        encode(&snapshot(), &mut bytes);
        assert_eq!(decode(&bytes), Ok(snapshot()));
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_err(), "{length}");
        }
    }
}
