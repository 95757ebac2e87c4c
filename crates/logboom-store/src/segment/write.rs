//! Writing a segment: the order of the file from its first byte to its last.
//!
//! ```text
//! "PAR1" · stripes · filters · index · page index · footer · "PAR1"
//! ```

use std::io;
use std::sync::Arc;

use logboom_model::{Batch, Flags};
use parquet::basic::Type as Physical;
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;

use super::chunk::Chunk;
use super::codec::Compressor;
use super::dictionaries::Dictionaries;
use super::gather::BlockRows;
use super::index::{self, AttributeColumn, Counter, Index, VERSION, located};
use super::layout::{Block, Layout};
use super::resources;
use super::schema::{Content, FileSchema};
use super::sink::FileSink;
use super::stripe::{Placed, Stripe};
use super::{BlockInfo, INDEX_KEY, SegmentError, SegmentMeta, SegmentSummary, StripeInfo};
use crate::filter::FilterBuilder;
use crate::fs::FsFile;
use crate::limits::COLUMN_NAME_BYTES_MAX;
use crate::shred::{self, ColumnPlan, ShreddedBlock, Shredder};

/// A page takes less than this in the page index, its bounds left out, and a page of nulls in its chunk.
const TAIL_BYTES_OF_PAGE: u64 = 64;
/// A column takes less than this in the schema, and a chunk in a row group.
const TAIL_BYTES_OF_COLUMN: usize = 1 << 10;
/// Key of the footer's metadata with the exact names of columns, for people and tools.
const COLUMNS_KEY: &str = "logboom.columns";

/// Writes rows, in ascending order of seqs, as a segment at the start of an empty file, and does not sync it.
///
/// `pace` is called at least once for each block with the bytes that the file has or is about to have; it may wait,
/// so that sealing takes its share of the CPU and no more, and an error from it ends the writing. Nothing is written
/// that was not said before; the last call may say somewhat more than the file will have.
///
/// # Errors
/// The file cannot be written, `pace` said so, or seqs do not ascend within those of `meta`.
pub fn write_segment(
    file: &dyn FsFile,
    meta: &SegmentMeta,
    rows: &[Batch],
    pace: &mut dyn FnMut(u64) -> io::Result<()>,
) -> Result<SegmentSummary, SegmentError> {
    let plan = shred::plan(rows);
    let layout = Layout::new(rows)?;
    let schema =
        FileSchema::new(&layout.resources, plan.columns.iter().map(|column| (&*column.column, column.kind)));
    let mut writer = Writer::new(file, meta, rows, &schema, &plan, layout)?;
    writer.stripes(pace)?;
    writer.finish(pace)
}

struct Writer<'a> {
    rows: &'a [Batch],
    schema: &'a FileSchema,
    plan: &'a ColumnPlan,
    stripes: Vec<Vec<Block>>,
    dictionaries: Dictionaries,
    parquet: SerializedFileWriter<FileSink<'a>>,
    compressor: Compressor,
    filter: FilterBuilder,
    shredder: Shredder,
    index: Index,
    gathered: BlockRows,
    /// What the page index and the footer will take of the stripes so far, at most.
    tail_bytes: u64,
}

