//! What a search may ask of the filters of a segment, and the set of blocks that are left.
//!
//! A probe is a necessary condition: a block that does not meet it holds no match. It never says that one does.

/// A necessary condition on the text of a block: its bodies, its source attributes and the unescaped strings of its
/// JSON bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// Nothing is known: every block is left.
    Any,
    /// Nothing can match: no block is left.
    Nothing,
    /// All of these.
    And(Vec<Probe>),
    /// At least one of these.
    Or(Vec<Probe>),
    /// This text occurs in one record, in any case. Folded by [`logboom_model::tokens::fold`].
    Text(Box<[u8]>),
    /// This whole token of [`logboom_model::tokens::tokens`] occurs, in any case. Folded.
    Token(Box<[u8]>),
}

/// A set of the blocks of one part of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockSet {
    words: Vec<u64>,
    len: usize,
}

impl BlockSet {
    /// Every block of so many.
    pub fn all(len: usize) -> Self {
        let mut set = Self { words: vec![u64::MAX; len.div_ceil(64)], len };
        if let Some(last) = set.words.last_mut().filter(|_| !len.is_multiple_of(64)) {
            *last = (1 << (len % 64)) - 1;
        }
        set
    }

    /// No block of so many.
    pub fn none(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    /// Of how many blocks this is a set.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds no block.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// How many blocks it holds.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether it holds a block.
    pub fn contains(&self, block: usize) -> bool {
        self.words.get(block / 64).is_some_and(|word| word >> (block % 64) & 1 == 1)
    }

    /// Takes a block out.
    pub fn remove(&mut self, block: usize) {
        if let Some(word) = self.words.get_mut(block / 64) {
            *word &= !(1 << (block % 64));
        }
    }

    /// Puts a block in; one beyond its length is left out.
    pub fn insert(&mut self, block: usize) {
        if block < self.len {
            self.words[block / 64] |= 1 << (block % 64);
        }
    }

    /// Keeps what both hold.
    pub fn intersect(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    /// Adds what the other holds.
    pub fn unite(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// The bits, 64 blocks a word, lowest bit first.
    pub fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// The blocks, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len).filter(|&block| self.contains(block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_stay_within_their_length() {
        for len in [0, 1, 63, 64, 65, 130] {
            let all = BlockSet::all(len);
            assert_eq!((all.count(), all.iter().count(), all.contains(len)), (len, len, false));
            let mut set = BlockSet::none(len);
            set.insert(len);
            assert!(set.is_empty());
            set.unite(&all);
            assert_eq!(set, all);
            set.remove(0);
            assert_eq!(set.count(), len.saturating_sub(1));
        }
    }
}
