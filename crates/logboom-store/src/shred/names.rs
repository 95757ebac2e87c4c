//! From the name of an attribute to its columns, fast when the next row has its names in the same order.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::plan::{ColumnKind, ColumnPlan};

/// A name that has at least one column.
#[derive(Debug)]
pub(super) struct Entry {
    name: Box<[u8]>,
    /// Index of the column of each [`ColumnKind`].
    pub(super) columns: [Option<u16>; 4],
    /// Which folded name it has.
    pub(super) group: u32,
    /// The entry that followed it last time.
    next: u32,
}

/// What is known about a name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found {
    /// It has columns: an index for [`Names::entry`].
    Entry(u32),
    /// It has none, but another name that is the same when folded has.
    Group(u32),
    /// Neither.
    Nothing,
}

/// Entries that have one folded name.
#[derive(Debug)]
struct Group {
    number: u32,
    members: Vec<u32>,
}

/// All names of a plan.
#[derive(Debug)]
pub(super) struct Names {
    entries: Vec<Entry>,
    /// By folded name.
    groups: HashMap<Box<[u8]>, Group, BuildHasherDefault<NameHasher>>,
    /// The entry found last.
    last: u32,
    first: u32,
    folded: Vec<u8>,
}

impl Names {
    pub(super) fn new(plan: &ColumnPlan) -> Self {
        let mut names =
            Self { entries: Vec::new(), groups: HashMap::default(), last: 0, first: 0, folded: Vec::new() };
        for (index, column) in plan.columns.iter().enumerate() {
            let entry = names.entry_of(column.name.as_bytes());
            names.entries[entry as usize].columns[column.kind as usize] = u16::try_from(index).ok();
        }
        names
    }

    fn entry_of(&mut self, name: &[u8]) -> u32 {
        let number = self.groups.len() as u32;
        let new = || Group { number, members: Vec::new() };
        let Group { number, members } = self.groups.entry(fold(name)).or_insert_with(new);
        if let Some(&entry) = members.iter().find(|&&entry| *self.entries[entry as usize].name == *name) {
            return entry;
        }
        let entry = self.entries.len() as u32;
        members.push(entry);
        self.entries.push(Entry { name: name.into(), columns: [None; 4], group: *number, next: entry });
        entry
    }

    /// How many folded names there are.
    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }

    pub(super) fn entry(&self, index: u32) -> &Entry {
        &self.entries[index as usize]
    }

    /// Begins a row.
    pub(super) fn begin_row(&mut self) {
        self.last = u32::MAX;
    }

    pub(super) fn find(&mut self, name: &[u8]) -> Found {
        let guess = self.entries.get(self.last as usize).map_or(self.first, |last| last.next);
        if self.entries.get(guess as usize).is_some_and(|entry| *entry.name == *name) {
            self.last = guess;
            return Found::Entry(guess);
        }
        self.folded.clear();
        self.folded.extend(name.iter().map(|&byte| if byte == b'.' { b'_' } else { byte }));
        let Some(group) = self.groups.get(self.folded.as_slice()) else { return Found::Nothing };
        let Some(&found) = group.members.iter().find(|&&entry| *self.entries[entry as usize].name == *name)
        else {
            return Found::Group(group.number);
        };
        match self.entries.get_mut(self.last as usize) {
            Some(last) => last.next = found,
            None => self.first = found,
        }
        self.last = found;
        Found::Entry(found)
    }
}

/// A few instructions for each eight bytes. The map holds no more names than a plan has columns, so that names made
/// to collide cost little.
#[derive(Debug, Clone, Copy, Default)]
struct NameHasher(u64);

impl NameHasher {
    fn add(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.add(u64::from_le_bytes(*word)));
        self.add(rest.iter().fold(rest.len() as u64, |word, &byte| word << 8 | u64::from(byte)));
    }

    fn write_usize(&mut self, number: usize) {
        self.add(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

fn fold(name: &[u8]) -> Box<[u8]> {
    name.iter().map(|&byte| if byte == b'.' { b'_' } else { byte }).collect()
}

impl Entry {
    pub(super) fn column(&self, kind: ColumnKind) -> Option<usize> {
        self.columns[kind as usize].map(usize::from)
    }
}