impl<'a> Writer<'a> {
    fn new(
        file: &'a dyn FsFile,
        meta: &SegmentMeta,
        rows: &'a [Batch],
        schema: &'a FileSchema,
        plan: &'a ColumnPlan,
        layout: Layout,
    ) -> Result<Self, SegmentError> {
        let properties = WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_2_0)
            .set_created_by(concat!("logboom version ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let parquet =
            SerializedFileWriter::new(FileSink::new(file), schema.parquet()?, Arc::new(properties))?;
        let dictionaries = Dictionaries::new(rows);
        let attributes = plan.columns.iter();
        let index = Index {
            meta: meta.clone(),
            severities: dictionaries.severities.clone(),
            flags: dictionaries.flags.clone(),
            resources: layout.resources,
            attributes: attributes
                .map(|column| AttributeColumn { name: column.name.clone(), kind: column.kind })
                .collect(),
            filter: (0, 0),
            stripes: Vec::new(),
            blocks: Vec::new(),
            part_rows: Vec::new(),
            pages: Vec::new(),
            page_starts: vec![0],
            counts: Vec::new(),
            count_ranges: Vec::new(),
        };
        Ok(Self {
            rows,
            schema,
            plan,
            stripes: layout.stripes,
            dictionaries,
            parquet,
            compressor: Compressor::new()?,
            filter: FilterBuilder::new(),
            shredder: Shredder::new(plan),
            index,
            gathered: BlockRows::default(),
            tail_bytes: 0,
        })
    }

    fn stripes(&mut self, pace: &mut dyn FnMut(u64) -> io::Result<()>) -> Result<(), SegmentError> {
        for blocks in std::mem::take(&mut self.stripes) {
            self.stripe(&blocks, pace)?;
        }
        Ok(())
    }

    fn stripe(
        &mut self,
        blocks: &[Block],
        pace: &mut dyn FnMut(u64) -> io::Result<()>,
    ) -> Result<(), SegmentError> {
        let descriptor = self.parquet.schema_descr();
        let mut stripe = Stripe::new(self.schema, descriptor, &self.dictionaries, &mut self.compressor)?;
        let written = self.parquet.bytes_written() as u64;
        let first = self.index.blocks.len();
        let mut parts = Vec::with_capacity(blocks.len());
        for block in blocks {
            let rows = &mut self.gathered;
            rows.gather(self.rows, block);
            let shredded = shred_block(&mut self.shredder, rows);
            stripe.block(rows, shredded.as_ref())?;
            self.filter.add_bodies(&rows.body, &rows.offsets);
            self.filter.add_text(&rows.source);
            self.filter.add_text(shredded.as_ref().map_or(&[], |block| &block.unescaped));
            self.filter.end_block();
            note_block(&mut self.index, rows);
            parts.push(rows.parts.clone());
            pace(written + stripe.len())?;
        }
        let Stripe { mut chunks, placed, .. } = stripe;
        resources::put(&parts, &self.index.resources, self.schema, &mut chunks, &mut self.compressor)?;
        let columns = chunks.len() as u64;
        pace(written + chunks.iter().map(Chunk::len).sum::<u64>() + columns * TAIL_BYTES_OF_PAGE)?;
        let mut group = self.parquet.next_row_group()?;
        for chunk in chunks {
            let (bytes, close) = chunk.close(&mut self.compressor)?;
            self.tail_bytes += tail_bytes(&close);
            group.append_column(&bytes, close)?;
        }
        let metadata = group.close()?;
        let starts: Vec<u64> = metadata.columns().iter().map(|column| column.byte_range().0).collect();
        note_stripe(&mut self.index, first, placed, &starts);
        Ok(())
    }

    fn finish(mut self, pace: &mut dyn FnMut(u64) -> io::Result<()>) -> Result<SegmentSummary, SegmentError> {
        let filter = std::mem::take(&mut self.filter).finish();
        self.index.filter = (self.parquet.bytes_written() as u64, filter.len() as u64);
        let section = index::encode(&self.index)?;
        let offset = self.index.filter.0 + self.index.filter.1;
        let place = format!("{offset},{},{VERSION}", section.len());
        let columns = exact_names(self.schema, self.plan);
        let footer = columns.len() + self.schema.columns.len() * TAIL_BYTES_OF_COLUMN;
        pace(offset + (section.len() + footer + TAIL_BYTES_OF_COLUMN) as u64 + self.tail_bytes)?;
        self.parquet.write_all(&filter)?;
        self.parquet.write_all(&section)?;
        self.parquet.append_key_value_metadata(KeyValue::new(INDEX_KEY.to_owned(), place));
        self.parquet.append_key_value_metadata(KeyValue::new(COLUMNS_KEY.to_owned(), columns));
        self.parquet.finish()?;
        Ok(self.index.summary(self.parquet.bytes_written() as u64))
    }
}

/// What a chunk takes in page index and footer, at most: two places of pages, bounds, names and statistics.
fn tail_bytes(close: &ColumnCloseResult) -> u64 {
    let pages = close.offset_index.as_ref().map_or(0, |index| index.page_locations().len());
    let is_text = close.metadata.column_type() == Physical::BYTE_ARRAY && close.column_index.is_some();
    let bounds = if is_text { 2 * COLUMN_NAME_BYTES_MAX } else { 0 };
    (pages * (TAIL_BYTES_OF_PAGE as usize + bounds) + TAIL_BYTES_OF_COLUMN) as u64
}

/// The attributes of a block; `None` where no row has any.
fn shred_block(shredder: &mut Shredder, rows: &BlockRows) -> Option<ShreddedBlock> {
    if !rows.has_attributes() {
        return None;
    }
    for (row, &flags) in rows.flags.iter().enumerate() {
        shredder.row(Flags::from_bits_retain(flags), rows.body(row), rows.source(row));
    }
    Some(shredder.take())
}

fn note_block(index: &mut Index, rows: &BlockRows) {
    let mut counter = Counter::default();
    let mut row = 0;
    for (part, &(_, part_rows)) in rows.parts.iter().enumerate() {
        let end = row + part_rows as usize;
        counter.add(part as u32, &rows.times[row..end], &rows.severities[row..end]);
        row = end;
    }
    let start = index.counts.len() as u32;
    let few = counter.encode(&mut index.counts);
    index.count_ranges.push(few.then_some(start..index.counts.len() as u32));
    let range = |values: &[i64]| {
        (values.iter().min().copied().unwrap_or(0), values.iter().max().copied().unwrap_or(0))
    };
    let seqs = range(&rows.seqs);
    index.part_rows.push(rows.parts.iter().map(|part| part.1).collect());
    index.blocks.push(BlockInfo {
        stripe: index.stripes.len(),
        rows: rows.rows(),
        seqs: (seqs.0 as u64, seqs.1 as u64),
        times: range(&rows.times),
        body_bytes: rows.body.len() as u64,
        disk_bytes: 0,
        resources: rows.parts.iter().map(|part| part.0).collect(),
    });
}

/// Adds a stripe whose blocks begin at `first`, its pages placed where its chunks begin.
fn note_stripe(index: &mut Index, first: usize, mut placed: Vec<Placed>, starts: &[u64]) {
    placed.sort_by_key(|placed| (placed.block, placed.located));
    let mut placed = placed.into_iter().peekable();
    for block in 0..index.blocks.len() - first {
        let before = index.pages.len();
        for column in 0..located::ATTRIBUTES + index.attributes.len() {
            while let Some(mut next) = placed.next_if(|next| (next.block, next.located) == (block, column)) {
                next.page.offset += starts.get(next.column).copied().unwrap_or(0);
                index.pages.push(next.page);
            }
            index.page_starts.push(index.pages.len() as u32);
        }
        index.blocks[first + block].disk_bytes =
            index.pages[before..].iter().map(|page| u64::from(page.levels) + u64::from(page.stored)).sum();
    }
    let blocks = &index.blocks[first..];
    index.stripes.push(StripeInfo {
        seqs: blocks.iter().map(|block| block.seqs.0).min().unwrap_or(0)
            ..blocks.iter().map(|block| block.seqs.1 + 1).max().unwrap_or(0),
        blocks: first..index.blocks.len(),
        rows: blocks.iter().map(|block| block.rows as u64).sum(),
        body_bytes: blocks.iter().map(|block| block.body_bytes).sum(),
    });
}

/// Names of columns with the exact names of what they hold, as JSON.
fn exact_names(schema: &FileSchema, plan: &ColumnPlan) -> String {
    let named = schema.columns.iter().filter_map(|column| {
        let (of, name) = match column.content {
            Content::ResourceAttribute(at) => ("resource", schema.resource_names.get(at)?),
            Content::Attribute(at, _) => ("attributes", &plan.columns.get(at)?.name),
            _ => return None,
        };
        Some(serde_json::json!({ "column": column.name, "of": of, "name": name }))
    });
    serde_json::Value::Array(named.collect()).to_string()
}
