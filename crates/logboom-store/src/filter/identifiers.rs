//! Which identifier-like tokens a block has: tokens with a digit and at least six bytes, as hashes.
//!
//! All blocks of a segment share one sorted list of pairs (place of the hash, block), written as gaps: a pair costs
//! about one and a half bits more than the false-positive rate demands, whatever number of tokens a block has, and a
//! question reads one page. A hash falls into one of the buckets, within it to one of its places, and the page of the
//! bucket begins with where its buckets end.

use xxhash_rust::xxh3::xxh3_64;

use super::rice;
use crate::BlockSet;

/// Bytes of an identifier at least: shorter ones are in nearly every block.
pub(super) const IDENTIFIER_LEN_MIN: u32 = 6;
/// Buckets of a page: with their pairs less than 4 KiB.
pub(super) const BUCKETS_OF_PAGE: usize = 16;
/// Pairs of a bucket, about: what one question decodes.
const PAIRS_OF_BUCKET: usize = 128;
/// Mean gap between pairs is two to this: one in so many blocks is a false positive …
const GAP_BITS_MAX: u8 = 10;
/// … and at least to this, when there are very many.
const GAP_BITS_MIN: u8 = 6;
/// Bits of a pair beyond those of its gap, times 8.
const OVERHEAD_BITS_TIMES_8: usize = 15;
/// Gaps shrink when the pairs would take more than one in so many bytes of text.
const TEXT_SHARE: usize = 40;
/// Bytes of a page at most, so that its length with a checksum is 16 bits; a larger one is left out, says nothing.
const PAGE_LEN_MAX: usize = u16::MAX as usize - 4;
/// So many are always kept.
const FEW_IDENTIFIERS: usize = 64;
/// Hashes seen lately.
const LATELY: usize = 1 << 12;
/// Bits by which hashes are sorted at a time.
const DIGIT_BITS: u32 = 11;
const DIGITS: usize = 1 << DIGIT_BITS;
/// Identifiers of a block are not kept if there is more than one in so many bytes of text: bounds memory and size.
const TEXT_PER_IDENTIFIER_MIN: usize = 12;

/// Whether a folded token is kept here.
pub(super) fn is_identifier(token: &[u8]) -> bool {
    token.len() >= IDENTIFIER_LEN_MIN as usize
        && token.iter().all(|&byte| byte == b'_' || byte.is_ascii_alphanumeric())
        && token.iter().any(u8::is_ascii_digit)
}

/// The hash of a folded token: the upper half of its XXH3, and one for zero.
pub(super) fn hash(token: &[u8]) -> u32 {
    ((xxh3_64(token) >> 32) as u32).max(1)
}

/// How hashes are spread over buckets and places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spread {
    /// Buckets, at least one.
    pub(super) buckets: u32,
    /// Places of a bucket, at least one.
    pub(super) places: u32,
    /// Blocks, at least one. Places times blocks are less than 2³¹.
    pub(super) blocks: u32,
    /// Lower bits of a gap's code.
    pub(super) gap_bits: u8,
}

impl Spread {
    fn new(pairs: usize, blocks: usize, text_bytes: usize) -> Self {
        let mut gap_bits = GAP_BITS_MAX;
        while gap_bits > GAP_BITS_MIN
            && pairs * (usize::from(gap_bits) * 8 + OVERHEAD_BITS_TIMES_8) / 64 > text_bytes / TEXT_SHARE
        {
            gap_bits -= 1;
        }
        let buckets = pairs.div_ceil(PAIRS_OF_BUCKET).max(1);
        let places = (pairs << gap_bits).div_ceil(buckets * blocks).max(1);
        Self { buckets: buckets as u32, places: places as u32, blocks: blocks as u32, gap_bits }
    }

    /// The bucket of a hash, and the first of its pairs' numbers in it.
    fn find(&self, hash: u32) -> (usize, u32) {
        let scaled = u64::from(hash) * u64::from(self.buckets);
        let place = ((scaled & u64::from(u32::MAX)) * u64::from(self.places)) >> 32;
        ((scaled >> 32) as usize, place as u32 * self.blocks)
    }

