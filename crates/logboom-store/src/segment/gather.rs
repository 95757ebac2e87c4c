//! The rows of one block, moved together run by run into columns that are used again for the next block.

use logboom_model::{Batch, Flags};

use super::layout::{Block, Run};

/// Columns of one block.
#[derive(Debug, Default)]
pub(super) struct BlockRows {
    /// Seqs.
    pub seqs: Vec<i64>,
    /// Event times.
    pub times: Vec<i64>,
    /// Observed times.
    pub observed: Vec<i64>,
    /// Severity numbers.
    pub severities: Vec<u8>,
    /// Stream bytes.
    pub streams: Vec<u8>,
    /// Marks.
    pub flags: Vec<u16>,
    /// Bodies.
    pub body: Vec<u8>,
    /// Where each body begins, and where the last one ends.
    pub offsets: Vec<u32>,
    /// Attributes of the source; empty without any in the block.
    pub source: Vec<u8>,
    /// Where those of each row begin, and where the last ones end.
    pub source_offsets: Vec<u32>,
    /// Resources with their rows.
    pub parts: Vec<(u32, u32)>,
}

impl BlockRows {
    /// Replaces what it holds by the rows of a block.
    pub fn gather(&mut self, batches: &[Batch], block: &Block) {
        self.clear();
        for part in block {
            let before = self.rows();
            part.runs.iter().for_each(|run| self.push(&batches[run.batch], run));
            self.parts.push((part.resource, (self.rows() - before) as u32));
        }
    }

    /// Rows it holds.
    pub fn rows(&self) -> usize {
        self.times.len()
    }

    /// The body of a row.
    pub fn body(&self, row: usize) -> &[u8] {
        &self.body[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }

    /// The attributes that the source sent with a row; empty for none.
    pub fn source(&self, row: usize) -> &[u8] {
        &self.source[self.source_offsets[row] as usize..self.source_offsets[row + 1] as usize]
    }

    /// Whether any row has attributes, of its own or parsed.
    pub fn has_attributes(&self) -> bool {
        let marks = self.flags.iter().fold(0, |all, flags| all | flags);
        !self.source.is_empty() || Flags::from_bits_retain(marks).intersects(Flags::JSON.union(Flags::LOGFMT))
    }

    fn clear(&mut self) {
        self.seqs.clear();
        self.times.clear();
        self.observed.clear();
        self.severities.clear();
        self.streams.clear();
        self.flags.clear();
        self.body.clear();
        self.offsets.clear();
        self.offsets.push(0);
        self.source.clear();
        self.source_offsets.clear();
        self.source_offsets.push(0);
        self.parts.clear();
    }

    fn push(&mut self, batch: &Batch, run: &Run) {
        let columns = batch.columns();
        let rows = run.rows.clone();
        self.seqs.extend(rows.clone().map(|row| batch.seq(row) as i64));
        self.times.extend_from_slice(&columns.times[rows.clone()]);
        self.observed.extend_from_slice(&columns.observed[rows.clone()]);
        self.severities.extend_from_slice(&columns.severities[rows.clone()]);
        self.streams.extend_from_slice(&columns.streams[rows.clone()]);
        self.flags.extend_from_slice(&columns.flags[rows.clone()]);
        append(&mut self.body, &mut self.offsets, &columns.body, &columns.offsets[rows.start..=rows.end]);
        match &columns.attributes {
            Some(column) => append(
                &mut self.source,
                &mut self.source_offsets,
                &column.bytes,
                &column.offsets[rows.start..=rows.end],
            ),
            None => {
                let end = self.source.len() as u32;
                self.source_offsets.extend(rows.map(|_| end));
            }
        }
    }
}

/// Appends texts of one buffer to another.
fn append(out: &mut Vec<u8>, out_offsets: &mut Vec<u32>, bytes: &[u8], offsets: &[u32]) {
    let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) else { return };
    let moved = (out.len() as u32).wrapping_sub(first);
    out_offsets.extend(offsets[1..].iter().map(|offset| offset.wrapping_add(moved)));
    out.extend_from_slice(&bytes[first as usize..last as usize]);
}
