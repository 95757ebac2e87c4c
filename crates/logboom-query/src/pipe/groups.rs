//! Groups by key, within limits. What finds no room is counted together, and what is shown is exact: a group that
//! part of its records may have missed is never shown.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::pipe::cell::Cell;
use crate::pipe::measure::State;
use crate::pipe::room::Room;
use crate::pipe::syntax::Measure;
use crate::pipe::table::Value;

/// What groups without room are shown as.
const OTHER: &str = "(other)";

/// Memory of one group beside its key and states: its place in the map and in the list.
const GROUP_BYTES: usize = 96;

// How the parts of a key begin.
const NULL: u8 = 0;
/// A length of four bytes, then text.
const TEXT: u8 = 1;
/// Eight bytes.
const TIME: u8 = 2;
/// Everything that has no group of its own.
const REST: u8 = 3;

/// A key under construction.
#[derive(Debug, Default)]
pub(crate) struct Key {
    bytes: Vec<u8>,
    parts: u32,
    /// A bit for each part that is text, and not the text of a number.
    textual: u32,
}

impl Key {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        (self.parts, self.textual) = (0, 0);
    }

    pub(crate) fn push(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Null => self.bytes.push(NULL),
            Cell::Time(nanos) => {
                self.bytes.push(TIME);
                self.bytes.extend_from_slice(&nanos.to_le_bytes());
            }
            other => {
                self.bytes.extend_from_slice(&[TEXT, 0, 0, 0, 0]);
                let start = self.bytes.len();
                other.write(&mut self.bytes);
                let length = (self.bytes.len() - start) as u32;
                self.bytes[start - 4..start].copy_from_slice(&length.to_le_bytes());
                self.textual |= u32::from(matches!(other, Cell::Text(_))) << self.parts;
            }
        }
        self.parts += 1;
    }
}

/// The values of a key. A number stays one only where no text was written the same way.
fn values(mut key: &[u8], textual: u32) -> Vec<Value> {
    let mut values = Vec::new();
    while let Some((&kind, rest)) = key.split_first() {
        key = rest;
        values.push(match kind {
            NULL => Value::Null,
            REST => Value::Text(OTHER.to_owned()),
            TIME => {
                let nanos = key.split_first_chunk().map(|(nanos, rest)| {
                    key = rest;
                    i64::from_le_bytes(*nanos)
                });
                nanos.map_or(Value::Null, Value::Time)
            }
            _ => {
                let Some((length, rest)) = key.split_first_chunk() else { break };
                let Some((text, rest)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize) else {
                    break;
                };
                key = rest;
                value(text, textual >> values.len() & 1 == 1)
            }
        });
    }
    values
}

fn value(text: &[u8], textual: bool) -> Value {
    let text = String::from_utf8_lossy(text);
    match text.parse() {
        Ok(integer) if !textual => Value::Integer(integer),
        Err(_) if !textual => text.parse().map_or(Value::Null, Value::Float),
        _ => Value::Text(text.into_owned()),
    }
}

/// Hashes keys with a seed that nobody who writes logs can know: each record is looked up, and XXH3 is several times
/// as fast as the standard hash.
#[derive(Debug, Clone)]
struct Seeded(u64);

impl Default for Seeded {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0))
    }
}

impl BuildHasher for Seeded {
    type Hasher = KeyHasher;

    fn build_hasher(&self) -> KeyHasher {
        KeyHasher(self.0)
    }
}

struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    /// The length before the key adds nothing to it.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// One group.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Group {
    pub(crate) rows: u64,
    textual: u32,
}

/// The place of a group, valid until groups are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    index: usize,
    is_rest: bool,
}

/// All groups of one pipe.
#[derive(Debug)]
pub(crate) struct Groups {
    measures: Vec<Measure>,
    /// Whether the first part of each key is the time of an interval, which the rest is counted by.
    by_time: bool,
    named: Shelf,
    rest: Shelf,
    pub(crate) room: Room,
    /// Room for the intervals of the rest.
    rest_room: Room,
}

/// Groups and their keys.
#[derive(Debug, Default)]
struct Shelf {
    places: HashMap<Box<[u8]>, usize, Seeded>,
    groups: Vec<Group>,
    /// As many for each group as there are measures.
    states: Vec<State>,
}

/// A finished group: its key's values, its rows, its measures.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) key: Vec<Value>,
    pub(crate) rows: u64,
    pub(crate) measures: Vec<Value>,
}

impl Groups {
    pub(crate) fn new(measures: Vec<Measure>, by_time: bool, room: Room, rest_room: Room) -> Self {
        Self { measures, by_time, named: Shelf::default(), rest: Shelf::default(), room, rest_room }
    }

    /// The group of a key, which is made where there is room.
    pub(crate) fn place(&mut self, key: &Key) -> Place {
        let place = match self.named.places.get(&*key.bytes) {
            Some(&index) => Place { index, is_rest: false },
            None => self.new_place(key),
        };
        self.shelf(place.is_rest).groups[place.index].textual |= key.textual;
        place
    }

