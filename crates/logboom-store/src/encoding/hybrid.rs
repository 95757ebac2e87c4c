//! The hybrid of runs and packed bits (`RLE`): indices into dictionaries, definition levels.
//!
//! ```text
//! run     varint count << 1 · the value in as many whole bytes as its width needs
//! packed  varint groups << 1 | 1 · 8 values a group, packed
//! ```
//! The bytes alone: a length or width before them is the page's matter.

use super::{Malformed, bits, varint};

/// Values of a packed group.
const GROUP: usize = 8;
/// Widest value, in bits.
const WIDTH_MAX: u8 = 32;
/// Groups of one packed run: bounds what is buffered, and its header takes two bytes.
const GROUPS_MAX: usize = 1_024;

const fn malformed(problem: &'static str) -> Malformed {
    Malformed { encoding: "RLE", problem }
}

/// How many bits values up to `max` need.
pub fn width_of(max: u32) -> u8 {
    bits::width_of(u64::from(max)) as u8
}

/// Appends the values; each must fit in `bit_width` bits.
pub fn encode(values: &[u32], bit_width: u8, out: &mut Vec<u8>) {
    let runs = values.chunk_by(|left, right| left == right).map(|run| (run[0], run.len()));
    encode_runs(runs, bit_width, out);
}

/// Appends values given as runs of `(value, count)`; each value must fit in `bit_width` bits.
pub fn encode_runs(runs: impl Iterator<Item = (u32, usize)>, bit_width: u8, out: &mut Vec<u8>) {
    let mut encoder = Encoder { width: u32::from(bit_width), packed: Vec::new(), out };
    let mut open: Option<(u32, usize)> = None;
    for (value, count) in runs {
        match &mut open {
            Some((same, sum)) if *same == value => *sum += count,
            _ => {
                if let Some((value, count)) = open.replace((value, count)) {
                    encoder.push(value, count);
                }
            }
        }
    }
    if let Some((value, count)) = open {
        encoder.push(value, count);
    }
    encoder.flush();
}

struct Encoder<'a> {
    width: u32,
    /// Values that wait to be packed.
    packed: Vec<u64>,
    out: &'a mut Vec<u8>,
}

impl Encoder<'_> {
    fn push(&mut self, value: u32, mut count: usize) {
        // Packed values come in whole groups: this many of the run fill up the open one.
        let missing = self.packed.len().next_multiple_of(GROUP) - self.packed.len();
        if count < missing + GROUP {
            self.packed.extend(std::iter::repeat_n(u64::from(value), count));
            if self.packed.len() >= GROUPS_MAX * GROUP {
                let rest = self.packed.split_off(GROUPS_MAX * GROUP);
                self.flush();
                self.packed = rest;
            }
            return;
        }
        self.packed.extend(std::iter::repeat_n(u64::from(value), missing));
        count -= missing;
        self.flush();
        varint::put((count as u64) << 1, self.out);
        self.out.extend_from_slice(&value.to_le_bytes()[..value_len(self.width)]);
    }

    fn flush(&mut self) {
        if self.packed.is_empty() {
            return;
        }
        let len = self.packed.len().next_multiple_of(GROUP);
        self.packed.resize(len, 0);
        varint::put(((len / GROUP) as u64) << 1 | 1, self.out);
        bits::pack(&self.packed, self.width, self.out);
        self.packed.clear();
    }
}

/// Whole bytes of a value.
fn value_len(width: u32) -> usize {
    width.div_ceil(8).min(4) as usize
}

/// Appends `count` values to `out` and returns how many bytes they took.
///
/// # Errors
/// Bytes that are not such values, or not as many.
pub fn decode(input: &[u8], bit_width: u8, count: usize, out: &mut Vec<u32>) -> Result<usize, Malformed> {
    if bit_width > WIDTH_MAX {
        return Err(malformed("values wider than 32 bits"));
    }
    out.reserve(count);
    let width = u32::from(bit_width);
    let mut rest = input;
    let mut left = count;
    while left > 0 {
        let header = varint::take(&mut rest).ok_or(malformed("a run's header is cut short"))?;
        let run = usize::try_from(header >> 1).unwrap_or(usize::MAX);
        if run == 0 {
            return Err(malformed("an empty run"));
        }
        if header & 1 == 0 {
            if run > left {
                return Err(malformed("more values than promised"));
            }
            let (value, after) =
                rest.split_at_checked(value_len(width)).ok_or(malformed("a run's value is cut short"))?;
            out.extend(std::iter::repeat_n(value_of(value, width)?, run));
            rest = after;
            left -= run;
        } else {
            // Only the last group may have padding.
            if run > left.div_ceil(GROUP) {
                return Err(malformed("more groups than promised"));
            }
            let (packed, after) = rest
                .split_at_checked(bits::packed_len(run * GROUP, width))
                .ok_or(malformed("packed values are cut short"))?;
            let len = left.min(run * GROUP);
            unpack(packed, width, len, out);
            rest = after;
            left -= len;
        }
    }
    Ok(input.len() - rest.len())
}

