//! One batch as columns: resource, times, observed times, severities, streams, flags, lengths, bodies, attributes.
//!
//! ```text
//! varint resource (index in the file) · varint rows
//! times, observed:  0 · signed value                  every row the same
//!                   1 · signed first · signed deltas
//! severity, stream: 0 · byte | 1 · one byte a row
//! flags:            0 · varint | 1 · varint a row
//! bodies:           varint length a row · bytes
//! attributes:       0 | 1 · varint length a row · bytes
//! ```

use std::sync::Arc;

use logboom_model::{AttributeColumn, Batch, BatchColumns, Resource};

use super::wire::{Input, Malformed, put_signed, put_varint, put_varints, zigzag};

const CONSTANT: u8 = 0;
const VARYING: u8 = 1;

/// Appends a batch whose resource has this index.
pub fn encode(batch: &Batch, resource: u32, out: &mut Vec<u8>) {
    let columns = batch.columns();
    put_varint(out, u64::from(resource));
    put_varint(out, batch.len() as u64);
    put_times(out, &columns.times);
    put_times(out, &columns.observed);
    put_small(out, &columns.severities);
    put_small(out, &columns.streams);
    match constant(&columns.flags) {
        Some(value) => {
            out.push(CONSTANT);
            put_varint(out, u64::from(value));
        }
        None => {
            out.push(VARYING);
            put_varints(out, columns.flags.iter().map(|&flags| u64::from(flags)));
        }
    }
    put_slices(out, &columns.offsets, &columns.body);
    match &columns.attributes {
        None => out.push(CONSTANT),
        Some(column) => {
            out.push(VARYING);
            put_slices(out, &column.offsets, &column.bytes);
        }
    }
}

fn constant<T: Copy + PartialEq>(values: &[T]) -> Option<T> {
    let first = *values.first()?;
    values.iter().all(|&value| value == first).then_some(first)
}

fn put_times(out: &mut Vec<u8>, times: &[i64]) {
    match constant(times) {
        Some(value) => {
            out.push(CONSTANT);
            put_signed(out, value);
        }
        None => {
            out.push(VARYING);
            let mut before = 0i64;
            put_varints(
                out,
                times.iter().map(|&time| {
                    let delta = time.wrapping_sub(before);
                    before = time;
                    zigzag(delta)
                }),
            );
        }
    }
}

fn put_small(out: &mut Vec<u8>, values: &[u8]) {
    match constant(values) {
        Some(value) => out.extend_from_slice(&[CONSTANT, value]),
        None => {
            out.push(VARYING);
            out.extend_from_slice(values);
        }
    }
}

fn put_slices(out: &mut Vec<u8>, offsets: &[u32], bytes: &[u8]) {
    put_varints(out, offsets.windows(2).map(|pair| u64::from(pair[1] - pair[0])));
    out.extend_from_slice(bytes);
}

/// Reads a batch. `resource` turns an index into a resource.
pub fn decode(
    input: &mut Input<'_>,
    first_seq: u64,
    resource: impl FnOnce(u64) -> Arc<Resource>,
) -> Result<Batch, Malformed> {
    let resource = resource(input.varint()?);
    // Every row has at least the byte of its body's length, so this bounds what is allocated.
    let rows = input.count()?;
    let columns = BatchColumns {
        times: take_times(input, rows)?,
        observed: take_times(input, rows)?,
        severities: take_small(input, rows)?,
        streams: take_small(input, rows)?,
        flags: take_flags(input, rows)?,
        ..take_bodies(input, rows)?
    };
    Batch::from_columns(resource, first_seq, columns).map_err(|error| Malformed(error.0))
}

fn take_bodies(input: &mut Input<'_>, rows: usize) -> Result<BatchColumns, Malformed> {
    let (offsets, body) = take_slices(input, rows)?;
    let attributes = match input.byte()? {
        CONSTANT => None,
        VARYING => {
            let (offsets, bytes) = take_slices(input, rows)?;
            Some(AttributeColumn { bytes, offsets })
        }
        _ => return Err(Malformed("unknown form of a column")),
    };
    Ok(BatchColumns {
        times: Vec::new(),
        observed: Vec::new(),
        severities: Vec::new(),
        streams: Vec::new(),
        flags: Vec::new(),
        body,
        offsets,
        attributes,
    })
}

