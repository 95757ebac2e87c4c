//! One block back into batches: its pages, and what they decode to. Nothing is allocated beyond what the index, which
//! has a checksum, says of rows and bytes; what pages then hold is checked against it.

use std::ops::Range;
use std::sync::Arc;

use logboom_model::{
    AttributeColumn as SourceColumn, AttributeView, Batch, BatchColumns, ColumnValues, FixedValues,
    MalformedBatch, TextValues,
};

use super::dictionaries::STREAMS;
use super::index::{Index, located};
use super::page::Pages;
use super::{BlockInfo, SegmentError};
use crate::Columns;
use crate::encoding::{Malformed, delta, plain};
use crate::fs::FsFile;
use crate::shred::ColumnKind;

impl From<Malformed> for SegmentError {
    fn from(error: Malformed) -> Self {
        Self::Damaged(error.problem)
    }
}

impl From<MalformedBatch> for SegmentError {
    fn from(error: MalformedBatch) -> Self {
        Self::Damaged(error.0)
    }
}

/// Loads one block.
pub(super) struct Loader<'a> {
    index: &'a Index,
    at: usize,
    block: &'a BlockInfo,
    pages: Pages<'a>,
}

impl<'a> Loader<'a> {
    /// Of a block.
    pub fn new(file: &'a dyn FsFile, index: &'a Index, at: usize) -> Result<Self, SegmentError> {
        let block = index.blocks.get(at).ok_or(SegmentError::Damaged("there is no such block"))?;
        Ok(Self { index, at, block, pages: Pages::new(file, index, at) })
    }

    /// One batch for each resource.
    pub fn load(&mut self, columns: &Columns) -> Result<Vec<Batch>, SegmentError> {
        let rows = self.block.rows;
        let seqs: Vec<u64> = self.integers(located::SEQ)?.into_iter().map(|seq| seq as u64).collect();
        let (offsets, body) = match columns.body {
            true => self.pages.bodies()?,
            false => (vec![0; rows + 1], Vec::new()),
        };
        let whole = BatchColumns {
            times: self.integers_if(columns.time, located::TIME)?,
            observed: self.integers_if(columns.observed, located::OBSERVED)?,
            severities: if columns.severity { self.severities()? } else { vec![0; rows] },
            streams: if columns.stream { self.streams()? } else { vec![0; rows] },
            flags: if columns.flags { self.flags()? } else { vec![0; rows] },
            body,
            offsets,
            attributes: if columns.attributes { self.source_attributes()? } else { None },
        };
        let views = columns.views.iter().map(|name| self.view(name)).collect::<Result<Vec<_>, _>>()?;
        self.split(seqs, whole, &views)
    }

    fn split(
        &self,
        seqs: Vec<u64>,
        whole: BatchColumns,
        views: &[AttributeView],
    ) -> Result<Vec<Batch>, SegmentError> {
        let parts = self.block.resources.iter().zip(&self.index.part_rows[self.at]);
        if self.block.resources.len() == 1 {
            return Ok(vec![self.batch(self.block.resources[0], seqs, whole, views.to_vec())?]);
        }
        let mut row = 0;
        parts
            .map(|(&resource, &rows)| {
                let range = row..row + rows as usize;
                row = range.end;
                let views = views.iter().map(|view| view.slice(range.clone())).collect();
                let seqs = seqs.get(range.clone()).unwrap_or_default().to_vec();
                self.batch(resource, seqs, rows_of(&whole, range), views)
            })
            .collect()
    }

    fn batch(
        &self,
        resource: u32,
        seqs: Vec<u64>,
        columns: BatchColumns,
        views: Vec<AttributeView>,
    ) -> Result<Batch, SegmentError> {
        let Some(share) = self.index.resources.get(resource as usize) else {
            return Err(SegmentError::Damaged("a block of an unknown resource"));
        };
        let (first, last) = (seqs.first().copied().unwrap_or(0), seqs.last().copied().unwrap_or(0));
        if first < self.block.seqs.0 || last > self.block.seqs.1 {
            return Err(SegmentError::Damaged("a seq outside of its block"));
        }
        let mut batch = Batch::from_columns(Arc::clone(&share.resource), first, columns)?;
        batch.assign_each_seq(seqs)?;
        batch.set_views(views);
        Ok(batch)
    }

    fn integers(&mut self, column: usize) -> Result<Vec<i64>, SegmentError> {
        let mut out = Vec::new();
        if let Some(page) = self.pages.one(column)? {
            delta::decode(page.values, self.block.rows, &mut out)?;
        }
        Ok(out)
    }

    fn integers_if(&mut self, wanted: bool, column: usize) -> Result<Vec<i64>, SegmentError> {
        if wanted { self.integers(column) } else { Ok(vec![0; self.block.rows]) }
    }

    fn severities(&mut self) -> Result<Vec<u8>, SegmentError> {
        let dictionary = &self.index.severities;
        let Some(page) = self.pages.one(located::SEVERITY)? else { return Ok(Vec::new()) };
        let codes = page.codes(self.block.rows)?;
        look_up(&codes, dictionary)
    }

    fn flags(&mut self) -> Result<Vec<u16>, SegmentError> {
        let dictionary = &self.index.flags;
        let Some(page) = self.pages.one(located::FLAGS)? else { return Ok(Vec::new()) };
        let codes = page.codes(self.block.rows)?;
        look_up(&codes, dictionary)
    }

