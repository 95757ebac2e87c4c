//! The lines around hits, each printed once however close hits are.

use std::collections::HashSet;

use crate::output::Place;

/// How many lines around each hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Before it.
    pub before: usize,
    /// After it.
    pub after: usize,
}

/// Which lines are hits, and which have been printed.
#[derive(Debug, Default)]
pub struct Around {
    hits: HashSet<u64>,
    printed: HashSet<u64>,
}

impl Around {
    /// For these hits.
    pub fn new(hits: impl IntoIterator<Item = u64>) -> Self {
        Self { hits: hits.into_iter().collect(), printed: HashSet::new() }
    }

    /// Of the lines around one hit, those still to be printed and what each is; and whether they stand apart from
    /// all lines before them.
    pub fn take<T>(&mut self, lines: Vec<(u64, T)>) -> (bool, Vec<(T, Place)>) {
        let all = lines.len();
        let is_first = self.printed.is_empty();
        let mut fresh = Vec::with_capacity(all);
        for (seq, line) in lines {
            if self.printed.insert(seq) {
                let place = if self.hits.contains(&seq) { Place::Hit } else { Place::Around };
                fresh.push((line, place));
            }
        }
        let apart = !is_first && !fresh.is_empty() && fresh.len() == all;
        (apart, fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_that_are_close_share_their_lines() {
        let mut around = Around::new([5, 6, 20]);
        let lines = |seqs: &[u64]| seqs.iter().map(|&seq| (seq, seq)).collect::<Vec<_>>();
        let (apart, fresh) = around.take(lines(&[4, 5, 6]));
        assert_eq!((apart, fresh), (false, vec![(4, Place::Around), (5, Place::Hit), (6, Place::Hit)]));
        let (apart, fresh) = around.take(lines(&[5, 6, 7]));
        assert_eq!((apart, fresh), (false, vec![(7, Place::Around)]));
        let (apart, fresh) = around.take(lines(&[19, 20]));
        assert_eq!((apart, fresh), (true, vec![(19, Place::Around), (20, Place::Hit)]));
        assert_eq!(around.take(lines(&[19, 20])), (false, vec![]));
    }
}
