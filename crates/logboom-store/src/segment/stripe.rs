//! One stripe being written: a chunk for each column, filled block by block.

use logboom_model::{ColumnValues, Stream, TextValues};
use parquet::basic::Encoding;
use parquet::schema::types::SchemaDescriptor;

use super::SegmentError;
use super::bounds::Bounds;
use super::chunk::{Chunk, Values};
use super::codec::Compressor;
use super::dictionaries::{Dictionaries, STREAMS};
use super::gather::BlockRows;
use super::index::{PageLocation, located};
use super::schema::{Content, FileSchema};
use super::text::{Bodies, not_empty};
use crate::encoding::{delta, delta_length, hybrid, plain};
use crate::limits::{PAGE_BODY_BYTES_MAX, PAGE_RAW_BYTES_MAX};
use crate::shred::ShreddedBlock;

/// A page of a block, in a chunk whose place in the file is not known yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    /// Block of the stripe.
    pub block: usize,
    /// Column of the index.
    pub located: usize,
    /// Column of the file.
    pub column: usize,
    /// Where in its chunk.
    pub page: PageLocation,
}

/// The chunks of a stripe, and what is used again from block to block.
pub(super) struct Stripe<'a> {
    schema: &'a FileSchema,
    dictionaries: &'a Dictionaries,
    /// One for each column of the file.
    pub chunks: Vec<Chunk>,
    /// Compresses their pages.
    pub compressor: &'a mut Compressor,
    /// Pages so far.
    pub placed: Vec<Placed>,
    blocks: usize,
    values: Vec<u8>,
    bodies: Bodies,
}

impl<'a> Stripe<'a> {
    /// Without rows.
    pub fn new(
        schema: &'a FileSchema,
        descriptor: &SchemaDescriptor,
        dictionaries: &'a Dictionaries,
        compressor: &'a mut Compressor,
    ) -> Result<Self, SegmentError> {
        let chunks = descriptor.columns().iter().cloned().map(Chunk::new).collect();
        let mut stripe = Self {
            schema,
            dictionaries,
            chunks,
            compressor,
            placed: Vec::new(),
            blocks: 0,
            values: Vec::new(),
            bodies: Bodies::default(),
        };
        stripe.put_dictionaries()?;
        Ok(stripe)
    }

    /// Bytes of its pages so far.
    pub fn len(&self) -> u64 {
        self.chunks.iter().map(Chunk::len).sum()
    }

    fn put_dictionaries(&mut self) -> Result<(), SegmentError> {
        let dictionaries = self.dictionaries;
        for (chunk, column) in self.chunks.iter_mut().zip(&self.schema.columns) {
            let mut values = Vec::new();
            let mut texts = |texts: &mut dyn Iterator<Item = &str>| {
                texts.map(|text| plain::encode_bytes(text.as_bytes(), &mut values)).count()
            };
            let count = match column.content {
                Content::Severity => texts(&mut dictionaries.names.iter().copied()),
                Content::Stream => texts(&mut STREAMS.iter().copied().map(Stream::name)),
                Content::SeverityNumber => {
                    let numbers: Vec<i32> =
                        dictionaries.severities.iter().map(|&number| number.into()).collect();
                    plain::encode_i32(&numbers, &mut values);
                    numbers.len()
                }
                Content::Flags => {
                    let numbers: Vec<i32> = dictionaries.flags.iter().map(|&flags| flags.into()).collect();
                    plain::encode_i32(&numbers, &mut values);
                    numbers.len()
                }
                _ => 0,
            };
            if count > 0 {
                chunk.dictionary(&values, count, self.compressor)?;
            }
        }
        Ok(())
    }

    /// Adds a block. Columns of its resources are added with [`super::resources`].
    pub fn block(&mut self, rows: &BlockRows, shredded: Option<&ShreddedBlock>) -> Result<(), SegmentError> {
        let schema = self.schema;
        for (at, column) in schema.columns.iter().enumerate() {
            match column.content {
                Content::Seq => self.integers(at, &rows.seqs, None)?,
                Content::Time => self.integers(at, &rows.times, None)?,
                Content::Observed => self.integers(at, &rows.observed, None)?,
                Content::Severity => self.severity_names(at, rows)?,
                Content::SeverityNumber => self.severity_numbers(at, rows)?,
                Content::Stream => self.streams(at, rows)?,
                Content::Flags => self.flags(at, rows)?,
                Content::Body => self.bodies(at, rows)?,
                Content::BodyBytes => self.exact_bodies(at, rows)?,
                Content::SourceAttributes => self.source_attributes(at, rows)?,
                Content::Attribute(attribute, _) => {
                    let values = shredded.and_then(|block| block.columns.get(attribute));
                    self.attribute(at, rows.rows(), values.unwrap_or(&ColumnValues::Absent))?;
                }
                Content::Residual => match shredded {
                    Some(block) => self.texts(at, rows.rows(), &block.residual)?,
                    None => self.chunks[at].nulls(rows.rows()),
                },
                Content::ResourceId | Content::ResourceAttribute(_) | Content::Resource => {}
            }
        }
        self.blocks += 1;
        Ok(())
    }

