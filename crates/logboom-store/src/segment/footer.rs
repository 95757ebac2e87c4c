//! Just enough of a Parquet footer to find our index: Thrift's compact protocol, everything skipped but the key-value
//! metadata. The footer has no checksum, so that nothing in it is believed but what the index then confirms.

use super::SegmentError;
use crate::format::wire::{Input, Malformed};

/// Last bytes of a Parquet file.
const MAGIC: &[u8; 4] = b"PAR1";
/// Footer length and magic.
pub(super) const TAIL_BYTES: usize = 8;
/// Field of `FileMetaData` with the key-value metadata.
const KEY_VALUE_FIELD: i64 = 5;
/// Structures of Parquet nest less deeply.
const DEPTH_MAX: usize = 16;

/// Length of the footer, from the last bytes of the file.
pub(super) fn length(tail: [u8; TAIL_BYTES]) -> Result<usize, SegmentError> {
    let [a, b, c, d, magic @ ..] = tail;
    if magic != *MAGIC {
        return Err(SegmentError::Damaged("it does not end as a Parquet file"));
    }
    Ok(u32::from_le_bytes([a, b, c, d]) as usize)
}

/// The value of a key of the file's metadata.
pub(super) fn find<'a>(footer: &'a [u8], key: &[u8]) -> Result<Option<&'a [u8]>, SegmentError> {
    let mut input = Input::new(footer);
    let mut field = 0;
    while let Some((id, kind)) = next_field(&mut input, field)? {
        field = id;
        if id == KEY_VALUE_FIELD && kind == kinds::LIST {
            return Ok(find_pair(&mut input, key)?);
        }
        skip(&mut input, kind, DEPTH_MAX)?;
    }
    Ok(None)
}

fn find_pair<'a>(input: &mut Input<'a>, key: &[u8]) -> Result<Option<&'a [u8]>, Malformed> {
    let (count, kind) = list_header(input)?;
    if kind != kinds::STRUCT {
        return Err(Malformed("metadata that is no list of pairs"));
    }
    for _ in 0..count {
        let (mut name, mut value, mut field): (&[u8], &[u8], _) = (&[], &[], 0);
        while let Some((id, kind)) = next_field(input, field)? {
            field = id;
            match (id, kind) {
                (1, kinds::BINARY) => name = input.bytes(usize::MAX)?,
                (2, kinds::BINARY) => value = input.bytes(usize::MAX)?,
                _ => skip(input, kind, DEPTH_MAX)?,
            }
        }
        if name == key {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// Types of the compact protocol.
mod kinds {
    pub const TRUE: u8 = 1;
    pub const FALSE: u8 = 2;
    pub const BYTE: u8 = 3;
    pub const I16: u8 = 4;
    pub const I64: u8 = 6;
    pub const DOUBLE: u8 = 7;
    pub const BINARY: u8 = 8;
    pub const LIST: u8 = 9;
    pub const SET: u8 = 10;
    pub const STRUCT: u8 = 12;
}

/// The next field's id and type; `None` at the end of the structure.
fn next_field(input: &mut Input<'_>, before: i64) -> Result<Option<(i64, u8)>, Malformed> {
    let header = input.byte()?;
    if header == 0 {
        return Ok(None);
    }
    let id = match header >> 4 {
        0 => input.signed()?,
        step => before.saturating_add(i64::from(step)),
    };
    Ok(Some((id, header & 0x0f)))
}

fn list_header(input: &mut Input<'_>) -> Result<(usize, u8), Malformed> {
    let header = input.byte()?;
    let count = match header >> 4 {
        15 => input.count()?,
        short => usize::from(short),
    };
    Ok((count, header & 0x0f))
}

fn skip(input: &mut Input<'_>, kind: u8, depth: usize) -> Result<(), Malformed> {
    let Some(depth) = depth.checked_sub(1) else { return Err(Malformed("structures too deep")) };
    match kind {
        kinds::TRUE | kinds::FALSE => {}
        kinds::BYTE => drop(input.byte()?),
        kinds::I16..=kinds::I64 => drop(input.varint()?),
        kinds::DOUBLE => drop(input.take(8)?),
        kinds::BINARY => drop(input.bytes(usize::MAX)?),
        kinds::LIST | kinds::SET => {
            let (count, kind) = list_header(input)?;
            for _ in 0..count {
                match kind {
                    // In a list a boolean is a byte.
                    kinds::TRUE | kinds::FALSE => drop(input.byte()?),
                    kind => skip(input, kind, depth)?,
                }
            }
        }
        kinds::STRUCT => {
            let mut field = 0;
            while let Some((id, kind)) = next_field(input, field)? {
                field = id;
                skip(input, kind, depth)?;
            }
        }
        _ => return Err(Malformed("unknown type in the footer")),
    }
    Ok(())
}