    /// How many pages the buckets take.
    pub(super) fn pages(&self) -> usize {
        (self.buckets as usize).div_ceil(BUCKETS_OF_PAGE)
    }

    /// How many buckets a page has.
    fn buckets_of(&self, page: usize) -> usize {
        (self.buckets as usize - page * BUCKETS_OF_PAGE).min(BUCKETS_OF_PAGE)
    }

    /// The page that knows of a token.
    pub(super) fn page_of(&self, hash: u32) -> usize {
        self.find(hash).0 / BUCKETS_OF_PAGE
    }

    /// The blocks that may have a token, from its page; none if the page is damaged.
    pub(super) fn blocks_of(&self, hash: u32, page: &[u8]) -> Option<BlockSet> {
        let (bucket, first) = self.find(hash);
        let (at, count) = (bucket % BUCKETS_OF_PAGE, self.buckets_of(bucket / BUCKETS_OF_PAGE));
        let end_of =
            |at: usize| Some(usize::from(u16::from_le_bytes([*page.get(2 * at)?, *page.get(2 * at + 1)?])));
        let start = if at == 0 { 2 * count } else { end_of(at - 1)? };
        let mut set = BlockSet::none(self.blocks as usize);
        for number in rice::Reader::new(page.get(start..end_of(at)?)?, self.gap_bits) {
            if number >= first + self.blocks {
                break;
            }
            if number >= first {
                set.insert((number - first) as usize);
            }
        }
        Some(set)
    }
}

/// Collects the identifiers of a block, then of all blocks.
#[derive(Debug)]
pub(super) struct Identifiers {
    /// Hashes seen lately, one for each of their lowest bits: what a log says in every line is taken once.
    lately: Box<[u32; LATELY]>,
    /// Hashes of the open block, some of them more than once.
    open: Vec<u32>,
    /// Room to sort them.
    room: Vec<u32>,
    /// Hashes of the closed blocks, block after block, each once and sorted: four bytes for at least twelve of text.
    hashes: Vec<u32>,
    /// Where the hashes of each closed block end.
    ends: Vec<usize>,
    /// Closed blocks whose identifiers were too many to be kept.
    unkept: Vec<usize>,
}

impl Default for Identifiers {
    fn default() -> Self {
        Self {
            lately: Box::new([0; LATELY]),
            open: Vec::new(),
            room: Vec::new(),
            hashes: Vec::new(),
            ends: Vec::new(),
            unkept: Vec::new(),
        }
    }
}

impl Identifiers {
    /// Adds a folded token of the open block.
    pub(super) fn add(&mut self, token: &[u8]) {
        let hash = hash(token);
        let last = &mut self.lately[hash as usize % LATELY];
        if *last != hash {
            *last = hash;
            self.open.push(hash);
        }
    }

    /// Closes the open block, which had so many bytes of text.
    pub(super) fn end_block(&mut self, text_bytes: usize) {
        sort(&mut self.open, &mut self.room);
        self.open.dedup();
        if self.open.len() > text_bytes / TEXT_PER_IDENTIFIER_MIN + FEW_IDENTIFIERS {
            self.unkept.push(self.ends.len());
        } else {
            self.hashes.extend_from_slice(&self.open);
        }
        self.ends.push(self.hashes.len());
        self.open.clear();
        self.lately.fill(0);
    }

    /// One bit per block whose identifiers were not kept.
    pub(super) fn unkept(&self) -> Vec<u8> {
        let mut bits = vec![0; self.ends.len().div_ceil(8)];
        for block in &self.unkept {
            bits[block / 8] |= 1 << (block % 8);
        }
        bits
    }

