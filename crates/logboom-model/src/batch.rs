//! The columnar unit that travels through logboom: rows of one resource, in source order. Seqs are contiguous but
//! where a segment gives back rows that others lay between.
//!
//! Bodies lie in one buffer with offsets; there is no allocation per record. The bytes on disk are the store's
//! business (`logboom-store`), which rebuilds a batch through [`Batch::from_columns`].

use std::ops::Range;
use std::sync::Arc;

use crate::attribute_view::AttributeView;
use crate::batch_columns::{AttributeColumn, BatchColumns, MalformedBatch};
use crate::{Flags, Record, Resource, Severity, Stream, limits};

/// Everything of a row but its body.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Nanoseconds since the Unix epoch.
    pub time: i64,
    /// Nanoseconds since the Unix epoch.
    pub observed: i64,
    /// OpenTelemetry severity.
    pub severity: Severity,
    /// Standard stream.
    pub stream: Stream,
    /// Marks.
    pub flags: Flags,
}

/// Rows of one resource, in source order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    resource: Arc<Resource>,
    first_seq: u64,
    /// Seq of each row where they are not contiguous.
    seqs: Option<Vec<u64>>,
    columns: BatchColumns,
    /// Attributes read from columns of their own.
    views: Vec<AttributeView>,
}

impl Batch {
    /// An empty batch. Its seqs are assigned by the store at commit.
    pub fn new(resource: Arc<Resource>) -> Self {
        Self::with_capacity(resource, 0, 0)
    }

    /// An empty batch with room for so many rows and bytes of bodies.
    pub fn with_capacity(resource: Arc<Resource>, rows: usize, body_bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self {
            resource,
            first_seq: 0,
            seqs: None,
            columns: BatchColumns {
                times: Vec::with_capacity(rows),
                observed: Vec::with_capacity(rows),
                severities: Vec::with_capacity(rows),
                streams: Vec::with_capacity(rows),
                flags: Vec::with_capacity(rows),
                body: Vec::with_capacity(body_bytes),
                offsets,
                attributes: None,
            },
            views: Vec::new(),
        }
    }

    /// Rebuilds a batch from stored columns, checking every length, offset and code.
    pub fn from_columns(
        resource: Arc<Resource>,
        first_seq: u64,
        columns: BatchColumns,
    ) -> Result<Self, MalformedBatch> {
        columns.check()?;
        if first_seq.checked_add(columns.times.len() as u64).is_none() {
            return Err(MalformedBatch("seq overflows"));
        }
        Ok(Self { resource, first_seq, seqs: None, columns, views: Vec::new() })
    }

    /// Appends one row without attributes.
    pub fn push(&mut self, row: Row, body: &[u8]) {
        self.columns.body.extend_from_slice(body);
        self.end_row(row);
    }

    /// Appends one row with attributes: a JSON object, which the caller vouches for; empty for none.
    pub fn push_with_attributes(&mut self, row: Row, body: &[u8], attributes: &[u8]) {
        self.columns.body.extend_from_slice(body);
        self.end_row_with_attributes(row, attributes);
    }

    /// Closes the row whose body was appended to [`Batch::body_buffer`], with attributes as in
    /// [`Batch::push_with_attributes`].
    pub fn end_row_with_attributes(&mut self, row: Row, attributes: &[u8]) {
        self.end_row(row);
        if attributes.is_empty() {
            return;
        }
        let rows = self.len();
        let column = self
            .columns
            .attributes
            .get_or_insert_with(|| AttributeColumn { bytes: Vec::new(), offsets: vec![0; rows] });
        column.bytes.extend_from_slice(attributes);
        match column.offsets.get_mut(rows) {
            Some(end) => *end = column.bytes.len() as u32,
            None => column.offsets.push(column.bytes.len() as u32),
        }
    }

    /// The body buffer, for decoders that unescape straight into it; [`Batch::end_row`] closes the row, and
    /// whatever was appended since the last row is its body.
    pub fn body_buffer(&mut self) -> &mut Vec<u8> {
        &mut self.columns.body
    }

    /// Drops bytes appended to [`Batch::body_buffer`] since the last row.
    pub fn discard_open_row(&mut self) {
        let end = self.columns.offsets.last().copied().unwrap_or(0);
        self.columns.body.truncate(end as usize);
    }

