//! The payload of a commit, and the definitions of resources before it.
//!
//! ```text
//! definitions: varint index of the first · varint count · resources
//! resource:    varint attributes · (name · value) each
//! payload:     varint updates · (key · 0 | key · 1 · value) each · varint batches · batches
//! ```

use std::collections::HashMap;
use std::sync::Arc;

use logboom_model::{Batch, Resource, ResourceId, StateUpdate, limits as model_limits};

use super::batch;
use super::wire::{Input, Malformed, put_bytes, put_varint};
use crate::limits::{ENTRY_ROWS_MAX, FILE_RESOURCES_MAX, STATE_KEY_BYTES_MAX, STATE_VALUE_BYTES_MAX};

/// Which resources the file being written has defined.
#[derive(Debug, Default)]
pub struct Definitions {
    indices: HashMap<ResourceId, u32>,
}

impl Definitions {
    /// How many resources the file has defined.
    pub fn count(&self) -> usize {
        self.indices.len()
    }

    /// Forgets all but the first so many: their entry was not written.
    pub fn truncate(&mut self, length: usize) {
        if length < self.indices.len() {
            self.indices.retain(|_, index| (*index as usize) < length);
        }
    }
}

/// Appends the payload to `payload`, and what the file has not defined before to `definitions`.
pub fn encode(
    updates: &[&StateUpdate],
    batches: &[&Batch],
    known: &mut Definitions,
    definitions: &mut Vec<u8>,
    payload: &mut Vec<u8>,
) {
    put_varint(payload, updates.len() as u64);
    for update in updates {
        put_bytes(payload, &update.key);
        match &update.value {
            None => payload.push(0),
            Some(value) => {
                payload.push(1);
                put_bytes(payload, value);
            }
        }
    }
    put_varint(payload, batches.len() as u64);
    let first = known.count() as u32;
    let mut defined = Vec::new();
    for batch in batches {
        let next = known.count() as u32;
        let index = *known.indices.entry(batch.resource().id()).or_insert_with(|| {
            put_resource(&mut defined, batch.resource());
            next
        });
        batch::encode(batch, index, payload);
    }
    let count = known.count() as u32 - first;
    if count > 0 {
        put_varint(definitions, u64::from(first));
        put_varint(definitions, u64::from(count));
        definitions.extend_from_slice(&defined);
    }
}

/// What a commit holds.
#[derive(Debug, Default)]
pub struct Commit {
    /// Small state, in order.
    pub updates: Vec<StateUpdate>,
    /// Rows, with their seqs.
    pub batches: Vec<Batch>,
}

/// Reads a payload of exactly `rows` rows.
pub fn decode(bytes: &[u8], first_seq: u64, rows: u32, resources: &Resources) -> Result<Commit, Malformed> {
    let mut input = Input::new(bytes);
    let updates = take_updates(&mut input)?;
    let count = input.count()?;
    let mut batches = Vec::with_capacity(count.min(rows as usize));
    let mut next_seq = first_seq;
    for _ in 0..count {
        let batch = batch::decode(&mut input, next_seq, |index| resources.get(index))?;
        next_seq = batch.end_seq();
        if batch.is_empty() || next_seq - first_seq > ENTRY_ROWS_MAX as u64 {
            return Err(Malformed("the number of rows is out of bounds"));
        }
        batches.push(batch);
    }
    input.finish()?;
    if next_seq != first_seq + u64::from(rows) {
        return Err(Malformed("the number of rows is not the header's"));
    }
    Ok(Commit { updates, batches })
}

/// Reads the state updates alone, which come first.
pub fn decode_updates(bytes: &[u8]) -> Result<Vec<StateUpdate>, Malformed> {
    take_updates(&mut Input::new(bytes))
}

fn take_updates(input: &mut Input<'_>) -> Result<Vec<StateUpdate>, Malformed> {
    let count = input.count()?;
    let mut updates = Vec::new();
    for _ in 0..count {
        let key = input.bytes(STATE_KEY_BYTES_MAX)?.into();
        let value = match input.byte()? {
            0 => None,
            1 => Some(input.bytes(STATE_VALUE_BYTES_MAX)?.to_vec()),
            _ => return Err(Malformed("unknown form of a state update")),
        };
        updates.push(StateUpdate { key, value });
    }
    Ok(updates)
}

/// Appends one resource.
pub fn put_resource(out: &mut Vec<u8>, resource: &Resource) {
    put_varint(out, resource.attributes().len() as u64);
    for (name, value) in resource.attributes() {
        put_bytes(out, name.as_bytes());
        put_bytes(out, value.as_bytes());
    }
}