fn value_of(bytes: &[u8], width: u32) -> Result<u32, Malformed> {
    let mut value = [0; 4];
    value[..bytes.len()].copy_from_slice(bytes);
    let value = u32::from_le_bytes(value);
    if bits::width_of(u64::from(value)) > width {
        return Err(malformed("a value wider than promised"));
    }
    Ok(value)
}

fn unpack(packed: &[u8], width: u32, count: usize, out: &mut Vec<u32>) {
    let group_len = bits::packed_len(bits::GROUP, width);
    let mut unpacked = [0; bits::GROUP];
    for from in (0..count).step_by(bits::GROUP) {
        bits::unpack(packed.get(from / bits::GROUP * group_len..).unwrap_or_default(), width, &mut unpacked);
        let len = (count - from).min(bits::GROUP);
        out.extend(unpacked[..len].iter().map(|&value| value as u32));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(values: &[u32], width: u8) -> Vec<u8> {
        let mut out = Vec::new();
        encode(values, width, &mut out);
        let len = out.len();
        out.extend_from_slice(b"next");
        let mut back = vec![5];
        assert_eq!(decode(&out, width, values.len(), &mut back), Ok(len));
        assert_eq!(back[1..], *values);
        for cut in 0..len {
            assert!(decode(&out[..cut], width, values.len(), &mut Vec::new()).is_err(), "{cut}");
        }
        out.truncate(len);
        out
    }

    #[test]
    fn bytes_are_those_of_the_specification() {
        // 0..=7 of three bits, packed: the example of Encodings.md.
        assert_eq!(round_trip(&[0, 1, 2, 3, 4, 5, 6, 7], 3), [3, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        assert_eq!(round_trip(&[4; 100], 3), [200, 1, 4]);
        assert_eq!(round_trip(&[0; 100], 0), [200, 1]);
        assert_eq!(round_trip(&[1; 9], 32), [18, 1, 0, 0, 0]);
        assert!(round_trip(&[], 3).is_empty());
        assert_eq!(round_trip(&[1], 1), [3, 1]);
    }

    #[test]
    fn runs_split_as_they_like_are_the_same() {
        let mut whole = Vec::new();
        encode(&[[7; 20].as_slice(), &[1, 2, 3], &[9; 30]].concat(), 4, &mut whole);
        let mut split = Vec::new();
        let runs = [(7, 5), (7, 0), (7, 15), (1, 1), (2, 1), (3, 1), (9, 29), (9, 1)];
        encode_runs(runs.into_iter(), 4, &mut split);
        assert_eq!(split, whole);
    }

    #[test]
    fn long_packed_runs_are_split() {
        let values: Vec<u32> = (0..20_003).map(|at| at % 7).collect();
        assert!(round_trip_len(&values, 3) < 20_003 * 3 / 8 + 20);
    }

    fn round_trip_len(values: &[u32], width: u8) -> usize {
        let mut out = Vec::new();
        encode(values, width, &mut out);
        let mut back = Vec::new();
        assert_eq!(decode(&out, width, values.len(), &mut back), Ok(out.len()));
        assert_eq!(back, values);
        out.len()
    }

    #[test]
    fn a_promise_that_does_not_hold_is_an_error() {
        let bad = [
            (&[0, 1][..], 1, 1, "an empty run"),
            (&[1], 1, 1, "an empty packed run"),
            (&[4, 1], 1, 1, "a run too long"),
            (&[5, 0, 0], 1, 8, "a group too many"),
            (&[4, 2], 1, 2, "a value too wide"),
            (&[3, 0, 0, 0, 0, 0], 33, 1, "a width too wide"),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], 0, 1, "all the groups there are"),
        ];
        for (input, width, count, what) in bad {
            assert!(decode(input, width, count, &mut Vec::new()).is_err(), "{what}");
        }
    }

    proptest! {
        #[test]
        fn values_come_back(
            width in 0_u8..=32, runs in prop::collection::vec((any::<u32>(), 0_usize..30), 0..60),
        ) {
            let mask = u32::MAX.checked_shr(32 - u32::from(width)).unwrap_or(0);
            let values: Vec<u32> =
                runs.iter().flat_map(|&(value, count)| std::iter::repeat_n(value & mask, count)).collect();
            round_trip_len(&values, width);
        }

        #[test]
        fn hostile_bytes_are_an_error_or_as_many_values(
            input in prop::collection::vec(any::<u8>(), 0..60), width in 0_u8..=33, count in 0_usize..300,
        ) {
            let mut out = Vec::new();
            if let Ok(used) = decode(&input, width, count, &mut out) {
                prop_assert!(used <= input.len());
                prop_assert_eq!(out.len(), count);
            }
        }
    }
}
