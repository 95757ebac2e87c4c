//! `DELTA_BINARY_PACKED`: integers as differences, in blocks of 128 with four widths each.
//!
//! ```text
//! header  varint values of a block · varint miniblocks of a block · varint values in all · zigzag first value
//! block   zigzag least difference · one byte of width per miniblock · miniblocks: difference - least, packed
//! ```
//! The last miniblock is padded; miniblocks after the last value are not written. Differences wrap, so that any two
//! integers have one.

use super::{Malformed, bits, varint};

/// Values of a block as written.
const BLOCK_VALUES: usize = 128;
/// Miniblocks of a block as written.
const MINIBLOCKS: usize = BLOCK_VALUES / bits::GROUP;
/// Largest block that is read, in values: other writers use 128 to 1,024.
const BLOCK_VALUES_MAX: u64 = 1 << 16;

const fn malformed(problem: &'static str) -> Malformed {
    Malformed { encoding: "DELTA_BINARY_PACKED", problem }
}

/// Appends the values.
pub fn encode(values: &[i64], out: &mut Vec<u8>) {
    encode_iter(values.len(), values.iter().copied(), out);
}

/// Appends `count` values; the iterator must have as many.
pub(super) fn encode_iter(count: usize, mut values: impl Iterator<Item = i64>, out: &mut Vec<u8>) {
    varint::put(BLOCK_VALUES as u64, out);
    varint::put(MINIBLOCKS as u64, out);
    varint::put(count as u64, out);
    let mut last = values.next().unwrap_or(0);
    varint::put_zigzag(last, out);

    let mut left = count.saturating_sub(1);
    let mut block = [0; BLOCK_VALUES];
    while left > 0 {
        let len = left.min(BLOCK_VALUES);
        left -= len;
        let mut least = i64::MAX;
        for (slot, value) in block[..len].iter_mut().zip(&mut values) {
            *slot = value.wrapping_sub(last);
            least = least.min(*slot);
            last = value;
        }
        encode_block(&block[..len], least, out);
    }
}

fn encode_block(differences: &[i64], least: i64, out: &mut Vec<u8>) {
    varint::put_zigzag(least, out);
    let widths_at = out.len();
    out.resize(widths_at + MINIBLOCKS, 0);
    for (at, differences) in differences.chunks(bits::GROUP).enumerate() {
        let mut packed = [0; bits::GROUP];
        let mut all = 0;
        for (slot, difference) in packed.iter_mut().zip(differences) {
            *slot = difference.wrapping_sub(least) as u64;
            all |= *slot;
        }
        let width = bits::width_of(all);
        out[widths_at + at] = width as u8;
        bits::pack(&packed, width, out);
    }
}

/// Appends `count` values to `out` and returns how many bytes they took.
///
/// # Errors
/// Bytes that are not such values, or not as many.
pub fn decode(input: &[u8], count: usize, out: &mut Vec<i64>) -> Result<usize, Malformed> {
    out.reserve(count);
    decode_with(input, count, |values| out.extend_from_slice(values))
}

/// Gives `count` values to `each`, some at a time, and returns how many bytes they took.
pub(super) fn decode_with(
    input: &[u8],
    count: usize,
    mut each: impl FnMut(&[i64]),
) -> Result<usize, Malformed> {
    let mut rest = input;
    let header = take_header(&mut rest).ok_or(malformed("the header is cut short"))?;
    let [block_values, miniblocks, values] = header.sizes;
    if values != count as u64 {
        return Err(malformed("another number of values than promised"));
    }
    if block_values == 0
        || block_values > BLOCK_VALUES_MAX
        || miniblocks == 0
        || block_values % miniblocks != 0
    {
        return Err(malformed("a size of blocks that cannot be"));
    }
    let (miniblocks, miniblock_values) = (miniblocks as usize, (block_values / miniblocks) as usize);
    if !miniblock_values.is_multiple_of(bits::GROUP) {
        return Err(malformed("a miniblock that is no multiple of 32 values"));
    }
    if count == 0 {
        return Ok(input.len() - rest.len());
    }

    let mut last = header.first;
    each(&[last]);
    let mut left = count - 1;
    while left > 0 {
        let least = varint::take_zigzag(&mut rest).ok_or(malformed("a block is cut short"))?;
        let (widths, mut packed) =
            rest.split_at_checked(miniblocks).ok_or(malformed("widths are cut short"))?;
        for &width in widths {
            if left == 0 {
                break;
            }
            let width = u32::from(width);
            if width > bits::WIDTH_MAX {
                return Err(malformed("values wider than 64 bits"));
            }
            let (miniblock, after) = packed
                .split_at_checked(bits::packed_len(miniblock_values, width))
                .ok_or(malformed("a miniblock is cut short"))?;
            packed = after;
            left -=
                decode_miniblock(miniblock, width, least, left.min(miniblock_values), &mut last, &mut each);
        }
        rest = packed;
    }
    Ok(input.len() - rest.len())
}