    fn page(&mut self, column: usize, values: &Values<'_>) -> Result<(), SegmentError> {
        if values.bytes.len() > PAGE_RAW_BYTES_MAX {
            return Err(SegmentError::Unfit("a page is too large"));
        }
        let page = self.chunks[column].page(values, self.compressor)?;
        if let Some(located) = place(self.schema.columns[column].content) {
            self.placed.push(Placed { block: self.blocks, located, column, page });
        }
        Ok(())
    }

    /// A page whose values are encoded by `encode`.
    fn encoded(
        &mut self,
        column: usize,
        values: Values<'_>,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), SegmentError> {
        let mut bytes = std::mem::take(&mut self.values);
        bytes.clear();
        encode(&mut bytes);
        let written = self.page(column, &Values { bytes: &bytes, ..values });
        self.values = bytes;
        written
    }

    fn integers(
        &mut self,
        column: usize,
        values: &[i64],
        valid: Option<&[bool]>,
    ) -> Result<(), SegmentError> {
        let page = Values {
            encoding: Encoding::DELTA_BINARY_PACKED,
            bytes: &[],
            valid,
            rows: valid.map_or(values.len(), <[bool]>::len),
            bounds: Bounds::of_i64(values),
        };
        self.encoded(column, page, |out| delta::encode(values, out))
    }

    /// A page of codes of a dictionary of so many values.
    fn codes(
        &mut self,
        column: usize,
        page: Values<'_>,
        dictionary: usize,
        runs: impl Iterator<Item = (u32, usize)>,
    ) -> Result<(), SegmentError> {
        let width = hybrid::width_of(dictionary.saturating_sub(1) as u32);
        self.encoded(column, Values { encoding: Encoding::RLE_DICTIONARY, ..page }, |out| {
            out.push(width);
            hybrid::encode_runs(runs, width, out);
        })
    }

    fn severity_numbers(&mut self, column: usize, rows: &BlockRows) -> Result<(), SegmentError> {
        let dictionaries = self.dictionaries;
        let numbers = &rows.severities;
        let least = numbers.iter().min().copied().map_or(0, i32::from);
        let most = numbers.iter().max().copied().map_or(0, i32::from);
        let page = Values { bounds: Some(Bounds::I32(least, most)), ..Values::plain(rows.rows()) };
        let runs = numbers.chunk_by(|left, right| left == right);
        let runs = runs.map(|run| (dictionaries.severity(run[0]), run.len()));
        self.codes(column, page, dictionaries.severities.len(), runs)
    }

    fn severity_names(&mut self, column: usize, rows: &BlockRows) -> Result<(), SegmentError> {
        let dictionaries = self.dictionaries;
        let codes: [Option<u32>; 256] = std::array::from_fn(|number| dictionaries.name(number as u8));
        self.names(column, &dictionaries.names, &rows.severities, |number| codes[usize::from(number)])
    }

    fn streams(&mut self, column: usize, rows: &BlockRows) -> Result<(), SegmentError> {
        let names = STREAMS.map(Stream::name);
        let code = |byte| STREAMS.iter().position(|&stream| stream as u8 == byte).map(|at| at as u32);
        self.names(column, &names, &rows.streams, code)
    }

    /// Short names from a dictionary, by bytes some of which have none.
    fn names(
        &mut self,
        column: usize,
        names: &[&str],
        bytes: &[u8],
        code: impl Fn(u8) -> Option<u32>,
    ) -> Result<(), SegmentError> {
        let mut seen = vec![false; names.len()];
        let mut valid = Vec::new();
        let mut missing = 0;
        let runs: Vec<(Option<u32>, usize)> =
            bytes.chunk_by(|left, right| left == right).map(|run| (code(run[0]), run.len())).collect();
        for &(code, count) in &runs {
            match code {
                Some(code) => seen[code as usize] = true,
                None => missing += count,
            }
        }
        if missing == bytes.len() {
            self.chunks[column].nulls(bytes.len());
            return Ok(());
        }
        if missing > 0 {
            valid =
                runs.iter().flat_map(|&(code, count)| std::iter::repeat_n(code.is_some(), count)).collect();
        }
        let texts = names.iter().zip(&seen).filter(|(_, seen)| **seen).map(|(name, _)| name.as_bytes());
        let page = Values {
            valid: (missing > 0).then_some(&*valid),
            bounds: Bounds::of_texts(texts),
            ..Values::plain(bytes.len())
        };
        let runs = runs.iter().filter_map(|&(code, count)| Some((code?, count)));
        self.codes(column, page, names.len(), runs)
    }

