//! From the index to its bytes.

use logboom_model::Resource;

use super::super::{BlockInfo, SegmentError};
use super::{CRC_AT, FRAME_AT, Index, MAGIC, VERSION, located};
use crate::format::wire::{put_bytes, put_signed, put_varint};
use crate::limits::{SEGMENT_INDEX_RAW_BYTES_MAX, ZSTD_LEVEL};
use crate::shred::ColumnKind as Kind;

/// The whole section.
pub(in super::super) fn encode(index: &Index) -> Result<Vec<u8>, SegmentError> {
    let mut raw = Vec::new();
    put_meta(index, &mut raw);
    put_resources(index, &mut raw);
    put_varint(&mut raw, index.attributes.len() as u64);
    for attribute in &index.attributes {
        put_bytes(&mut raw, attribute.name.as_bytes());
        raw.push(code(attribute.kind));
    }
    put_varint(&mut raw, index.filter.0);
    put_varint(&mut raw, index.filter.1);
    put_varint(&mut raw, index.stripes.len() as u64);
    for stripe in &index.stripes {
        put_varint(&mut raw, stripe.blocks.len() as u64);
    }
    put_blocks(index, &mut raw);
    if raw.len() > SEGMENT_INDEX_RAW_BYTES_MAX {
        return Err(SegmentError::Unfit("the index is too large"));
    }
    let mut section = Vec::new();
    section.extend_from_slice(MAGIC);
    section.extend_from_slice(&VERSION.to_le_bytes());
    section.extend_from_slice(&[0; 2]);
    section.extend_from_slice(&(raw.len() as u32).to_le_bytes());
    section.extend_from_slice(&[0; FRAME_AT - CRC_AT]);
    section.append(&mut zstd::bulk::compress(&raw, ZSTD_LEVEL)?);
    let crc = crc32c::crc32c_append(crc32c::crc32c(&section[..CRC_AT]), &section[FRAME_AT..]);
    section[CRC_AT..FRAME_AT].copy_from_slice(&crc.to_le_bytes());
    Ok(section)
}

/// How a type is written.
fn code(kind: Kind) -> u8 {
    match kind {
        Kind::Text => 0,
        Kind::I64 => 1,
        Kind::F64 => 2,
        Kind::Bool => 3,
    }
}

fn put_meta(index: &Index, raw: &mut Vec<u8>) {
    let meta = &index.meta;
    raw.extend_from_slice(&meta.store_id.0);
    put_varint(raw, meta.seqs.start);
    put_varint(raw, meta.seqs.end.saturating_sub(meta.seqs.start));
    put_signed(raw, meta.first_commit);
    put_signed(raw, meta.last_commit);
    put_varint(raw, meta.evicted);
    put_bytes(raw, &index.severities);
    put_varint(raw, index.flags.len() as u64);
    index.flags.iter().for_each(|&flags| put_varint(raw, u64::from(flags)));
}

fn put_resources(index: &Index, raw: &mut Vec<u8>) {
    put_varint(raw, index.resources.len() as u64);
    for share in &index.resources {
        put_varint(raw, share.rows);
        put_varint(raw, share.body_bytes);
        put_resource(&share.resource, raw);
    }
}

fn put_resource(resource: &Resource, raw: &mut Vec<u8>) {
    put_varint(raw, resource.attributes().len() as u64);
    for (name, value) in resource.attributes() {
        put_bytes(raw, name.as_bytes());
        put_bytes(raw, value.as_bytes());
    }
}

fn put_blocks(index: &Index, raw: &mut Vec<u8>) {
    let mut ends = vec![0; index.columns()];
    for (at, block) in index.blocks.iter().enumerate() {
        put_block(block, &index.part_rows[at], raw);
        for (column, end) in ends.iter_mut().enumerate() {
            let pages = index.pages(at, column);
            put_varint(raw, pages.len() as u64);
            for page in pages {
                put_varint(raw, page.offset - *end);
                put_varint(raw, u64::from(page.levels));
                put_varint(raw, u64::from(page.stored));
                put_varint(raw, u64::from(page.raw));
                if column == located::BODY {
                    put_varint(raw, u64::from(page.rows));
                }
                raw.extend_from_slice(&page.crc.to_le_bytes());
                *end = page.offset + u64::from(page.levels) + u64::from(page.stored);
            }
        }
        match &index.count_ranges[at] {
            None => put_varint(raw, 0),
            Some(range) => {
                let counts = &index.counts[range.start as usize..range.end as usize];
                put_varint(raw, counts.len() as u64 + 1);
                raw.extend_from_slice(counts);
            }
        }
    }
}

fn put_block(block: &BlockInfo, part_rows: &[u32], raw: &mut Vec<u8>) {
    put_varint(raw, part_rows.len() as u64);
    let mut before = 0;
    for (&resource, &rows) in block.resources.iter().zip(part_rows) {
        put_varint(raw, u64::from(resource - before));
        put_varint(raw, u64::from(rows));
        before = resource;
    }
    put_varint(raw, block.seqs.0);
    put_varint(raw, block.seqs.1 - block.seqs.0);
    put_signed(raw, block.times.0);
    put_signed(raw, block.times.1);
    put_varint(raw, block.body_bytes);
}
