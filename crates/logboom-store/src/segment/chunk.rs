//! One column of one stripe being built: its pages one after the other, and what other readers want to know of them.

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, PageType, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::{ColumnChunkMetaData, ColumnIndexBuilder, OffsetIndexBuilder};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::SegmentError;
use super::bounds::Bounds;
use super::codec::Compressor;
use super::index::PageLocation;
use crate::encoding::hybrid;

/// The values of one page, encoded.
#[derive(Debug)]
pub(super) struct Values<'a> {
    /// How.
    pub encoding: Encoding,
    /// The values that are not null.
    pub bytes: &'a [u8],
    /// Which rows have values; absent where all have.
    pub valid: Option<&'a [bool]>,
    /// Rows.
    pub rows: usize,
    /// Lowest and highest value, if they are worth keeping.
    pub bounds: Option<Bounds>,
}

impl Values<'_> {
    /// So many rows without nulls, to be filled in.
    pub fn plain(rows: usize) -> Self {
        Self { encoding: Encoding::PLAIN, bytes: &[], valid: None, rows, bounds: None }
    }
}

/// A column of a stripe.
pub(super) struct Chunk {
    column: ColumnDescPtr,
    sink: TrackedWrite<Vec<u8>>,
    encodings: Vec<Encoding>,
    dictionary_bytes: Option<u64>,
    offsets: OffsetIndexBuilder,
    /// Given up when a page has values without bounds.
    index: Option<ColumnIndexBuilder>,
    bounds: Option<Bounds>,
    rows: u64,
    nulls: u64,
    pending_nulls: usize,
    raw_bytes: u64,
    levels: Vec<u8>,
}

impl Chunk {
    /// Without pages.
    pub fn new(column: ColumnDescPtr) -> Self {
        let index = Some(ColumnIndexBuilder::new(column.physical_type()));
        Self {
            column,
            sink: TrackedWrite::new(Vec::new()),
            encodings: Vec::new(),
            dictionary_bytes: None,
            offsets: OffsetIndexBuilder::new(),
            index,
            bounds: None,
            rows: 0,
            nulls: 0,
            pending_nulls: 0,
            raw_bytes: 0,
            levels: Vec::new(),
        }
    }

    /// Bytes of its pages so far.
    pub fn len(&self) -> u64 {
        self.sink.bytes_written() as u64
    }

