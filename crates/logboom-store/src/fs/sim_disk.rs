//! What the simulated disk holds: for every file what is durable, what programs see, and what lies between; for
//! every name the same.

use std::collections::BTreeMap;

/// Space is given out in these.
const BLOCK_BYTES: u64 = 4096;
/// A torn write keeps or loses these whole, or ends in the middle of one.
const SECTOR_BYTES: usize = 512;

/// What the name of a directory leads to.
const DIRECTORY: u64 = 0;

/// A small deterministic generator (SplitMix64), so that a failing seed can be run again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

#[derive(Debug, Clone)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Truncate(length) => content.resize(*length, 0),
            Self::Write { offset, bytes } => put(content, *offset, bytes),
        }
    }

    /// As a power loss leaves it: whole, not at all, its beginning, or some of its sectors.
    fn apply_torn(&self, content: &mut Vec<u8>, random: &mut Random) {
        let Self::Write { offset, bytes } = self else {
            if random.below(2) == 0 {
                self.apply(content);
            }
            return;
        };
        match random.below(4) {
            0 => {}
            1 => self.apply(content),
            2 => put(content, *offset, &bytes[..random.below(bytes.len() + 1)]),
            _ => {
                for (index, sector) in bytes.chunks(SECTOR_BYTES).enumerate() {
                    if random.below(2) == 0 {
                        put(content, offset + index * SECTOR_BYTES, sector);
                    }
                }
            }
        }
    }
}

fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

#[derive(Debug, Clone, Default)]
struct Inode {
    durable: Vec<u8>,
    current: Vec<u8>,
    pending: Vec<Change>,
    preallocated: u64,
}

impl Inode {
    fn allocated(&self) -> u64 {
        (self.current.len() as u64).next_multiple_of(BLOCK_BYTES).max(self.preallocated)
    }
}

#[derive(Debug, Clone)]
enum NameChange {
    Link { name: String, inode: u64 },
    Unlink { name: String, inode: u64 },
    Rename { from: String, to: String, inode: u64 },
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, u64>) {
        match self {
            Self::Link { name, inode } => {
                names.insert(name.clone(), *inode);
            }
            Self::Unlink { name, inode } => {
                if names.get(name) == Some(inode) {
                    names.remove(name);
                }
            }
            Self::Rename { from, to, inode } => {
                if names.get(from) == Some(inode) {
                    names.remove(from);
                }
                names.insert(to.clone(), *inode);
            }
        }
    }

    /// Makes durable what of it a sync of one directory does; gives back what is left to do.
    fn sync(self, dir: &str, names: &mut BTreeMap<String, u64>) -> Option<Self> {
        let (Self::Link { name, .. } | Self::Unlink { name, .. } | Self::Rename { from: name, .. }) = &self;
        if parent(name) == dir {
            self.apply(names);
            return None;
        }
        match self {
            // The new name is there for sure, the old one may be there still.
            Self::Rename { from, to, inode } if parent(&to) == dir => {
                names.insert(to, inode);
                Some(Self::Unlink { name: from, inode })
            }
            change => Some(change),
        }
    }
}

pub(super) fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// See the top of the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    inodes: BTreeMap<u64, Inode>,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    pending_names: Vec<NameChange>,
    next_inode: u64,
}

impl Disk {
    pub fn lookup(&self, name: &str) -> Option<u64> {
        self.names.get(name).copied().filter(|&inode| inode != DIRECTORY)
    }

    pub fn is_dir(&self, name: &str) -> bool {
        name.is_empty() || self.names.get(name) == Some(&DIRECTORY)
    }

    pub fn create_dir(&mut self, name: &str) -> bool {
        let has_parent = self.is_dir(parent(name));
        if has_parent {
            self.names.insert(name.to_owned(), DIRECTORY);
            self.pending_names.push(NameChange::Link { name: name.to_owned(), inode: DIRECTORY });
        }
        has_parent
    }

    pub fn remove_dir(&mut self, name: &str) {
        self.names.remove(name);
        self.pending_names.push(NameChange::Unlink { name: name.to_owned(), inode: DIRECTORY });
    }

