//! Names of the source, which hide the same names of the body.

use std::collections::HashSet;

use super::path::same_folded;

/// Up to so many names are compared one by one; sources seldom send more.
const COMPARED_MAX: usize = 16;

/// Folded names of one record.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    /// The first few, one behind the other.
    names: Vec<u8>,
    ends: Vec<usize>,
    /// The others, folded.
    more: HashSet<Box<[u8]>>,
}

impl Hidden {
    pub(super) fn clear(&mut self) {
        self.names.clear();
        self.ends.clear();
        self.more.clear();
    }

    pub(super) fn add(&mut self, name: &[u8]) {
        if self.ends.len() < COMPARED_MAX {
            self.names.extend_from_slice(name);
            self.ends.push(self.names.len());
        } else {
            self.more.insert(fold(name));
        }
    }

    pub(super) fn has(&self, name: &[u8]) -> bool {
        let mut start = 0;
        let is_compared = self.ends.iter().any(|&end| {
            let same = same_folded(&self.names[start..end], name);
            start = end;
            same
        });
        is_compared || !self.more.is_empty() && self.more.contains(&fold(name))
    }
}

fn fold(name: &[u8]) -> Box<[u8]> {
    name.iter().map(|&byte| if byte == b'.' { b'_' } else { byte }).collect()
}
