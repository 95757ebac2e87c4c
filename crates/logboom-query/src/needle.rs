//! Finds ASCII text in any case, anywhere in a buffer of many bodies, at memory speed.
//!
//! Two bytes of the needle, the rarest in log text, are compared at 64 places at once in plain loops that the
//! compiler turns into vector instructions; what survives is verified. Needles without letters go to `memmem`.

use memchr::memmem;

/// Places tested at once.
const BLOCK: usize = 64;

/// A folded ASCII needle.
#[derive(Debug, Clone)]
pub(crate) struct Needle {
    folded: Box<[u8]>,
    how: How,
}

#[derive(Debug, Clone)]
enum How {
    /// No letters: case does not matter.
    Plain(Box<memmem::Finder<'static>>),
    Probes([Probe; 2]),
}

/// One byte of the needle: matches where `(byte | mask) == folded`, which for letters lets a few others through.
#[derive(Debug, Clone, Copy)]
struct Probe {
    offset: usize,
    folded: u8,
    mask: u8,
}

impl Needle {
    /// A needle of folded ASCII, not empty.
    pub(crate) fn new(folded: &[u8]) -> Self {
        let how = if folded.iter().any(u8::is_ascii_alphabetic) {
            How::Probes(probes(folded))
        } else {
            How::Plain(Box::new(memmem::Finder::new(folded).into_owned()))
        };
        Self { folded: folded.into(), how }
    }

    pub(crate) fn len(&self) -> usize {
        self.folded.len()
    }

    /// Where the needle first stands at or behind `from`.
    pub(crate) fn find(&self, haystack: &[u8], from: usize) -> Option<usize> {
        match &self.how {
            How::Plain(finder) => finder.find(haystack.get(from..)?).map(|at| from + at),
            How::Probes(probes) => self.find_in_blocks(haystack, from, probes),
        }
    }

    fn find_in_blocks(&self, haystack: &[u8], from: usize, [one, two]: &[Probe; 2]) -> Option<usize> {
        let mut at = from;
        let span = BLOCK + one.offset.max(two.offset);
        while let Some(window) = haystack.get(at..).filter(|rest| rest.len() >= span) {
            let (first, second) = (window[one.offset..].first_chunk()?, window[two.offset..].first_chunk()?);
            if any_hit(first, second, one, two) {
                let hit = (0..BLOCK).find(|&index| {
                    one.hits(first[index]) && two.hits(second[index]) && self.stands_at(haystack, at + index)
                });
                if let Some(index) = hit {
                    return Some(at + index);
                }
            }
            at += BLOCK;
        }
        let last = haystack.len().checked_sub(self.folded.len())?;
        (at..=last).find(|&at| one.hits(haystack[at + one.offset]) && self.stands_at(haystack, at))
    }

    fn stands_at(&self, haystack: &[u8], at: usize) -> bool {
        haystack.get(at..at + self.folded.len()).is_some_and(|text| text.eq_ignore_ascii_case(&self.folded))
    }
}

impl Probe {
    fn new(folded: &[u8], offset: usize) -> Self {
        let byte = folded[offset];
        Self { offset, folded: byte, mask: if byte.is_ascii_alphabetic() { 0x20 } else { 0 } }
    }

    fn hits(&self, byte: u8) -> bool {
        byte | self.mask == self.folded
    }
}

/// Whether both probes hit at some place of the block. Without early exit, so that it becomes vector code.
fn any_hit(first: &[u8; BLOCK], second: &[u8; BLOCK], one: &Probe, two: &Probe) -> bool {
    let mut any = 0;
    for (a, b) in first.iter().zip(second) {
        any |= u8::from(one.hits(*a)) & u8::from(two.hits(*b));
    }
    any != 0
}

/// The two rarest bytes of the needle; the same one twice when it has but one.
fn probes(folded: &[u8]) -> [Probe; 2] {
    let rarity =
        |offset: usize| COMMON.iter().position(|&byte| byte == folded[offset]).unwrap_or(COMMON.len());
    let best = |not: Option<usize>| {
        let mut candidates: Vec<usize> = (0..folded.len()).filter(|&offset| Some(offset) != not).collect();
        // The last of equals: the needle's start is what many words share.
        candidates.sort_by_key(|&offset| rarity(offset));
        candidates.last().copied()
    };
    let one = best(None).unwrap_or(0);
    let two = best(Some(one)).unwrap_or(one);
    [Probe::new(folded, one), Probe::new(folded, two)]
}

/// Bytes of log text, folded, most common first (counted over the loghub samples); all others are rarer.
const COMMON: &[u8] = b" e0o1rtansi:2cd.l54um83p796-fhkb[]g/w_v=yx,j()zq@$";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive(haystack: &[u8], needle: &[u8], from: usize) -> Option<usize> {
        let last = haystack.len().checked_sub(needle.len())?;
        (from..=last).find(|&at| haystack[at..at + needle.len()].eq_ignore_ascii_case(needle))
    }

    #[test]
    fn letters_in_any_case_and_nothing_that_only_shares_bits() {
        let needle = Needle::new(b"a[b");
        assert_eq!(needle.find(b"..A{b A[B", 0), Some(6));
        assert_eq!(Needle::new(b"@").find(b"`@", 0), Some(1));
        assert_eq!(Needle::new(b"k").find("\u{212a}".as_bytes(), 0), None);
        assert_eq!(needle.find(b"a[b", 1), None);
        assert_eq!(needle.find(b"", 5), None);
    }

    proptest! {
        #[test]
        fn finds_what_a_naive_search_finds(
            haystack in "[aAbBxX@`{\\[0 ]{0,300}",
            needle in "[abx@`{\\[0 ]{1,4}",
            from in 0_usize..80,
        ) {
            let (haystack, needle) = (haystack.as_bytes(), needle.as_bytes());
            prop_assert_eq!(Needle::new(needle).find(haystack, from), naive(haystack, needle, from));
        }
    }
}
