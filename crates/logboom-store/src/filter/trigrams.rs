//! Which trigrams a block has: a bitmap of slots per block, sliced so that a slot's bits of all blocks lie together.
//!
//! A trigram is three folded bytes of one text, none of them a gap (see `text`). Its slot is a hash of it.

use super::text::GAP;

/// Bits of a slot's number while a segment is built: larger bitmaps prune no better on real lines.
pub(super) const SLOT_BITS_MAX: u8 = 15;
/// Bits of a slot's number at least.
pub(super) const SLOT_BITS_MIN: u8 = 6;
/// Slots while a segment is built.
const SLOTS: usize = 1 << SLOT_BITS_MAX;
/// Bitmaps are halved while no block has more than one in so many slots set: what keeps small segments small.
const FILL_INVERSE: usize = 4;
/// An odd number that spreads 24 bits well; shifted so that a product of 32 bits loses the fourth byte of a load.
const MULTIPLIER: u32 = 0x9e_3779 << 8;

/// The slot of the trigram in the low three bytes.
fn slot_of(load: u32) -> usize {
    (load.wrapping_mul(MULTIPLIER) >> (32 - SLOT_BITS_MAX)) as usize
}

/// Collects the trigrams of a block, then of all blocks.
#[derive(Debug)]
pub(super) struct Trigrams {
    /// One byte a slot of the open block: a store needs no look at what was there.
    open: Box<[u8; SLOTS]>,
    /// Bitmaps of the closed blocks.
    blocks: Vec<[u64; SLOTS / 64]>,
}

impl Default for Trigrams {
    fn default() -> Self {
        Self { open: Box::new([0; SLOTS]), blocks: Vec::new() }
    }
}

impl Trigrams {
    /// Adds the trigrams of a folded text that ends at `len`, with padding behind it.
    pub(super) fn add(&mut self, padded: &[u8], len: usize) {
        let end = (len + 1).min(padded.len());
        for load in padded[..end].windows(4) {
            self.open[slot_of(u32::from_le_bytes([load[0], load[1], load[2], load[3]]))] = 1;
        }
    }

    /// Closes the open block.
    pub(super) fn end_block(&mut self) {
        let mut bitmap = [0; SLOTS / 64];
        let (sixty_fours, _) = self.open.as_chunks::<64>();
        for (word, bytes) in bitmap.iter_mut().zip(sixty_fours) {
            for (at, &byte) in bytes.iter().enumerate() {
                *word |= u64::from(byte) << at;
            }
        }
        self.open.fill(0);
        self.blocks.push(bitmap);
    }

    /// How many bits a slot's number needs so that the fullest block is not too full.
    pub(super) fn slot_bits(&self) -> u8 {
        let most = self.blocks.iter().map(|bitmap| count(bitmap)).max().unwrap_or(0);
        let mut bits = SLOT_BITS_MAX;
        while bits > SLOT_BITS_MIN && most * FILL_INVERSE < 1 << (bits - 1) {
            bits -= 1;
        }
        bits
    }

    /// The rows of all slots, `blocks` bits each, in pages of `rows_of_page` rows.
    pub(super) fn pages(&self, slot_bits: u8, rows_of_page: usize) -> Vec<Vec<u8>> {
        let width = self.blocks.len();
        let slots = 1_usize << slot_bits;
        let mut pages: Vec<Vec<u8>> = (0..slots.div_ceil(rows_of_page))
            .map(|page| vec![0; ((slots - page * rows_of_page).min(rows_of_page) * width).div_ceil(8)])
            .collect();
        for (block, bitmap) in self.blocks.iter().enumerate() {
            for (at, &word) in bitmap.iter().enumerate() {
                let mut left = word;
                while left != 0 {
                    let slot = (at * 64 + left.trailing_zeros() as usize) >> (SLOT_BITS_MAX - slot_bits);
                    left &= left - 1;
                    let bit = slot % rows_of_page * width + block;
                    pages[slot / rows_of_page][bit / 8] |= 1 << (bit % 8);
                }
            }
        }
        pages
    }
}

fn count(bitmap: &[u64]) -> usize {
    bitmap.iter().map(|word| word.count_ones() as usize).sum()
}

/// The slots to ask for a folded text, at most `count` of them, each once; those of distant trigrams first.
pub(super) fn slots_of(folded: &[u8], slot_bits: u8, most: usize) -> Vec<usize> {
    let mut slots = Vec::new();
    for first in 0..3 {
        for three in folded.windows(3).skip(first).step_by(3) {
            if three.contains(&GAP) || !three.is_ascii() {
                continue;
            }
            let slot =
                slot_of(u32::from_le_bytes([three[0], three[1], three[2], 0])) >> (SLOT_BITS_MAX - slot_bits);
            if !slots.contains(&slot) {
                slots.push(slot);
            }
            if slots.len() == most {
                return slots;
            }
        }
    }
    slots
}