    /// The pages, and how hashes are spread over them. A page that would be too large is empty.
    pub(super) fn pages(&self, text_bytes: usize) -> (Spread, Vec<Vec<u8>>) {
        let spread = Spread::new(self.hashes.len(), self.ends.len().max(1), text_bytes);
        let (numbers, ends) = self.by_bucket(&spread);
        let mut start = 0;
        let pages = ends.chunks(BUCKETS_OF_PAGE).map(|ends| {
            let page = encode_page(&numbers, start, ends, spread.gap_bits);
            start = ends.last().copied().unwrap_or(start);
            page
        });
        (spread, pages.collect())
    }

    /// The pairs' numbers within their buckets, bucket after bucket, and where each bucket ends.
    fn by_bucket(&self, spread: &Spread) -> (Vec<u32>, Vec<usize>) {
        let mut ends = vec![0; spread.buckets as usize];
        for &hash in &self.hashes {
            ends[spread.find(hash).0] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            let count = *end;
            *end = sum;
            sum += count;
        }
        let mut numbers = vec![0; self.hashes.len()];
        let mut start = 0;
        for (block, &end) in self.ends.iter().enumerate() {
            for &hash in &self.hashes[start..end] {
                let (bucket, first) = spread.find(hash);
                numbers[ends[bucket]] = first + block as u32;
                ends[bucket] += 1;
            }
            start = end;
        }
        let mut start = 0;
        for &end in &ends {
            numbers[start..end].sort_unstable();
            start = end;
        }
        (numbers, ends)
    }
}

/// Sorts hashes by their bytes' worth of digits, lowest first; `room` is as large afterwards.
fn sort(hashes: &mut Vec<u32>, room: &mut Vec<u32>) {
    if hashes.len() < FEW_IDENTIFIERS {
        hashes.sort_unstable();
        return;
    }
    let mut ends = [[0_usize; DIGITS]; u32::BITS.div_ceil(DIGIT_BITS) as usize];
    for hash in &*hashes {
        for (at, ends) in ends.iter_mut().enumerate() {
            ends[digit(*hash, at)] += 1;
        }
    }
    room.clear();
    room.resize(hashes.len(), 0);
    for (at, starts) in ends.iter_mut().enumerate() {
        let mut sum = 0;
        for start in starts.iter_mut() {
            sum += std::mem::replace(start, sum);
        }
        for &hash in &*hashes {
            let start = &mut starts[digit(hash, at)];
            room[*start] = hash;
            *start += 1;
        }
        std::mem::swap(hashes, room);
    }
}

fn digit(hash: u32, at: usize) -> usize {
    (hash >> (DIGIT_BITS * at as u32)) as usize % DIGITS
}

fn encode_page(numbers: &[u32], mut start: usize, ends: &[usize], gap_bits: u8) -> Vec<u8> {
    let mut page = vec![0; 2 * ends.len()];
    for (at, &end) in ends.iter().enumerate() {
        let mut writer = rice::Writer::new(&mut page, gap_bits);
        let mut last = None;
        // Two hashes of one block can share a place.
        for &number in &numbers[start..end] {
            if last.replace(number) != Some(number) {
                writer.put(number);
            }
        }
        writer.finish();
        start = end;
        if page.len() > PAGE_LEN_MAX {
            return Vec::new();
        }
        let len = (page.len() as u16).to_le_bytes();
        page[2 * at..2 * at + 2].copy_from_slice(&len);
    }
    page
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_that_is_too_large_says_nothing() {
        let numbers: Vec<u32> = (0..100_000).map(|number| number * 3_000).collect();
        assert!(encode_page(&numbers, 0, &[numbers.len()], GAP_BITS_MAX).is_empty());
        assert!(!encode_page(&numbers, 0, &[1_000], GAP_BITS_MAX).is_empty());
    }

    proptest! {
        #[test]
        fn hashes_are_sorted(mut hashes in prop::collection::vec(any::<u32>(), 0..500), shift in 0..32_u32) {
            hashes.iter_mut().for_each(|hash| *hash >>= shift);
            let mut sorted = hashes.clone();
            sorted.sort_unstable();
            sort(&mut hashes, &mut vec![7]);
            prop_assert_eq!(hashes, sorted);
        }
    }
}