    /// Closes the row whose body was appended to [`Batch::body_buffer`].
    pub fn end_row(&mut self, row: Row) {
        self.columns.times.push(row.time);
        self.columns.observed.push(row.observed);
        self.columns.severities.push(row.severity.number());
        self.columns.streams.push(row.stream as u8);
        self.columns.flags.push(row.flags.bits());
        self.columns.offsets.push(self.columns.body.len() as u32);
        if let Some(attributes) = &mut self.columns.attributes {
            attributes.offsets.push(attributes.bytes.len() as u32);
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.columns.times.len()
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.columns.times.is_empty()
    }

    /// Whether another row of so many bytes (of body, and of attributes if it has any) still keeps the limits of
    /// one batch. An empty batch always has room.
    pub fn has_room(&self, row_bytes: usize) -> bool {
        let attributes = self.columns.attributes.as_ref().map_or(0, |column| column.bytes.len());
        self.len() < limits::BATCH_ROWS_MAX
            && (self.is_empty()
                || self.columns.body.len() + row_bytes <= limits::BATCH_BODY_BYTES_MAX
                    && attributes + row_bytes <= limits::BATCH_ATTRIBUTES_BYTES_MAX)
    }

    /// A copy of some of its rows, seqs included; views are left out.
    pub fn rows(&self, rows: Range<usize>) -> Self {
        let mut copy = Self::new(self.resource.clone());
        for row in rows.clone() {
            copy.push_with_attributes(self.row(row), self.body(row), self.attributes(row));
        }
        copy.first_seq = rows.clone().next().map_or(0, |first| self.seq(first));
        copy.seqs = self.seqs.as_ref().map(|seqs| seqs[rows].to_vec());
        copy
    }

    /// Bytes this batch holds in memory, for budgets.
    pub fn memory_bytes(&self) -> usize {
        let columns = &self.columns;
        columns.body.capacity()
            + self.seqs.as_ref().map_or(0, Vec::capacity) * 8
            + columns.times.capacity() * 8
            + columns.observed.capacity() * 8
            + columns.severities.capacity()
            + columns.streams.capacity()
            + columns.flags.capacity() * 2
            + columns.offsets.capacity() * 4
            + columns
                .attributes
                .as_ref()
                .map_or(0, |column| column.bytes.capacity() + column.offsets.capacity() * 4)
            + self.views.iter().map(AttributeView::memory_bytes).sum::<usize>()
    }

    /// What produced the rows.
    pub fn resource(&self) -> &Arc<Resource> {
        &self.resource
    }

    /// Seq of the first row; 0 until the store has assigned one.
    pub fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// One past the seq of the last row.
    pub fn end_seq(&self) -> u64 {
        match &self.seqs {
            Some(seqs) => seqs.last().map_or(self.first_seq, |last| last + 1),
            None => self.first_seq + self.len() as u64,
        }
    }

    /// The seq of one row.
    pub fn seq(&self, row: usize) -> u64 {
        match &self.seqs {
            Some(seqs) => seqs[row],
            None => self.first_seq + row as u64,
        }
    }

    /// Assigns contiguous seqs; the store's business, once.
    pub fn assign_seqs(&mut self, first_seq: u64) {
        self.first_seq = first_seq;
        self.seqs = None;
    }

    /// Gives each row a seq of its own, ascending: rows of one resource that a segment keeps together.
    pub fn assign_each_seq(&mut self, seqs: Vec<u64>) -> Result<(), MalformedBatch> {
        if seqs.len() != self.len() {
            return Err(MalformedBatch("not one seq for each row"));
        }
        if seqs.windows(2).any(|pair| pair[0] >= pair[1]) || seqs.last() == Some(&u64::MAX) {
            return Err(MalformedBatch("seqs do not ascend"));
        }
        self.first_seq = seqs.first().copied().unwrap_or(self.first_seq);
        self.seqs = Some(seqs);
        Ok(())
    }

    /// Gives the batch the values of attributes that were read from columns of their own.
    pub fn set_views(&mut self, views: Vec<AttributeView>) {
        self.views = views;
    }

    /// The values of one attribute (its folded name, `_` for `.`), if they were read from columns of their own.
    pub fn view(&self, name: &str) -> Option<&AttributeView> {
        self.views.iter().find(|view| view.name() == name)
    }

    /// The raw columns.
    pub fn columns(&self) -> &BatchColumns {
        &self.columns
    }

    /// The severity column, for the stage that fills it.
    pub fn set_severity(&mut self, row: usize, severity: Severity) {
        self.columns.severities[row] = severity.number();
    }

    /// Sets marks on one row, for the stage that finds them.
    pub fn mark(&mut self, row: usize, marks: Flags) {
        self.columns.flags[row] |= marks.bits();
    }

    /// Sets marks on every row, as the backlog does.
    pub fn mark_all(&mut self, marks: Flags) {
        self.columns.flags.iter_mut().for_each(|flags| *flags |= marks.bits());
    }

    /// The body of one row.
    pub fn body(&self, row: usize) -> &[u8] {
        &self.columns.body[self.columns.offsets[row] as usize..self.columns.offsets[row + 1] as usize]
    }

    /// The marks of one row.
    pub fn flags(&self, row: usize) -> Flags {
        Flags::from_bits_retain(self.columns.flags[row])
    }

    /// The stream of one row.
    pub fn stream(&self, row: usize) -> Stream {
        Stream::from_byte(self.columns.streams[row]).unwrap_or_default()
    }

    /// The attributes of one row: a JSON object, or empty.
    pub fn attributes(&self, row: usize) -> &[u8] {
        match &self.columns.attributes {
            Some(column) => &column.bytes[column.offsets[row] as usize..column.offsets[row + 1] as usize],
            None => &[],
        }
    }

    /// Everything of one row but its body.
    pub fn row(&self, row: usize) -> Row {
        Row {
            time: self.columns.times[row],
            observed: self.columns.observed[row],
            severity: Severity::from_number(self.columns.severities[row]).unwrap_or_default(),
            stream: self.stream(row),
            flags: self.flags(row),
        }
    }

    /// One row as a reader sees it.
    pub fn record(&self, row: usize) -> Record<'_> {
        let Row { time, observed, severity, stream, flags } = self.row(row);
        Record {
            seq: self.seq(row),
            time,
            observed,
            severity,
            stream,
            flags,
            body: self.body(row),
            attributes: self.attributes(row),
            resource: &self.resource,
        }
    }

