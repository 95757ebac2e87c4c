//! Ascending numbers as Rice codes of their gaps: what remains after removing all of what sorting knows.
//!
//! A code is the gap's upper bits in unary, ones then a zero, and its lower `bits` bits; bits of a byte lowest first.
//! The last byte is filled up with ones, which no code ends with, so that the bytes need no count.

/// Appends bits to bytes.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    word: u64,
    used: u32,
    bits: u32,
    /// One more than the last number.
    next: u32,
}

impl<'a> Writer<'a> {
    /// Writes behind what is there; lower parts have `bits` bits, at most 24.
    pub(super) fn new(out: &'a mut Vec<u8>, bits: u8) -> Self {
        Self { out, word: 0, used: 0, bits: u32::from(bits), next: 0 }
    }

    /// Writes a number that is larger than the last one.
    pub(super) fn put(&mut self, number: u32) {
        let gap = number - self.next;
        self.next = number + 1;
        let mut ones = gap >> self.bits;
        while ones >= 16 {
            self.put_bits(0xffff, 16);
            ones -= 16;
        }
        let lower = u64::from(gap) & ((1 << self.bits) - 1);
        self.put_bits(((1 << ones) - 1) | (lower << (ones + 1)), ones + 1 + self.bits);
    }

    /// Writes at most 56 bits.
    fn put_bits(&mut self, value: u64, count: u32) {
        self.word |= value << self.used;
        self.used += count;
        let bytes = self.used / 8;
        self.out.extend_from_slice(&self.word.to_le_bytes()[..bytes as usize]);
        self.word = self.word.checked_shr(bytes * 8).unwrap_or(0);
        self.used %= 8;
    }

    /// Fills up the last byte.
    pub(super) fn finish(mut self) {
        if self.used > 0 {
            self.put_bits((1 << (8 - self.used)) - 1, 8 - self.used);
        }
    }
}

/// The numbers that a [`Writer`] wrote. Ends where the bytes or the range of numbers do.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    word: u64,
    left: u32,
    bits: u32,
    next: u64,
}

impl<'a> Reader<'a> {
    /// Reads the bytes of one [`Writer`].
    pub(super) fn new(bytes: &'a [u8], bits: u8) -> Self {
        Self { rest: bytes, word: 0, left: 0, bits: u32::from(bits), next: 0 }
    }

    /// Has more than 56 bits at hand, where there are so many.
    fn fill(&mut self) {
        while let (true, Some((&byte, rest))) = (self.left <= 56, self.rest.split_first()) {
            self.word |= u64::from(byte) << self.left;
            self.left += 8;
            self.rest = rest;
        }
    }

    fn skip(&mut self, count: u32) {
        self.word >>= count;
        self.left -= count;
    }
}

impl Iterator for Reader<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let mut gap = 0_u64;
        loop {
            self.fill();
            let ones = self.word.trailing_ones().min(self.left);
            gap += u64::from(ones);
            if ones == self.left && self.rest.is_empty() {
                return None;
            }
            // Less than 64: what is not at hand is zero, and at most 64 bits are.
            if ones < self.left {
                self.skip(ones);
                self.skip(1);
                break;
            }
            (self.word, self.left) = (0, 0);
        }
        self.fill();
        if self.left < self.bits {
            return None;
        }
        gap = gap << self.bits | self.word & ((1 << self.bits) - 1);
        self.skip(self.bits);
        let number = self.next + gap;
        self.next = number + 1;
        u32::try_from(number).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(numbers: &[u32], bits: u8) {
        let mut out = vec![1];
        let mut writer = Writer::new(&mut out, bits);
        numbers.iter().for_each(|&number| writer.put(number));
        writer.finish();
        assert_eq!(Reader::new(&out[1..], bits).collect::<Vec<_>>(), numbers);
    }

    #[test]
    fn long_gaps_come_back() {
        check(&[], 3);
        check(&[0], 0);
        for ones in 0..200 {
            check(&[3, 5 + (ones << 3), 6 + (ones << 3), u32::from(u16::MAX)], 3);
        }
    }

    proptest! {
        #[test]
        fn numbers_come_back(mut numbers in prop::collection::vec(0_u32..1 << 20, 0..300), bits in 8_u8..=16) {
            numbers.sort_unstable();
            numbers.dedup();
            check(&numbers, bits);
        }

        #[test]
        fn hostile_bytes_end(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(255)], 0..100), bits in 0_u8..=24,
        ) {
            let numbers: Vec<_> = Reader::new(&bytes, bits).collect();
            prop_assert!(numbers.is_sorted_by(|left, right| left < right));
            prop_assert!(numbers.len() <= bytes.len() * 8);
        }
    }
}