    fn flags(&mut self, column: usize, rows: &BlockRows) -> Result<(), SegmentError> {
        let dictionaries = self.dictionaries;
        let least = rows.flags.iter().min().copied().map_or(0, i32::from);
        let most = rows.flags.iter().max().copied().map_or(0, i32::from);
        let page = Values { bounds: Some(Bounds::I32(least, most)), ..Values::plain(rows.rows()) };
        let runs = rows.flags.chunk_by(|left, right| left == right);
        let runs = runs.map(|run| (dictionaries.flags(run[0]), run.len()));
        self.codes(column, page, dictionaries.flags.len(), runs)
    }

    fn bodies(&mut self, column: usize, rows: &BlockRows) -> Result<(), SegmentError> {
        let mut bodies = std::mem::take(&mut self.bodies);
        let (text, offsets) = bodies.text(rows);
        let mut row = 0;
        while row < rows.rows() {
            let most = offsets[row] as usize + PAGE_BODY_BYTES_MAX;
            let fit = offsets[row..].partition_point(|&offset| offset as usize <= most) - 1;
            let end = row + fit.max(1);
            let page = Values { encoding: Encoding::DELTA_LENGTH_BYTE_ARRAY, ..Values::plain(end - row) };
            self.encoded(column, page, |out| delta_length::encode(text, &offsets[row..=end], out))?;
            row = end;
        }
        self.bodies = bodies;
        Ok(())
    }

    /// After [`Stripe::bodies`] of the same block, which finds them.
    fn exact_bodies(&mut self, column: usize, rows: &BlockRows) -> Result<(), SegmentError> {
        let bodies = std::mem::take(&mut self.bodies);
        if bodies.inexact.is_empty() {
            self.chunks[column].nulls(rows.rows());
        } else {
            self.strings(column, &bodies.inexact, &bodies.exact, &bodies.exact_offsets)?;
        }
        self.bodies = bodies;
        Ok(())
    }

    fn source_attributes(&mut self, column: usize, rows: &BlockRows) -> Result<(), SegmentError> {
        if rows.source.is_empty() {
            self.chunks[column].nulls(rows.rows());
            return Ok(());
        }
        let (valid, bytes, offsets) = not_empty(&rows.source, &rows.source_offsets);
        self.strings(column, &valid, &bytes, &offsets)
    }

    fn texts(&mut self, column: usize, rows: usize, texts: &TextValues) -> Result<(), SegmentError> {
        if texts.offsets.len() <= 1 {
            self.chunks[column].nulls(rows);
            return Ok(());
        }
        self.strings(column, &texts.valid, &texts.bytes, &texts.offsets)
    }

    fn strings(
        &mut self,
        column: usize,
        valid: &[bool],
        bytes: &[u8],
        offsets: &[u32],
    ) -> Result<(), SegmentError> {
        let page = Values {
            encoding: Encoding::DELTA_LENGTH_BYTE_ARRAY,
            valid: Some(valid),
            ..Values::plain(valid.len())
        };
        self.encoded(column, page, |out| delta_length::encode(bytes, offsets, out))
    }

    fn attribute(&mut self, column: usize, rows: usize, values: &ColumnValues) -> Result<(), SegmentError> {
        match values {
            ColumnValues::Absent => {
                self.chunks[column].nulls(rows);
                Ok(())
            }
            ColumnValues::Text(texts) => self.texts(column, rows, texts),
            ColumnValues::I64(fixed) => self.integers(column, &fixed.values, Some(&fixed.valid)),
            ColumnValues::F64(fixed) => {
                let page = Values {
                    valid: Some(&fixed.valid),
                    bounds: Bounds::of_f64(&fixed.values),
                    ..Values::plain(rows)
                };
                self.encoded(column, page, |out| plain::encode_f64(&fixed.values, out))
            }
            ColumnValues::Bool(fixed) => {
                let page = Values { valid: Some(&fixed.valid), ..Values::plain(rows) };
                self.encoded(column, page, |out| plain::encode_bool(&fixed.values, out))
            }
        }
    }
}

/// Where the index keeps the pages of a column.
fn place(content: Content) -> Option<usize> {
    Some(match content {
        Content::Seq => located::SEQ,
        Content::Time => located::TIME,
        Content::Observed => located::OBSERVED,
        Content::SeverityNumber => located::SEVERITY,
        Content::Stream => located::STREAM,
        Content::Flags => located::FLAGS,
        Content::Body => located::BODY,
        Content::BodyBytes => located::BODY_BYTES,
        Content::SourceAttributes => located::SOURCE_ATTRIBUTES,
        Content::Residual => located::RESIDUAL,
        Content::Attribute(attribute, _) => located::ATTRIBUTES + attribute,
        Content::Severity | Content::ResourceId | Content::ResourceAttribute(_) | Content::Resource => {
            return None;
        }
    })
}