    pub fn create(&mut self, name: &str) -> u64 {
        self.next_inode += 1;
        let inode = self.next_inode;
        self.inodes.insert(inode, Inode::default());
        self.names.insert(name.to_owned(), inode);
        self.pending_names.push(NameChange::Link { name: name.to_owned(), inode });
        inode
    }

    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        let Some(inode) = self.lookup(from) else { return false };
        self.names.remove(from);
        self.names.insert(to.to_owned(), inode);
        self.pending_names.push(NameChange::Rename { from: from.to_owned(), to: to.to_owned(), inode });
        true
    }

    pub fn unlink(&mut self, name: &str) -> bool {
        let Some(inode) = self.lookup(name) else { return false };
        self.names.remove(name);
        self.pending_names.push(NameChange::Unlink { name: name.to_owned(), inode });
        true
    }

    pub fn list(&self, dir: &str) -> Vec<String> {
        let inside = self.names.keys().filter(|name| parent(name) == dir);
        inside.map(|name| name.rsplit('/').next().unwrap_or(name).to_owned()).collect()
    }

    pub fn sync_dir(&mut self, dir: &str) {
        let pending = std::mem::take(&mut self.pending_names).into_iter();
        self.pending_names = pending.filter_map(|change| change.sync(dir, &mut self.durable_names)).collect();
    }

    pub fn content(&self, inode: u64) -> &[u8] {
        self.inodes.get(&inode).map_or(&[], |inode| &inode.current)
    }

    pub fn allocated(&self, inode: u64) -> u64 {
        self.inodes.get(&inode).map_or(0, Inode::allocated)
    }

    /// Bytes of everything that has a name.
    pub fn used(&self) -> u64 {
        let of = |&inode: &u64| if inode == DIRECTORY { BLOCK_BYTES } else { self.allocated(inode) };
        self.names.values().map(of).sum()
    }

    /// Bytes a write up to `end` would add.
    pub fn growth(&self, inode: u64, end: u64) -> u64 {
        end.next_multiple_of(BLOCK_BYTES).saturating_sub(self.allocated(inode))
    }

    pub fn write(&mut self, inode: u64, offset: u64, bytes: &[u8]) {
        if let Some(inode) = self.inodes.get_mut(&inode) {
            let change = Change::Write { offset: offset as usize, bytes: bytes.to_vec() };
            change.apply(&mut inode.current);
            inode.pending.push(change);
        }
    }

    pub fn allocate(&mut self, inode: u64, length: u64) {
        if let Some(inode) = self.inodes.get_mut(&inode) {
            inode.preallocated = inode.preallocated.max(length.next_multiple_of(BLOCK_BYTES));
        }
    }

    pub fn truncate(&mut self, inode: u64, length: u64) {
        if let Some(inode) = self.inodes.get_mut(&inode) {
            let change = Change::Truncate(length as usize);
            change.apply(&mut inode.current);
            inode.pending.push(change);
            inode.preallocated = 0;
        }
    }

    pub fn sync(&mut self, inode: u64) {
        if let Some(inode) = self.inodes.get_mut(&inode) {
            for change in inode.pending.drain(..) {
                change.apply(&mut inode.durable);
            }
        }
    }

    /// A sync that fails: some of the data reach the disk, the rest never will, and nobody is told again.
    pub fn fail_sync(&mut self, inode: u64, random: &mut Random) {
        if let Some(inode) = self.inodes.get_mut(&inode) {
            for change in inode.pending.drain(..) {
                change.apply_torn(&mut inode.durable, random);
            }
        }
    }

    /// Power loss: an arbitrary part of what was not synced is there, contents and names alike.
    pub fn lose_power(&mut self, random: &mut Random) {
        for change in std::mem::take(&mut self.pending_names) {
            if random.below(2) == 0 {
                change.apply(&mut self.durable_names);
            }
        }
        for inode in self.inodes.values_mut() {
            for change in inode.pending.drain(..) {
                change.apply_torn(&mut inode.durable, random);
            }
            inode.current.clone_from(&inode.durable);
        }
        // What lies in a directory whose own name is lost is lost with it.
        loop {
            let before = self.durable_names.len();
            let dirs: Vec<String> = self
                .durable_names
                .iter()
                .filter(|(_, inode)| **inode == DIRECTORY)
                .map(|(name, _)| name.clone())
                .collect();
            self.durable_names
                .retain(|name, _| parent(name).is_empty() || dirs.iter().any(|dir| dir == parent(name)));
            if self.durable_names.len() == before {
                break;
            }
        }
        self.names = self.durable_names.clone();
        self.forget_nameless();
    }

    fn forget_nameless(&mut self) {
        let named: Vec<u64> = self.names.values().copied().collect();
        self.inodes.retain(|inode, _| named.contains(inode));
    }

    /// Replaces a file's bytes, durably: bit rot, or a test's own forgery.
    pub fn set_content(&mut self, name: &str, content: Vec<u8>) {
        let mut dir = parent(name);
        while !dir.is_empty() {
            self.names.insert(dir.to_owned(), DIRECTORY);
            self.durable_names.insert(dir.to_owned(), DIRECTORY);
            dir = parent(dir);
        }
        let inode = self.lookup(name).unwrap_or_else(|| self.create(name));
        self.durable_names.insert(name.to_owned(), inode);
        if let Some(inode) = self.inodes.get_mut(&inode) {
            inode.current = content.clone();
            inode.durable = content;
            inode.pending.clear();
        }
    }
}
