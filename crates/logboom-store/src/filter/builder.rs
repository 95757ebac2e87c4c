//! Builds the filters of a segment in one pass over its text.

use super::grams::Grams;
use super::header::{self, BLOCKS_MAX, Header};
use super::identifiers::{IDENTIFIER_LEN_MIN, Identifiers};
use super::text::Text;

/// Text that is looked at together: it stays in the first level of a cache.
const CHUNK_BYTES: usize = 16 << 10;
/// A buffer that a long text made larger than this is given back.
const CHUNK_BYTES_KEPT: usize = 64 << 10;

/// Builds the filters of one segment, block by block.
#[derive(Debug, Default)]
pub struct FilterBuilder {
    text: Text,
    grams: Grams,
    identifiers: Identifiers,
    /// Bytes of text in the open block, and in all.
    block_bytes: usize,
    text_bytes: usize,
    blocks: usize,
}

impl FilterBuilder {
    /// Filters of no blocks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bodies `bytes[offsets[i]..offsets[i + 1]]` to the open block. Nothing is found across two of them.
    pub fn add_bodies(&mut self, bytes: &[u8], offsets: &[u32]) {
        for ends in offsets.windows(2) {
            self.add_text(bytes.get(ends[0] as usize..ends[1] as usize).unwrap_or_default());
        }
    }

    /// Adds other text of the open block that searches look into: unescaped strings, source attributes.
    pub fn add_text(&mut self, text: &[u8]) {
        self.text.push(text);
        self.block_bytes += text.len();
        if self.text.len() >= CHUNK_BYTES {
            self.take_in();
        }
    }

    fn take_in(&mut self) {
        self.text.fold();
        self.grams.add(&self.text);
        self.text.tokens_with_digit(IDENTIFIER_LEN_MIN, |token| self.identifiers.add(token));
        self.text.clear();
        self.text.shrink_to(CHUNK_BYTES_KEPT);
    }

    /// Closes the open block; the next one is open.
    pub fn end_block(&mut self) {
        self.take_in();
        if self.blocks < BLOCKS_MAX {
            self.blocks += 1;
            self.grams.end_block();
            self.identifiers.end_block(self.block_bytes);
            self.text_bytes += self.block_bytes;
        }
        self.block_bytes = 0;
    }

    /// The section; empty without blocks.
    pub fn finish(self) -> Vec<u8> {
        if self.blocks == 0 {
            return Vec::new();
        }
        let (spread, mut identifier_pages) = self.identifiers.pages(self.text_bytes);
        let (rows, trigrams, shapes) =
            (header::rows_of_page(self.blocks), &self.grams.trigrams, &self.grams.shapes);
        let (trigram_bits, shape_bits) = (trigrams.slot_bits(), shapes.slot_bits());
        let mut gram_pages = trigrams.pages(trigram_bits, rows);
        gram_pages.append(&mut shapes.pages(shape_bits, rows));
        gram_pages.iter_mut().for_each(header::seal);
        for page in &mut identifier_pages {
            if !page.is_empty() {
                header::seal(page);
            }
        }
        let header = Header {
            trigram_bits,
            shape_bits,
            blocks: self.blocks,
            spread,
            unkept: self.identifiers.unkept(),
            page_lens: identifier_pages.iter().map(|page| page.len() as u16).collect(),
        };
        let mut out = Vec::new();
        header.encode(&mut out);
        for page in gram_pages.iter().chain(&identifier_pages) {
            out.extend_from_slice(page);
        }
        out
    }
}
