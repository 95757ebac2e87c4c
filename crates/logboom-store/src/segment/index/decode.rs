//! From bytes to the index. Nothing is allocated for more things than there are bytes, and everything that later code
//! relies on is checked here: a checksum keeps out damage, not somebody's own file.

use std::ops::Range;
use std::sync::Arc;

use logboom_model::{Resource, StoreId, limits as model_limits};

use super::super::{BlockInfo, ResourceShare, SegmentError, SegmentMeta, StripeInfo};
use super::{AttributeColumn, CRC_AT, FRAME_AT, Index, MAGIC, PageLocation, VERSION, located};
use crate::format::wire::{Input, Malformed};
use crate::limits::{
    BLOCK_ROWS_MAX, COLUMN_NAME_BYTES_MAX, PAGE_RAW_BYTES_MAX, SEGMENT_INDEX_RAW_BYTES_MAX, SEQ_MAX,
};
use crate::shred::ColumnKind as Kind;

impl From<Malformed> for SegmentError {
    fn from(error: Malformed) -> Self {
        Self::Damaged(error.0)
    }
}

/// Reads a section. `data_end` is where it begins, and all pages lie before it.
pub(in super::super) fn decode(section: &[u8], data_end: u64) -> Result<Index, SegmentError> {
    let raw = unwrap_frame(section)?;
    let mut input = Input::new(&raw);
    let meta = take_meta(&mut input)?;
    let severities = input.bytes(256)?.to_vec();
    let flags = (0..input.count()?)
        .map(|_| Ok(small(input.varint()?, u16::MAX.into())? as u16))
        .collect::<Result<_, Malformed>>()?;
    let resources =
        (0..input.count()?).map(|_| take_resource(&mut input)).collect::<Result<Vec<_>, Malformed>>()?;
    let attributes =
        (0..input.count()?).map(|_| take_attribute(&mut input)).collect::<Result<Vec<_>, Malformed>>()?;
    let filter = (input.varint()?, input.varint()?);
    if filter.0.checked_add(filter.1).is_none_or(|end| end > data_end) {
        return Err(SegmentError::Damaged("filters beyond the data"));
    }
    let stripes = (0..input.count()?).map(|_| input.count()).collect::<Result<Vec<_>, Malformed>>()?;
    let mut index = Index {
        meta,
        severities,
        flags,
        resources,
        attributes,
        filter,
        stripes: Vec::new(),
        blocks: Vec::new(),
        part_rows: Vec::new(),
        pages: Vec::new(),
        page_starts: vec![0],
        counts: Vec::new(),
        count_ranges: Vec::new(),
    };
    let mut ends = vec![0; index.columns()];
    for blocks in stripes {
        take_stripe(&mut input, &mut index, blocks, &mut ends, data_end)?;
    }
    input.finish()?;
    check_sums(&index)?;
    Ok(index)
}

fn unwrap_frame(section: &[u8]) -> Result<Vec<u8>, SegmentError> {
    let mut input = Input::new(section);
    if input.take(MAGIC.len())? != MAGIC {
        return Err(SegmentError::Damaged("no index where there should be one"));
    }
    let version = u16::from_le_bytes([input.byte()?, input.byte()?]);
    if version != VERSION {
        return Err(SegmentError::Newer(u64::from(version)));
    }
    input.take(2)?;
    let raw_length = take_u32(&mut input)? as usize;
    let stored = take_u32(&mut input)?;
    if stored != crc32c::crc32c_append(crc32c::crc32c(&section[..CRC_AT]), &section[FRAME_AT..]) {
        return Err(SegmentError::Damaged("the index does not match its checksum"));
    }
    if raw_length > SEGMENT_INDEX_RAW_BYTES_MAX {
        return Err(SegmentError::Damaged("the index is too large"));
    }
    let mut raw = Vec::new();
    super::super::codec::decompress(&section[FRAME_AT..], raw_length, &mut raw)?;
    Ok(raw)
}