    fn streams(&mut self) -> Result<Vec<u8>, SegmentError> {
        let rows = self.block.rows;
        let Some(page) = self.pages.one(located::STREAM)? else { return Ok(vec![0; rows]) };
        let (valid, present) = page.valid(rows)?;
        let mut named = look_up(&page.codes(present)?, &STREAMS.map(|stream| stream as u8))?.into_iter();
        Ok(valid.into_iter().map(|valid| if valid { named.next().unwrap_or(0) } else { 0 }).collect())
    }

    fn source_attributes(&mut self) -> Result<Option<SourceColumn>, SegmentError> {
        let texts = self.texts(located::SOURCE_ATTRIBUTES)?;
        if texts.bytes.is_empty() {
            return Ok(None);
        }
        let mut ends = texts.offsets.iter().skip(1);
        let mut end = 0;
        let mut offsets = Vec::with_capacity(texts.valid.len() + 1);
        offsets.push(0);
        offsets.extend(texts.valid.iter().map(|&valid| {
            if valid {
                end = ends.next().copied().unwrap_or(end);
            }
            end
        }));
        Ok(Some(SourceColumn { bytes: texts.bytes, offsets }))
    }

    /// Texts of a nullable column.
    fn texts(&mut self, column: usize) -> Result<TextValues, SegmentError> {
        let rows = self.block.rows;
        match self.pages.one(column)? {
            None => Ok(TextValues { valid: vec![false; rows], bytes: Vec::new(), offsets: vec![0] }),
            Some(page) => page.texts(rows),
        }
    }

    /// The values of all columns with this folded name, and of the residual.
    fn view(&mut self, name: &str) -> Result<AttributeView, SegmentError> {
        let mut columns = Vec::new();
        for (at, attribute) in self.index.attributes.iter().enumerate() {
            if folded(&attribute.name) == name {
                columns.push(self.attribute(located::ATTRIBUTES + at, attribute.kind)?);
            }
        }
        let residual = self.texts(located::RESIDUAL)?;
        let residual = Some(residual).filter(|texts| !texts.bytes.is_empty());
        Ok(AttributeView::new(name, self.block.rows, columns, residual))
    }

    fn attribute(&mut self, column: usize, kind: ColumnKind) -> Result<ColumnValues, SegmentError> {
        let rows = self.block.rows;
        if kind == ColumnKind::Text {
            let texts = self.texts(column)?;
            return Ok(if texts.offsets.len() > 1 {
                ColumnValues::Text(texts)
            } else {
                ColumnValues::Absent
            });
        }
        let Some(page) = self.pages.one(column)? else { return Ok(ColumnValues::Absent) };
        let (valid, present) = page.valid(rows)?;
        Ok(match kind {
            ColumnKind::I64 => {
                let mut values = Vec::new();
                delta::decode(page.values, present, &mut values)?;
                ColumnValues::I64(FixedValues { valid, values })
            }
            ColumnKind::F64 => {
                let mut values = Vec::new();
                plain::decode_f64(page.values, present, &mut values)?;
                ColumnValues::F64(FixedValues { valid, values })
            }
            ColumnKind::Bool | ColumnKind::Text => {
                let mut values = Vec::new();
                plain::decode_bool(page.values, present, &mut values)?;
                ColumnValues::Bool(FixedValues { valid, values })
            }
        })
    }
}

/// As names are asked for: `_` for `.`.
fn folded(name: &str) -> String {
    name.replace('.', "_")
}

fn look_up<T: Copy>(codes: &[u32], dictionary: &[T]) -> Result<Vec<T>, SegmentError> {
    codes
        .iter()
        .map(|&code| {
            dictionary
                .get(code as usize)
                .copied()
                .ok_or(SegmentError::Damaged("a code beyond its dictionary"))
        })
        .collect()
}

/// Some of the rows of columns.
pub(super) fn rows_of(whole: &BatchColumns, rows: Range<usize>) -> BatchColumns {
    let cut = |bytes: &[u8], offsets: &[u32]| {
        let offsets = offsets.get(rows.start..=rows.end).unwrap_or(&[0]);
        let (first, last) = (offsets[0], offsets[offsets.len() - 1]);
        let moved = offsets.iter().map(|offset| offset - first).collect::<Vec<u32>>();
        (bytes.get(first as usize..last as usize).unwrap_or_default().to_vec(), moved)
    };
    let (body, offsets) = cut(&whole.body, &whole.offsets);
    BatchColumns {
        times: whole.times.get(rows.clone()).unwrap_or_default().to_vec(),
        observed: whole.observed.get(rows.clone()).unwrap_or_default().to_vec(),
        severities: whole.severities.get(rows.clone()).unwrap_or_default().to_vec(),
        streams: whole.streams.get(rows.clone()).unwrap_or_default().to_vec(),
        flags: whole.flags.get(rows.clone()).unwrap_or_default().to_vec(),
        body,
        offsets,
        attributes: whole.attributes.as_ref().and_then(|column| {
            let (bytes, offsets) = cut(&column.bytes, &column.offsets);
            (!bytes.is_empty()).then_some(SourceColumn { bytes, offsets })
        }),
    }
}