    /// Every row as a reader sees it.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = Record<'_>> + ExactSizeIterator {
        (0..self.len()).map(|row| self.record(row))
    }

    /// Earliest and latest event time; `None` when empty.
    pub fn time_range(&self) -> Option<(i64, i64)> {
        Some((*self.columns.times.iter().min()?, *self.columns.times.iter().max()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(time: i64) -> Row {
        Row { time, observed: 0, severity: Severity::INFO, stream: Stream::Stdout, flags: Flags::empty() }
    }

    #[test]
    fn attributes_may_start_at_any_row() {
        let mut batch = Batch::new(Arc::new(Resource::builder().build()));
        batch.push(row(1), b"one");
        batch.push_with_attributes(row(2), b"two", b"{\"a\":1}");
        batch.push(row(3), b"");
        batch.push_with_attributes(row(4), b"four", b"{}");
        let seen: Vec<_> =
            batch.records().map(|record| (record.body.to_vec(), record.attributes.to_vec())).collect();
        let expected: [(&[u8], &[u8]); 4] =
            [(b"one", b""), (b"two", b"{\"a\":1}"), (b"", b""), (b"four", b"{}")];
        assert_eq!(seen, expected.map(|(body, attributes)| (body.to_vec(), attributes.to_vec())));
        assert_eq!(batch.time_range(), Some((1, 4)));
    }

    #[test]
    fn rows_may_have_seqs_of_their_own() {
        let mut batch = Batch::new(Arc::new(Resource::builder().build()));
        batch.push(row(1), b"one");
        batch.push(row(2), b"two");
        assert_eq!(batch.assign_each_seq(vec![7, 7]), Err(MalformedBatch("seqs do not ascend")));
        assert_eq!(batch.assign_each_seq(vec![7]), Err(MalformedBatch("not one seq for each row")));
        assert_eq!(batch.assign_each_seq(vec![7, 9]), Ok(()));
        assert_eq!((batch.first_seq(), batch.seq(1), batch.end_seq(), batch.record(1).seq), (7, 9, 10, 9));
        batch.assign_seqs(3);
        assert_eq!((batch.seq(1), batch.end_seq()), (4, 5));
    }

    #[test]
    fn columns_that_do_not_fit_are_refused() {
        let mut batch = Batch::new(Arc::new(Resource::builder().build()));
        batch.push(row(1), b"one");
        let good = batch.columns().clone();
        let rebuilt = Batch::from_columns(batch.resource().clone(), 0, good.clone());
        assert_eq!(rebuilt, Ok(batch.clone()));
        for spoil in [
            (|c: &mut BatchColumns| c.times.push(1)) as fn(&mut BatchColumns),
            |c| c.offsets[1] = 9,
            |c| c.offsets[0] = 1,
            |c| c.severities[0] = 25,
            |c| c.streams[0] = 3,
            |c| c.attributes = Some(AttributeColumn::default()),
        ] {
            let mut bad = good.clone();
            spoil(&mut bad);
            assert!(Batch::from_columns(batch.resource().clone(), 0, bad).is_err());
        }
    }
}
