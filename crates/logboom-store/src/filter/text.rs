//! Text made ready for the filters: folded, with gaps between texts, its shape, and marks where tokens are.
//!
//! A trigram or a token never crosses a gap. Every byte that is not ASCII, or is NUL, becomes one: trigrams and tokens
//! that touch such bytes are neither kept nor asked. The shape is the folded text with every digit taken for `0` and
//! every byte that is no part of a token, gaps too, for a space.

/// The byte of a gap.
pub(super) const GAP: u8 = 0;
/// Bytes behind a text at least, so that a load of a word that begins in it ends in them.
const PADDING: usize = 8;
/// Bytes whose marks make up one word.
const WORD: usize = 64;

/// The shape of a folded byte.
pub(super) fn shape_of(folded: u8) -> u8 {
    match folded {
        b'0'..=b'9' => b'0',
        b'a'..=b'z' | b'_' => folded,
        _ => b' ',
    }
}

/// A buffer of text.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// The text, folded after [`Text::fold`].
    bytes: Vec<u8>,
    /// Its shape.
    shape: Vec<u8>,
    /// Bytes of the text; the rest is padding.
    len: usize,
    /// Marks of bytes that are part of a token, and of digits: one bit a byte, lowest first.
    token: Vec<u64>,
    digit: Vec<u64>,
}

impl Text {
    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Adds a text and a gap.
    pub(super) fn push(&mut self, text: &[u8]) {
        if self.bytes.is_empty() {
            self.bytes.push(GAP);
        }
        self.bytes.extend_from_slice(text);
        self.bytes.push(GAP);
    }

    /// Empties the buffer.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.len = 0;
    }

    /// Gives back memory beyond so many bytes.
    pub(super) fn shrink_to(&mut self, bytes: usize) {
        self.bytes.shrink_to(bytes);
        self.shape.shrink_to(bytes);
    }

    /// Folds and marks what was added.
    pub(super) fn fold(&mut self) {
        self.len = self.bytes.len();
        self.bytes.resize(self.len.next_multiple_of(WORD) + PADDING, GAP);
        self.shape.resize(self.bytes.len(), b' ');
        self.token.clear();
        self.digit.clear();
        let (words, _) = self.bytes.as_chunks_mut::<WORD>();
        let (shapes, _) = self.shape.as_chunks_mut::<WORD>();
        for (bytes, shape) in words.iter_mut().zip(shapes) {
            let (token, digit) = fold_word(bytes, shape);
            self.token.push(token);
            self.digit.push(digit);
        }
    }

    /// The folded text, and at most so many bytes of padding.
    pub(super) fn folded(&self, padding: usize) -> &[u8] {
        &self.bytes[..(self.len + padding).min(self.bytes.len())]
    }

    /// Its shape, likewise.
    pub(super) fn shape(&self, padding: usize) -> &[u8] {
        &self.shape[..(self.len + padding).min(self.shape.len())]
    }

    /// Gives each whole token of at least `length_min` bytes that has a digit. `length_min` is 2 to 64.
    pub(super) fn tokens_with_digit(&self, length_min: u32, mut each: impl FnMut(&[u8])) {
        let (mut done, mut begins_before) = (0, 0);
        for (at, (&token, &digit)) in self.token.iter().zip(&self.digit).enumerate() {
            let next = self.token.get(at + 1).copied().unwrap_or(0);
            let begins = begins(token, next, length_min);
            let mut marks = digit & covered(begins_before, begins, length_min) & from_bit(done, at);
            begins_before = begins;
            while marks != 0 {
                let range = self.run_around(at * WORD + marks.trailing_zeros() as usize);
                done = range.end;
                marks &= from_bit(done, at);
                each(&self.bytes[range]);
            }
        }
    }

    /// The token that a byte is part of.
    fn run_around(&self, at: usize) -> std::ops::Range<usize> {
        let (word, bit) = (at / WORD, at % WORD);
        let mut start = at + 1 - (self.token[word] << (WORD - 1 - bit)).leading_ones() as usize;
        while start > 0 && start.is_multiple_of(WORD) {
            let ones = self.token[start / WORD - 1].leading_ones() as usize;
            start -= ones;
            if ones < WORD {
                break;
            }
        }
        let mut end = at + (self.token[word] >> bit).trailing_ones() as usize;
        while end.is_multiple_of(WORD) && end / WORD < self.token.len() {
            let ones = self.token[end / WORD].trailing_ones() as usize;
            end += ones;
            if ones < WORD {
                break;
            }
        }
        start..end
    }
}

/// Marks where `length` marked bytes begin; `next` is the word after.
fn begins(word: u64, next: u64, length: u32) -> u64 {
    let (mut all, mut covered) = (pair(word, next), 1);
    while covered < length {
        let step = covered.min(length - covered);
        all &= all >> step;
        covered += step;
    }
    all as u64
}