struct Header {
    sizes: [u64; 3],
    first: i64,
}

fn take_header(rest: &mut &[u8]) -> Option<Header> {
    let sizes = [varint::take(rest)?, varint::take(rest)?, varint::take(rest)?];
    Some(Header { sizes, first: varint::take_zigzag(rest)? })
}

/// Gives `count` values and returns their number.
fn decode_miniblock(
    input: &[u8],
    width: u32,
    least: i64,
    count: usize,
    last: &mut i64,
    each: &mut impl FnMut(&[i64]),
) -> usize {
    let group_len = bits::packed_len(bits::GROUP, width);
    let mut unpacked = [0; bits::GROUP];
    let mut values = [0; bits::GROUP];
    for from in (0..count).step_by(bits::GROUP) {
        bits::unpack(input.get(from / bits::GROUP * group_len..).unwrap_or_default(), width, &mut unpacked);
        for (value, difference) in values.iter_mut().zip(&unpacked) {
            *last = last.wrapping_add(least).wrapping_add(*difference as i64);
            *value = *last;
        }
        let len = (count - from).min(bits::GROUP);
        *last = values[len - 1];
        each(&values[..len]);
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(values: &[i64]) -> Vec<u8> {
        let mut out = Vec::new();
        encode(values, &mut out);
        let len = out.len();
        out.extend_from_slice(b"next");
        let mut back = vec![5];
        assert_eq!(decode(&out, values.len(), &mut back), Ok(len));
        assert_eq!(back[1..], *values);
        out.truncate(len);
        out
    }

    #[test]
    fn bytes_are_those_of_the_specification() {
        // The examples of Encodings.md: 1..=5 and 7,5,3,1,2,3,4,5.
        assert_eq!(round_trip(&[1, 2, 3, 4, 5]), [0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0]);
        let mut expected = vec![0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0xc0, 0x3f];
        expected.resize(expected.len() + 6, 0);
        assert_eq!(round_trip(&[7, 5, 3, 1, 2, 3, 4, 5]), expected);
    }

    #[test]
    fn lengths_around_blocks_come_back() {
        for len in [0, 1, 2, 31, 32, 33, 34, 128, 129, 130, 257, 1_000] {
            round_trip(&(0..len).map(|at| at * at * 7 - 3).collect::<Vec<_>>());
            round_trip(&(0..len).map(|at| if at % 2 == 0 { i64::MIN } else { i64::MAX }).collect::<Vec<_>>());
        }
    }

    #[test]
    fn consecutive_seqs_take_next_to_nothing() {
        assert!(round_trip(&(1_000_000..1_010_000).collect::<Vec<_>>()).len() < 500);
    }

    #[test]
    fn a_promise_that_does_not_hold_is_an_error() {
        let mut out = Vec::new();
        encode(&(0..300).map(|at| at * at).collect::<Vec<_>>(), &mut out);
        for count in [0, 299, 301, usize::MAX >> 8] {
            assert!(decode_with(&out, count, |_| ()).is_err(), "{count}");
        }
        for cut in 0..out.len() {
            assert!(decode_with(&out[..cut], 300, |_| ()).is_err(), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn values_come_back(shift in 0_u32..64, values in prop::collection::vec(any::<i64>(), 0..600)) {
            round_trip(&values.iter().map(|value| value >> shift).collect::<Vec<_>>());
        }

        #[test]
        fn hostile_bytes_are_an_error_or_as_many_values(
            mut input in prop::collection::vec(any::<u8>(), 0..300), count in 0_usize..200, header in any::<bool>(),
        ) {
            if header {
                let mut with = vec![0x80, 1, 4];
                varint::put(count as u64, &mut with);
                with.append(&mut input);
                input = with;
            }
            let mut out = Vec::new();
            if let Ok(used) = decode(&input, count, &mut out) {
                prop_assert!(used <= input.len());
                prop_assert_eq!(out.len(), count);
            }
        }
    }
}
