//! Which short runs of bytes a block has: bitmaps of slots per block, sliced so that a slot's bits of all blocks lie
//! together.
//!
//! Two kinds: *trigrams* are three folded bytes of one text, and tell any substring that no gap is in; *shapes* are
//! five bytes of its shape (see `text`). Without the thousands of runs that differ in digits or punctuation alone,
//! shapes are few, tell words apart that share all trigrams, and see where a word begins and ends.

use super::text::{GAP, Text, shape_of};

/// Bits of a slot's number while a segment is built: larger bitmaps prune little better on real lines.
pub(super) const SLOT_BITS_MAX: u8 = 15;
/// Bits of a slot's number at least.
pub(super) const SLOT_BITS_MIN: u8 = 6;
/// Slots while a segment is built.
const SLOTS: usize = 1 << SLOT_BITS_MAX;
/// Bitmaps are halved while no block has more than one in so many slots set: what keeps small segments small.
const FILL_INVERSE: usize = 4;

/// Bytes of a trigram.
const TRIGRAM_LEN: usize = 3;
/// Bytes that are loaded for one.
const TRIGRAM_LOAD: usize = size_of::<u32>();
/// An odd number that spreads 24 bits well, shifted so that a product of 32 bits loses the fourth byte of a load.
const TRIGRAM_MULTIPLIER: u32 = 0x9e_3779 << 8;

/// Bytes of a shape.
const SHAPE_LEN: usize = 5;
/// Bytes that are loaded for one.
const SHAPE_LOAD: usize = size_of::<u64>();
/// An odd number that spreads 40 bits well, shifted so that a product of 64 bits loses the other three bytes of a load.
const SHAPE_MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15 << 24;

/// The slot of the trigram in the low three bytes.
fn trigram_slot(load: u32) -> usize {
    (load.wrapping_mul(TRIGRAM_MULTIPLIER) >> (u32::BITS - u32::from(SLOT_BITS_MAX))) as usize
}

/// The slot of the shape in the low five bytes.
fn shape_slot(load: u64) -> usize {
    (load.wrapping_mul(SHAPE_MULTIPLIER) >> (u64::BITS - u32::from(SLOT_BITS_MAX))) as usize
}

/// Collects the grams of a block, then of all blocks.
#[derive(Debug, Default)]
pub(super) struct Grams {
    pub(super) trigrams: Bitmaps,
    pub(super) shapes: Bitmaps,
}

impl Grams {
    /// Adds the grams of a text.
    pub(super) fn add(&mut self, text: &Text) {
        let open = &mut *self.trigrams.open;
        for load in text.folded(TRIGRAM_LOAD - TRIGRAM_LEN).windows(TRIGRAM_LOAD) {
            open[trigram_slot(u32::from_le_bytes([load[0], load[1], load[2], load[3]]))] = 1;
        }
        let open = &mut *self.shapes.open;
        for load in text.shape(SHAPE_LOAD - SHAPE_LEN).windows(SHAPE_LOAD) {
            let mut bytes = [0; SHAPE_LOAD];
            bytes.copy_from_slice(load);
            open[shape_slot(u64::from_le_bytes(bytes))] = 1;
        }
    }

    /// Closes the open block.
    pub(super) fn end_block(&mut self) {
        self.trigrams.end_block();
        self.shapes.end_block();
    }
}

/// Slots of the open block, then of all blocks.
#[derive(Debug)]
pub(super) struct Bitmaps {
    /// One byte a slot of the open block: a store needs no look at what was there.
    open: Box<[u8; SLOTS]>,
    /// Bitmaps of the closed blocks.
    blocks: Vec<[u64; SLOTS / 64]>,
}

impl Default for Bitmaps {
    fn default() -> Self {
        Self { open: Box::new([0; SLOTS]), blocks: Vec::new() }
    }
}

impl Bitmaps {
    fn end_block(&mut self) {
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

    /// The rows of all slots, one bit a block, in pages of `rows_of_page` rows.
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

/// The slots of a folded text's trigrams, at most so many, each once; those of distant trigrams first.
pub(super) fn trigram_slots(folded: &[u8], slot_bits: u8, most: usize) -> Vec<usize> {
    let grams = spread(folded, TRIGRAM_LEN).filter(|gram| gram.is_ascii() && !gram.contains(&GAP));
    distinct(
        grams.map(|gram| trigram_slot(u32::from_le_bytes([gram[0], gram[1], gram[2], 0]))),
        slot_bits,
        most,
    )
}

/// The slots of a folded text's shapes, likewise. A byte that is not ASCII is in none of them.
pub(super) fn shape_slots(folded: &[u8], slot_bits: u8, most: usize) -> Vec<usize> {
    let grams = spread(folded, SHAPE_LEN).filter(|gram| gram.is_ascii());
    let slots = grams.map(|gram| {
        let mut bytes = [0; SHAPE_LOAD];
        for (byte, &folded) in bytes.iter_mut().zip(gram) {
            *byte = shape_of(folded);
        }
        shape_slot(u64::from_le_bytes(bytes))
    });
    distinct(slots, slot_bits, most)
}

/// The runs of `len` bytes: first those that do not overlap, then the others.
fn spread(text: &[u8], len: usize) -> impl Iterator<Item = &[u8]> {
    (0..len).flat_map(move |first| text.windows(len).skip(first).step_by(len))
}

fn distinct(slots: impl Iterator<Item = usize>, slot_bits: u8, most: usize) -> Vec<usize> {
    let mut all = Vec::new();
    for slot in slots.map(|slot| slot >> (SLOT_BITS_MAX - slot_bits)) {
        if all.len() == most {
            break;
        }
        if !all.contains(&slot) {
            all.push(slot);
        }
    }
    all
}
