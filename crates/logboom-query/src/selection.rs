//! Which rows of a batch are still in the running: one bit each.

/// A set of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    words: Vec<u64>,
    rows: usize,
}

impl Selection {
    /// Starts over with so many rows, all in or all out.
    pub fn reset(&mut self, rows: usize, all: bool) {
        self.rows = rows;
        self.words.clear();
        self.words.resize(rows.div_ceil(64), if all { u64::MAX } else { 0 });
        if let Some(last) = self.words.last_mut().filter(|_| !rows.is_multiple_of(64)) {
            *last &= (1 << (rows % 64)) - 1;
        }
    }

    /// Number of rows, in or out.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether a row is in.
    pub fn contains(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Puts a row in; rows beyond the end are ignored.
    pub fn insert(&mut self, row: usize) {
        if row < self.rows {
            self.words[row / 64] |= 1 << (row % 64);
        }
    }

    /// Number of rows that are in.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no row is in.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The rows that are in, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest.wrapping_sub(1);
                (bit < 64).then_some(index * 64 + bit)
            })
        })
    }

    /// Keeps the rows that are in and for which `test` holds.
    pub fn retain(&mut self, mut test: impl FnMut(usize) -> bool) {
        for (index, word) in self.words.iter_mut().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                if !test(index * 64 + bit) {
                    *word &= !(1 << bit);
                }
            }
        }
    }

    /// Keeps the rows that are also in `other`.
    pub fn intersect(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(one, two)| *one &= two);
    }

    /// Adds the rows of `other`.
    pub fn unite(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(one, two)| *one |= two);
    }

    /// Takes out the rows of `other`.
    pub fn subtract(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(one, two)| *one &= !two);
    }

    /// Becomes equal to `other` without a new allocation where there is room.
    pub fn copy_from(&mut self, other: &Self) {
        self.rows = other.rows;
        self.words.clear();
        self.words.extend_from_slice(&other.words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_beyond_the_last_are_never_in() {
        for rows in [0, 1, 63, 64, 65, 200] {
            let mut selection = Selection::default();
            selection.reset(rows, true);
            assert_eq!(selection.count(), rows);
            assert_eq!(selection.iter().collect::<Vec<_>>(), (0..rows).collect::<Vec<_>>());
            selection.insert(rows);
            assert!(!selection.contains(rows));
            selection.retain(|row| row % 3 == 0);
            assert_eq!(selection.iter().collect::<Vec<_>>(), (0..rows).step_by(3).collect::<Vec<_>>());
        }
    }
}