/// Reads one resource.
pub fn take_resource(input: &mut Input<'_>) -> Result<Arc<Resource>, Malformed> {
    let count = input.count()?;
    if count > model_limits::RESOURCE_ATTRIBUTES_MAX {
        return Err(Malformed("a resource has too many attributes"));
    }
    let mut builder = Resource::builder();
    for _ in 0..count {
        let mut text = || {
            let bytes = input.bytes(model_limits::RESOURCE_VALUE_BYTES_MAX)?;
            std::str::from_utf8(bytes).map_err(|_| Malformed("an attribute of a resource is not UTF-8"))
        };
        let (name, value) = (text()?, text()?);
        builder.set(name, value);
    }
    Ok(Arc::new(builder.build()))
}

/// The resources one file has defined, as its reader knows them.
#[derive(Debug)]
pub struct Resources {
    known: Vec<Option<Arc<Resource>>>,
    lost: Arc<Resource>,
}

impl Default for Resources {
    fn default() -> Self {
        let lost = Resource::builder().with("logboom.resource", "lost to a damaged journal entry").build();
        Self { known: Vec::new(), lost: Arc::new(lost) }
    }
}

impl Resources {
    /// Adds the definitions of one entry.
    pub fn define(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let mut input = Input::new(bytes);
        let first = input.varint()?;
        let count = input.count()?;
        let end = first.saturating_add(count as u64);
        if end > FILE_RESOURCES_MAX as u64 {
            return Err(Malformed("too many resources"));
        }
        let mut defined = Vec::new();
        for _ in 0..count {
            defined.push(Some(take_resource(&mut input)?));
        }
        input.finish()?;
        if self.known.len() < end as usize {
            self.known.resize(end as usize, None);
        }
        self.known[first as usize..end as usize].clone_from_slice(&defined);
        Ok(())
    }

    /// Every resource known.
    pub fn known(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.known.iter().flatten()
    }

    /// The resource with an index. Rows outlive the loss of their resource's definition: they get a stand-in.
    pub fn get(&self, index: u64) -> Arc<Resource> {
        let found = usize::try_from(index).ok().and_then(|index| self.known.get(index));
        found.and_then(Option::as_ref).unwrap_or(&self.lost).clone()
    }
}

#[cfg(test)]
mod tests {
    use logboom_model::{Flags, Row, Severity, Stream};

    use super::*;

    fn batch(name: &str, first_seq: u64) -> Batch {
        let mut batch = Batch::new(Arc::new(Resource::builder().with("container.name", name).build()));
        let row = Row {
            time: 1,
            observed: 2,
            severity: Severity::INFO,
            stream: Stream::Stdout,
            flags: Flags::empty(),
        };
        batch.push(row, b"hello");
        batch.assign_seqs(first_seq);
        batch
    }

    #[test]
    fn a_resource_is_defined_once_per_file() {
        let update = StateUpdate { key: b"k".as_slice().into(), value: Some(b"v".to_vec()) };
        let removal = StateUpdate { key: b"gone".as_slice().into(), value: None };
        let (mut known, mut resources) = (Definitions::default(), Resources::default());
        for (first, names) in [(1, ["a", "b"]), (3, ["b", "c"]), (5, ["c", "a"])] {
            let batches = [batch(names[0], first), batch(names[1], first + 1)];
            let (mut definitions, mut payload) = (Vec::new(), Vec::new());
            encode(
                &[&update, &removal],
                &[&batches[0], &batches[1]],
                &mut known,
                &mut definitions,
                &mut payload,
            );
            assert_eq!(definitions.is_empty(), first == 5);
            if !definitions.is_empty() {
                resources.define(&definitions).unwrap();
            }
            let commit = decode(&payload, first, 2, &resources).unwrap();
            assert_eq!(commit.batches, batches);
            assert_eq!(commit.updates, [update.clone(), removal.clone()]);
            assert!(decode(&payload, first, 3, &resources).is_err());
        }
    }

    #[test]
    fn rows_outlive_the_loss_of_their_definition() {
        let (mut known, mut definitions, mut payload) = (Definitions::default(), Vec::new(), Vec::new());
        encode(&[], &[&batch("a", 1)], &mut known, &mut definitions, &mut payload);
        let commit = decode(&payload, 1, 1, &Resources::default()).unwrap();
        assert_eq!(commit.batches[0].body(0), b"hello");
        assert!(commit.batches[0].resource().get("logboom.resource").is_some());
    }

    #[test]
    fn hostile_definitions_are_refused() {
        for bytes in [
            &b""[..],
            &[0, 9],
            &[0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0],
            &[0, 1, 1, 1, 0xff, 1, b'a'],
            &[0, 1, 0, 7],
        ] {
            assert!(Resources::default().define(bytes).is_err(), "{bytes:?}");
        }
    }
}
