//! Asks the filters of a segment what a probe demands.

use bytes::Bytes;

use super::header::{CHECKSUM_LEN, Header, Place, checked};
use super::text::GAP;
use super::{FilterError, ReadAt, grams, identifiers};
use crate::{BlockSet, Probe};

/// Trigrams, and shapes, asked for one text: more of them hardly ever tell blocks apart.
const GRAMS_ASKED_MAX: usize = 32;
/// Pages kept while one probe is answered, 4 KiB each.
const PAGES_KEPT_MAX: usize = 64;

/// One question.
pub(super) struct Asking<'a> {
    header: &'a Header,
    read: ReadAt<'a>,
    /// Pages that were read, with their checksums proven.
    pages: Vec<(u64, Bytes)>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(header: &'a Header, read: ReadAt<'a>) -> Self {
        Self { header, read, pages: Vec::new() }
    }

    /// Takes out blocks that cannot meet the probe; on an error, all that may are still there.
    pub(super) fn prune(&mut self, probe: &Probe, blocks: &mut BlockSet) -> Result<(), FilterError> {
        if blocks.is_empty() {
            return Ok(());
        }
        match probe {
            Probe::Any => {}
            Probe::Nothing => *blocks = BlockSet::none(blocks.len()),
            Probe::And(probes) => {
                // Identifiers first: one page, and seldom many blocks are left.
                let (first, then): (Vec<_>, Vec<_>) =
                    probes.iter().partition(|probe| matches!(probe, Probe::Token(_) | Probe::Nothing));
                for probe in first.into_iter().chain(then) {
                    self.prune(probe, blocks)?;
                }
            }
            Probe::Or(probes) => {
                let mut any = BlockSet::none(blocks.len());
                for probe in probes {
                    let mut left = blocks.clone();
                    self.prune(probe, &mut left)?;
                    any.unite(&left);
                    if any == *blocks {
                        break;
                    }
                }
                *blocks = any;
            }
            Probe::Text(text) => {
                for token in inner_tokens(text) {
                    self.prune_identifier(token, blocks)?;
                }
                self.prune_grams(text, text, blocks)?;
            }
            Probe::Token(token) => {
                if identifiers::is_identifier(token) {
                    self.prune_identifier(token, blocks)?;
                }
                // Whatever is before and after a token has the shape of a gap.
                self.prune_grams(token, &[&[GAP], &**token, &[GAP]].concat(), blocks)?;
            }
        }
        Ok(())
    }

    fn prune_identifier(&mut self, token: &[u8], blocks: &mut BlockSet) -> Result<(), FilterError> {
        let (hash, header) = (identifiers::hash(token), self.header);
        let Some(place) = header.identifier_page(header.spread.page_of(hash)) else {
            return Ok(());
        };
        let page = self.page(place)?;
        let mut found = header
            .spread
            .blocks_of(hash, &page)
            .ok_or(FilterError::Damaged("a page of identifiers says what cannot be"))?;
        for block in (0..header.blocks).filter(|block| header.unkept[block / 8] >> (block % 8) & 1 == 1) {
            found.insert(block);
        }
        self.keep(blocks, found.words_mut().iter().copied());
        Ok(())
    }

    /// Asks the trigrams of one text and the shapes of another.
    fn prune_grams(&mut self, text: &[u8], shaped: &[u8], blocks: &mut BlockSet) -> Result<(), FilterError> {
        let header = self.header;
        let shapes = grams::shape_slots(shaped, header.shape_bits, GRAMS_ASKED_MAX);
        let trigrams = grams::trigram_slots(text, header.trigram_bits, GRAMS_ASKED_MAX);
        let rows = shapes.into_iter().map(|slot| header.shape_row(slot));
        for (place, bit) in rows.chain(trigrams.into_iter().map(|slot| header.trigram_row(slot))) {
            if blocks.is_empty() {
                break;
            }
            let page = self.page(place)?;
            self.keep(blocks, (0..header.blocks.div_ceil(64)).map(|word| bits_at(&page, bit + 64 * word)));
        }
        Ok(())
    }

    /// Keeps those of the blocks with filters whose bits are set; bits behind the last one mean nothing.
    fn keep(&self, blocks: &mut BlockSet, found: impl Iterator<Item = u64>) {
        for (at, (word, found)) in blocks.words_mut().iter_mut().zip(found).enumerate() {
            let with_filters = u64::MAX >> (64 - (self.header.blocks - 64 * at).min(64));
            *word &= found | !with_filters;
        }
    }

    /// A page without its checksum, which is right. It has the length of its place.
    fn page(&mut self, place: Place) -> Result<Bytes, FilterError> {
        if let Some((_, page)) = self.pages.iter().find(|(offset, _)| *offset == place.offset) {
            return Ok(page.clone());
        }
        let bytes = (self.read)(place.offset, place.len + CHECKSUM_LEN)?;
        let Some(page) = checked(&bytes).filter(|page| page.len() == place.len) else {
            return Err(FilterError::Damaged("a page has another checksum"));
        };
        let page = bytes.slice_ref(page);
        if self.pages.len() < PAGES_KEPT_MAX {
            self.pages.push((place.offset, page.clone()));
        }
        Ok(page)
    }
}

/// 64 bits of a page from a bit on; those behind its end are zero.
fn bits_at(page: &[u8], bit: usize) -> u64 {
    let mut bytes = [0; 16];
    let from = page.get(bit / 8..).unwrap_or_default();
    let len = from.len().min(9);
    bytes[..len].copy_from_slice(&from[..len]);
    (u128::from_le_bytes(bytes) >> (bit % 8)) as u64
}

/// The identifiers that a text has as whole tokens wherever it occurs: those between two ASCII bytes of it that are no
/// part of a token.
fn inner_tokens(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_token = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let mut pieces: Vec<_> = text.split(move |&byte| !is_token(byte)).collect();
    pieces.pop();
    pieces.into_iter().skip(1).filter(|piece| identifiers::is_identifier(piece))
}