fn take_u32(input: &mut Input<'_>) -> Result<u32, Malformed> {
    let bytes = input.take(4)?;
    Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

fn small(value: u64, most: u64) -> Result<u64, Malformed> {
    if value > most { Err(Malformed("a number is too large")) } else { Ok(value) }
}

fn take_meta(input: &mut Input<'_>) -> Result<SegmentMeta, Malformed> {
    let mut store_id = [0; 16];
    store_id.copy_from_slice(input.take(16)?);
    let start = small(input.varint()?, SEQ_MAX)?;
    let end = start + small(input.varint()?, SEQ_MAX)?;
    Ok(SegmentMeta {
        store_id: StoreId(store_id),
        seqs: start..end,
        first_commit: input.signed()?,
        last_commit: input.signed()?,
        evicted: input.varint()?,
    })
}

fn take_resource(input: &mut Input<'_>) -> Result<ResourceShare, Malformed> {
    let (rows, body_bytes) = (input.varint()?, input.varint()?);
    let mut builder = Resource::builder();
    for _ in 0..input.count()? {
        let name = take_text(input, model_limits::RESOURCE_VALUE_BYTES_MAX)?;
        let value = take_text(input, model_limits::RESOURCE_VALUE_BYTES_MAX)?;
        builder.set(name, value);
    }
    Ok(ResourceShare { resource: Arc::new(builder.build()), rows, body_bytes })
}

fn take_text<'a>(input: &mut Input<'a>, length_max: usize) -> Result<&'a str, Malformed> {
    std::str::from_utf8(input.bytes(length_max)?).map_err(|_| Malformed("a text is not UTF-8"))
}

fn take_attribute(input: &mut Input<'_>) -> Result<AttributeColumn, Malformed> {
    let name = take_text(input, COLUMN_NAME_BYTES_MAX)?.into();
    let kind = match input.byte()? {
        0 => Kind::Text,
        1 => Kind::I64,
        2 => Kind::F64,
        3 => Kind::Bool,
        _ => return Err(Malformed("unknown type of a column")),
    };
    Ok(AttributeColumn { name, kind })
}

fn take_stripe(
    input: &mut Input<'_>,
    index: &mut Index,
    blocks: usize,
    ends: &mut [u64],
    data_end: u64,
) -> Result<(), Malformed> {
    let first = index.blocks.len();
    let (mut seq_first, mut seq_end) = (u64::MAX, 0);
    let (mut rows, mut body_bytes) = (0, 0);
    for _ in 0..blocks {
        take_block(input, index, ends, data_end)?;
        let Some(block) = index.blocks.last() else { continue };
        seq_first = seq_first.min(block.seqs.0);
        seq_end = seq_end.max(block.seqs.1 + 1);
        rows += block.rows as u64;
        body_bytes += block.body_bytes;
    }
    let before = index.stripes.last().map_or(0, |stripe| stripe.seqs.end);
    if blocks == 0 || seq_first < before {
        return Err(Malformed("stripes are out of order"));
    }
    let seqs = seq_first..seq_end;
    index.stripes.push(StripeInfo { seqs, blocks: first..index.blocks.len(), rows, body_bytes });
    Ok(())
}

fn take_block(
    input: &mut Input<'_>,
    index: &mut Index,
    ends: &mut [u64],
    data_end: u64,
) -> Result<(), Malformed> {
    let (resources, part_rows, rows) = take_parts(input, index.resources.len())?;
    let first_seq = small(input.varint()?, SEQ_MAX)?;
    let last_seq = first_seq + small(input.varint()?, SEQ_MAX)?;
    let times = (input.signed()?, input.signed()?);
    let body_bytes = small(input.varint()?, PAGE_RAW_BYTES_MAX as u64)?;
    let pages_before = index.pages.len();
    for (column, end) in ends.iter_mut().enumerate() {
        let first = index.pages.len();
        for _ in 0..input.count()? {
            index.pages.push(take_page(input, column, rows, end, data_end)?);
        }
        check_pages(&index.pages[first..], column, rows)?;
        index.page_starts.push(index.pages.len() as u32);
    }
    let disk_bytes =
        index.pages[pages_before..].iter().map(|page| u64::from(page.levels) + u64::from(page.stored)).sum();
    index.count_ranges.push(take_counts(input, &mut index.counts)?);
    index.part_rows.push(part_rows);
    index.blocks.push(BlockInfo {
        stripe: index.stripes.len(),
        rows,
        seqs: (first_seq, last_seq),
        times,
        body_bytes,
        disk_bytes,
        resources,
    });
    Ok(())
}