    /// Writes the dictionary, plainly encoded; before any other page.
    pub fn dictionary(
        &mut self,
        values: &[u8],
        count: usize,
        compressor: &mut Compressor,
    ) -> Result<(), SegmentError> {
        let page = Page::DictionaryPage {
            buf: Bytes::copy_from_slice(compressor.compress(values)?),
            num_values: count as u32,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        let spec =
            SerializedPageWriter::new(&mut self.sink).write_page(CompressedPage::new(page, values.len()))?;
        self.raw_bytes += spec.uncompressed_size as u64;
        self.dictionary_bytes = Some(spec.bytes_written);
        self.add_encoding(Encoding::PLAIN);
        Ok(())
    }

    /// Rows without values. Those of neighbouring blocks share a page.
    pub fn nulls(&mut self, rows: usize) {
        self.pending_nulls += rows;
    }

    /// Writes a page; says where its bytes lie in the chunk.
    pub fn page(
        &mut self,
        values: &Values<'_>,
        compressor: &mut Compressor,
    ) -> Result<PageLocation, SegmentError> {
        self.flush_nulls(compressor)?;
        self.write(values, compressor)
    }

    fn flush_nulls(&mut self, compressor: &mut Compressor) -> Result<(), SegmentError> {
        let rows = std::mem::take(&mut self.pending_nulls);
        if rows > 0 {
            let valid = vec![false; rows];
            self.write(&Values { valid: Some(&valid), ..Values::plain(rows) }, compressor)?;
        }
        Ok(())
    }

    fn write(
        &mut self,
        values: &Values<'_>,
        compressor: &mut Compressor,
    ) -> Result<PageLocation, SegmentError> {
        let nulls = self.put_levels(values);
        let levels = self.levels.len();
        let (stored, is_compressed) = compressor.page(&self.levels, values.bytes)?;
        let location = PageLocation {
            offset: 0,
            levels: levels as u32,
            stored: (stored.len() - levels) as u32,
            raw: if is_compressed { values.bytes.len() as u32 } else { 0 },
            rows: values.rows as u32,
            crc: crc32c::crc32c(stored),
        };
        let page = Page::DataPageV2 {
            buf: Bytes::copy_from_slice(stored),
            num_values: values.rows as u32,
            encoding: values.encoding,
            num_nulls: nulls as u32,
            num_rows: values.rows as u32,
            def_levels_byte_len: levels as u32,
            rep_levels_byte_len: 0,
            is_compressed,
            statistics: None,
        };
        let stored = stored.len() as u64;
        let raw = levels + values.bytes.len();
        let spec = SerializedPageWriter::new(&mut self.sink).write_page(CompressedPage::new(page, raw))?;
        debug_assert_eq!(spec.page_type, PageType::DATA_PAGE_V2);
        self.raw_bytes += spec.uncompressed_size as u64;
        self.add_encoding(values.encoding);
        self.offsets.append_offset_and_size(spec.offset as i64, spec.bytes_written as i32);
        self.offsets.append_row_count(values.rows as i64);
        self.note(values, nulls);
        Ok(PageLocation { offset: spec.offset + spec.bytes_written - stored, ..location })
    }

    /// Definition levels of a nullable column; says how many rows are null.
    fn put_levels(&mut self, values: &Values<'_>) -> usize {
        self.levels.clear();
        if self.column.max_def_level() == 0 {
            return 0;
        }
        let Some(valid) = values.valid else {
            hybrid::encode_runs(std::iter::once((1, values.rows)), 1, &mut self.levels);
            return 0;
        };
        let runs = valid.chunk_by(|left, right| left == right).map(|run| (u32::from(run[0]), run.len()));
        hybrid::encode_runs(runs, 1, &mut self.levels);
        valid.iter().filter(|&&valid| !valid).count()
    }

    fn add_encoding(&mut self, encoding: Encoding) {
        if !self.encodings.contains(&encoding) {
            self.encodings.push(encoding);
        }
    }

    fn note(&mut self, values: &Values<'_>, nulls: usize) {
        self.rows += values.rows as u64;
        self.nulls += nulls as u64;
        let empty = nulls == values.rows;
        if !empty && values.bounds.is_none() {
            self.index = None;
        }
        let Some(index) = &mut self.index else { return };
        let (least, most) = values.bounds.as_ref().map(Bounds::to_bytes).unwrap_or_default();
        let nans = matches!(self.column.physical_type(), parquet::basic::Type::DOUBLE).then_some(0);
        index.append(empty, least, most, nulls as i64, nans);
        if let Some(page) = &values.bounds {
            match &mut self.bounds {
                Some(bounds) => bounds.unite(page),
                None => self.bounds = Some(page.clone()),
            }
        }
    }

    /// The bytes of the chunk, and what the container needs to know of them.
    pub fn close(mut self, compressor: &mut Compressor) -> Result<(Bytes, ColumnCloseResult), SegmentError> {
        self.flush_nulls(compressor)?;
        let written = self.len();
        self.add_encoding(Encoding::RLE);
        let mut metadata = ColumnChunkMetaData::builder(self.column)
            .set_encodings(self.encodings)
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_num_values(self.rows as i64)
            .set_total_compressed_size(written as i64)
            .set_total_uncompressed_size(self.raw_bytes as i64)
            .set_dictionary_page_offset(self.dictionary_bytes.map(|_| 0))
            .set_data_page_offset(self.dictionary_bytes.unwrap_or(0) as i64);
        if let (Some(bounds), Some(_)) = (&self.bounds, &self.index) {
            metadata = metadata.set_statistics(bounds.statistics(self.nulls));
        }
        let close = ColumnCloseResult {
            bytes_written: written,
            rows_written: self.rows,
            metadata: metadata.build()?,
            bloom_filter: None,
            column_index: self.index.map(ColumnIndexBuilder::build).transpose()?,
            offset_index: Some(self.offsets.build()),
        };
        Ok((Bytes::from(self.sink.into_inner()?), close))
    }
}