/// Marks the `length` bytes from each mark on; `before` is the word before.
fn covered(before: u64, word: u64, length: u32) -> u64 {
    let (mut all, mut covered) = (pair(before, word), 1);
    while covered < length {
        let step = covered.min(length - covered);
        all |= all << step;
        covered += step;
    }
    (all >> 64) as u64
}

/// The bits of a word from a byte of the text on.
fn from_bit(byte: usize, word: usize) -> u64 {
    u64::MAX.checked_shl(byte.saturating_sub(word * WORD) as u32).unwrap_or(0)
}

/// Two words as one, the first in the low bits.
fn pair(first: u64, second: u64) -> u128 {
    u128::from(second) << 64 | u128::from(first)
}

/// Folds the bytes, writes their shape and tells which are part of a token and which are digits.
fn fold_word(bytes: &mut [u8; WORD], shape: &mut [u8; WORD]) -> (u64, u64) {
    let mut marks = [0_u8; WORD];
    for ((byte, shape), mark) in bytes.iter_mut().zip(shape).zip(&mut marks) {
        // Without branches, so that it becomes a few instructions for all of them.
        let upper = byte.wrapping_sub(b'A') < 26;
        let folded = *byte | u8::from(upper) << 5;
        let folded = if folded < 0x80 { folded } else { GAP };
        let digit = folded.wrapping_sub(b'0') < 10;
        let letter = (folded.wrapping_sub(b'a') < 26) | (folded == b'_');
        *byte = folded;
        *shape = if letter {
            folded
        } else if digit {
            b'0'
        } else {
            b' '
        };
        *mark = u8::from(letter | digit) | u8::from(digit) << 1;
    }
    (gather(&marks, 0), gather(&marks, 1))
}

/// One bit of each byte.
fn gather(marks: &[u8; WORD], bit: u32) -> u64 {
    let (eights, _) = marks.as_chunks::<8>();
    eights.iter().enumerate().fold(0, |word, (at, eight)| {
        let lowest = u64::from_le_bytes(*eight) >> bit & 0x0101_0101_0101_0101;
        // The sum of the products has each byte's bit in the highest byte.
        word | (lowest.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * at)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fold_byte(byte: u8) -> u8 {
        match byte {
            b'A'..=b'Z' => byte | 0x20,
            0x80.. => GAP,
            _ => byte,
        }
    }

    fn naive(texts: &[Vec<u8>], length_min: usize) -> Vec<Vec<u8>> {
        texts
            .iter()
            .flat_map(|text| {
                text.split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))
                    .filter(|token| token.len() >= length_min && token.iter().any(u8::is_ascii_digit))
                    .map(<[u8]>::to_ascii_lowercase)
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    fn check(texts: &[Vec<u8>], length_min: u32) {
        let mut text = Text::default();
        texts.iter().for_each(|bytes| text.push(bytes));
        text.fold();
        let mut found = Vec::new();
        text.tokens_with_digit(length_min, |token| found.push(token.to_vec()));
        assert_eq!(found, naive(texts, length_min as usize));
        let expected: Vec<u8> = std::iter::once(GAP)
            .chain(texts.iter().flat_map(|text| text.iter().map(|&byte| fold_byte(byte)).chain([GAP])))
            .collect();
        if !texts.is_empty() {
            assert_eq!(text.folded(0), expected);
            assert_eq!(text.shape(0), expected.iter().map(|&byte| shape_of(byte)).collect::<Vec<_>>());
            assert_eq!(text.shape(PADDING).len(), expected.len() + PADDING);
        }
    }

    #[test]
    fn tokens_at_the_edges_of_words_are_found() {
        for before in 50..70 {
            for length in [5, 6, 7, 63, 64, 65, 127, 128, 129, 200] {
                for digit in [0, length / 2, length - 1] {
                    let mut token = vec![b'x'; length];
                    token[digit] = b'7';
                    check(&[[vec![b' '; before], token].concat()], 6);
                }
            }
        }
    }

    #[test]
    fn texts_are_not_joined() {
        check(&[b"abc123".to_vec(), b"456def".to_vec(), vec![], b"12345".to_vec(), b"6".to_vec()], 6);
        check(&["é123456ü abc\u{0}123456".into(), b"ABC_12 AB\xffC12345".to_vec()], 6);
    }

    proptest! {
        #[test]
        fn tokens_are_those_of_a_naive_split(
            texts in prop::collection::vec(prop::collection::vec(
                prop_oneof![4 => Just(b'A'), 4 => b'0'..=b'9', 2 => Just(b' '), 1 => any::<u8>()], 0..100), 0..12),
            length_min in 2_u32..20,
        ) {
            check(&texts, length_min);
        }
    }
}