type Parts = (Box<[u32]>, Box<[u32]>, usize);

fn take_parts(input: &mut Input<'_>, resources_max: usize) -> Result<Parts, Malformed> {
    let count = input.count()?;
    let (mut resources, mut part_rows) = (Vec::new(), Vec::new());
    let (mut resource, mut rows) = (0, 0);
    for part in 0..count {
        let step = input.varint()?;
        if part > 0 && step == 0 {
            return Err(Malformed("a resource twice in a block"));
        }
        resource = small(step.saturating_add(resource), resources_max.saturating_sub(1) as u64)?;
        resources.push(resource as u32);
        let part = small(input.varint()?, BLOCK_ROWS_MAX as u64)?;
        part_rows.push(part as u32);
        rows += part as usize;
        if part == 0 || rows > BLOCK_ROWS_MAX {
            return Err(Malformed("no rows, or too many"));
        }
    }
    if count == 0 || resources_max == 0 {
        return Err(Malformed("a block without rows"));
    }
    Ok((resources.into(), part_rows.into(), rows))
}

fn take_page(
    input: &mut Input<'_>,
    column: usize,
    rows: usize,
    end: &mut u64,
    data_end: u64,
) -> Result<PageLocation, Malformed> {
    let offset = small(input.varint()?, data_end)? + *end;
    let most = PAGE_RAW_BYTES_MAX as u64;
    let page = PageLocation {
        offset,
        levels: small(input.varint()?, most)? as u32,
        stored: small(input.varint()?, most)? as u32,
        raw: small(input.varint()?, most)? as u32,
        rows: match column {
            located::BODY => small(input.varint()?, rows as u64)? as u32,
            _ => rows as u32,
        },
        crc: take_u32(input)?,
    };
    *end = offset + u64::from(page.levels) + u64::from(page.stored);
    small(*end, data_end)?;
    Ok(page)
}

/// Bodies have as many rows in their pages as the block; other columns one page, or none where all is null.
fn check_pages(pages: &[PageLocation], column: usize, rows: usize) -> Result<(), Malformed> {
    let held: u64 = pages.iter().map(|page| u64::from(page.rows)).sum();
    let fits = match column {
        located::BODY => held == rows as u64,
        located::SEQ | located::TIME | located::OBSERVED | located::SEVERITY | located::FLAGS => {
            pages.len() == 1
        }
        _ => pages.len() <= 1,
    };
    if fits { Ok(()) } else { Err(Malformed("pages that do not hold the rows")) }
}

fn take_counts(input: &mut Input<'_>, counts: &mut Vec<u8>) -> Result<Option<Range<u32>>, Malformed> {
    let Some(length) = input.varint()?.checked_sub(1) else { return Ok(None) };
    if length > input.remaining() as u64 {
        return Err(Malformed("counts are cut short"));
    }
    let start = counts.len() as u32;
    counts.extend_from_slice(input.take(length as usize)?);
    Ok(Some(start..counts.len() as u32))
}

fn check_sums(index: &Index) -> Result<(), SegmentError> {
    let rows: u64 = index.stripes.iter().map(|stripe| stripe.rows).sum();
    let bytes: u64 = index.stripes.iter().map(|stripe| stripe.body_bytes).sum();
    let add = |of: fn(&ResourceShare) -> u64| {
        index.resources.iter().try_fold(0u64, |sum, share| sum.checked_add(of(share)))
    };
    if add(|share| share.rows) != Some(rows) || add(|share| share.body_bytes) != Some(bytes) {
        return Err(SegmentError::Damaged("the index does not add up"));
    }
    let seqs = &index.meta.seqs;
    let inside =
        index.stripes.iter().all(|stripe| seqs.start <= stripe.seqs.start && stripe.seqs.end <= seqs.end);
    if inside { Ok(()) } else { Err(SegmentError::Damaged("rows outside of the segment's seqs")) }
}