fn take_times(input: &mut Input<'_>, rows: usize) -> Result<Vec<i64>, Malformed> {
    match input.byte()? {
        CONSTANT => Ok(vec![input.signed()?; rows]),
        VARYING => {
            let mut time = 0i64;
            let mut times = Vec::with_capacity(rows);
            for _ in 0..rows {
                time = time.wrapping_add(input.signed()?);
                times.push(time);
            }
            Ok(times)
        }
        _ => Err(Malformed("unknown form of a column")),
    }
}

fn take_small(input: &mut Input<'_>, rows: usize) -> Result<Vec<u8>, Malformed> {
    match input.byte()? {
        CONSTANT => Ok(vec![input.byte()?; rows]),
        VARYING => Ok(input.take(rows)?.to_vec()),
        _ => Err(Malformed("unknown form of a column")),
    }
}

fn take_flags(input: &mut Input<'_>, rows: usize) -> Result<Vec<u16>, Malformed> {
    let flags = |value: u64| u16::try_from(value).map_err(|_| Malformed("flags are out of bounds"));
    match input.byte()? {
        CONSTANT => Ok(vec![flags(input.varint()?)?; rows]),
        VARYING => (0..rows).map(|_| flags(input.varint()?)).collect(),
        _ => Err(Malformed("unknown form of a column")),
    }
}

fn take_slices(input: &mut Input<'_>, rows: usize) -> Result<(Vec<u32>, Vec<u8>), Malformed> {
    let mut offsets = Vec::with_capacity(rows + 1);
    let mut end = 0u32;
    offsets.push(end);
    for _ in 0..rows {
        let length = u32::try_from(input.varint()?).map_err(|_| Malformed("a length is out of bounds"))?;
        end = end.checked_add(length).ok_or(Malformed("a length is out of bounds"))?;
        offsets.push(end);
    }
    Ok((offsets, input.take(end as usize)?.to_vec()))
}

#[cfg(test)]
mod tests {
    use logboom_model::{Flags, Row, Severity, Stream};
    use proptest::prelude::*;

    use super::*;

    /// Time, observed, severity, stream, flags, body, whether it has attributes.
    type TestRow = (i64, i64, u8, u8, u16, Vec<u8>, bool);

    fn rows() -> impl Strategy<Value = Vec<TestRow>> {
        let wide =
            (any::<i64>(), any::<i64>(), 0u8..25, 0u8..3, any::<u16>(), any::<Vec<u8>>(), any::<bool>());
        let narrow = (0i64..9, Just(5), Just(9), Just(1), Just(0), any::<Vec<u8>>(), Just(false));
        prop_oneof![proptest::collection::vec(wide, 0..40), proptest::collection::vec(narrow, 0..40)]
    }

    fn build(rows: &[TestRow]) -> Batch {
        let mut batch = Batch::new(Arc::new(Resource::builder().with("a", "b").build()));
        for (time, observed, severity, stream, flags, body, attributes) in rows {
            let row = Row {
                time: *time,
                observed: *observed,
                severity: Severity::from_number(*severity).unwrap(),
                stream: Stream::from_byte(*stream).unwrap(),
                flags: Flags::from_bits_retain(*flags),
            };
            batch.push_with_attributes(row, body, if *attributes { b"{\"k\":1}" } else { b"" });
        }
        batch.assign_seqs(10);
        batch
    }

    proptest! {
        #[test]
        fn batches_survive(rows in rows()) {
            let batch = build(&rows);
            let mut out = Vec::new();
            encode(&batch, 3, &mut out);
            let mut input = Input::new(&out);
            let read = decode(&mut input, 10, |index| {
                assert_eq!(index, 3);
                batch.resource().clone()
            });
            prop_assert_eq!(read.as_ref(), Ok(&batch));
            prop_assert_eq!(input.remaining(), 0);
        }

        #[test]
        fn damaged_batches_never_panic(rows in rows(), at in any::<prop::sample::Index>(), value in any::<u8>()) {
            let batch = build(&rows);
            let mut out = Vec::new();
            encode(&batch, 3, &mut out);
            let index = at.index(out.len());
            out[index] = value;
            let _ = decode(&mut Input::new(&out), 10, |_| batch.resource().clone());
            let _ = decode(&mut Input::new(&out[..index]), 10, |_| batch.resource().clone());
        }
    }
}