    fn new_place(&mut self, key: &Key) -> Place {
        let bytes = GROUP_BYTES + key.bytes.len() + self.measures.len() * size_of::<State>();
        if self.room.take_group(bytes) {
            return Place { index: self.named.insert(&key.bytes, &self.measures), is_rest: false };
        }
        Place { index: self.rest_place(&key.bytes), is_rest: true }
    }

    /// Where what has no group is counted: by interval as long as there is room for that.
    fn rest_place(&mut self, key: &[u8]) -> usize {
        let mut rest = Vec::new();
        let time = key.get(..9).filter(|time| self.by_time && time[0] == TIME);
        if let Some(time) = time.filter(|time| key.len() > time.len()) {
            rest.extend_from_slice(time);
        }
        rest.push(REST);
        if let Some(&index) = self.rest.places.get(&*rest) {
            return index;
        }
        if !self.rest_room.take_group(GROUP_BYTES + rest.len()) {
            rest = vec![REST];
        }
        match self.rest.places.get(&*rest) {
            Some(&index) => index,
            None => self.rest.insert(&rest, &self.measures),
        }
    }

    fn shelf(&mut self, is_rest: bool) -> &mut Shelf {
        if is_rest { &mut self.rest } else { &mut self.named }
    }

    /// Counts rows in a group.
    pub(crate) fn count(&mut self, place: Place, rows: u64) {
        self.shelf(place.is_rest).groups[place.index].rows += rows;
    }

    /// The state of one measure of a group, and the room it may grow in.
    pub(crate) fn state(&mut self, place: Place, measure: usize) -> (&mut State, &mut Room) {
        let shelf = if place.is_rest { &mut self.rest } else { &mut self.named };
        (&mut shelf.states[place.index * self.measures.len() + measure], &mut self.room)
    }

    /// Adds the groups of another worker. A group that one of the two has not, though it left groups out, may lack
    /// records and is counted with the rest.
    pub(crate) fn merge(&mut self, mut other: Self) {
        self.room.note(&other.room);
        let was_full = !self.rest.places.is_empty();
        if !other.rest.places.is_empty() {
            let unsure: Vec<_> = self
                .named
                .places
                .keys()
                .filter(|key| !other.named.places.contains_key(*key))
                .cloned()
                .collect();
            for key in unsure {
                if let Some(index) = self.named.places.remove(&key) {
                    let (group, states) = self.named.take(index, self.measures.len());
                    let index = self.rest_place(&key);
                    self.put(Place { index, is_rest: true }, group, states);
                }
            }
        }
        for (key, index) in std::mem::take(&mut other.named.places) {
            let (group, states) = other.named.take(index, self.measures.len());
            let known = self.named.places.get(&key).copied();
            let place = match known {
                Some(index) => Place { index, is_rest: false },
                None if was_full => Place { index: self.rest_place(&key), is_rest: true },
                None => self.new_place(&Key { bytes: key.into_vec(), parts: 0, textual: 0 }),
            };
            self.put(place, group, states);
        }
        for (key, index) in std::mem::take(&mut other.rest.places) {
            let (group, states) = other.rest.take(index, self.measures.len());
            let index = self.rest_place(&key);
            self.put(Place { index, is_rest: true }, group, states);
        }
    }

    fn put(&mut self, place: Place, group: Group, states: Vec<State>) {
        let known = &mut self.shelf(place.is_rest).groups[place.index];
        known.rows += group.rows;
        known.textual |= group.textual;
        for (measure, state) in states.into_iter().enumerate() {
            let (known, room) = self.state(place, measure);
            known.merge(state, room);
        }
    }

    /// The groups in order of their keys, and what belongs to none of them.
    pub(crate) fn finish(self) -> (Vec<Row>, Vec<Row>) {
        (self.named.finish(&self.measures), self.rest.finish(&self.measures))
    }
}

impl Shelf {
    fn insert(&mut self, key: &[u8], measures: &[Measure]) -> usize {
        let index = self.groups.len();
        self.places.insert(key.into(), index);
        self.groups.push(Group::default());
        self.states.extend(measures.iter().map(|measure| State::new(measure.how)));
        index
    }

    /// Takes the contents of a group, whose place stays empty.
    fn take(&mut self, index: usize, measures: usize) -> (Group, Vec<State>) {
        let states = &mut self.states[index * measures..(index + 1) * measures];
        let states = states.iter_mut().map(|state| std::mem::replace(state, State::Count)).collect();
        (std::mem::take(&mut self.groups[index]), states)
    }

    fn finish(mut self, measures: &[Measure]) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.places.len());
        for (key, index) in std::mem::take(&mut self.places) {
            let (group, states) = self.take(index, measures.len());
            let values_of =
                states.into_iter().zip(measures).map(|(state, measure)| state.value(measure.how, group.rows));
            rows.push(Row {
                key: values(&key, group.textual),
                rows: group.rows,
                measures: values_of.collect(),
            });
        }
        rows.sort_by(|one, two| order(&one.key, &two.key));
        rows
    }
}

/// Lists of values in order, part by part.
pub(crate) fn order(one: &[Value], two: &[Value]) -> std::cmp::Ordering {
    let parts = one.iter().zip(two).map(|(one, two)| one.order(two));
    parts.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
}
