//! Packs integers of one width of bits, lowest bit first, and unpacks them, 32 at a time.

/// Values of one call: 32 values of any width end on a byte, and on a word of 32 bits.
pub(super) const GROUP: usize = 32;
/// Widest value, in bits.
pub(super) const WIDTH_MAX: u32 = 64;
/// Widest value that one load of eight bytes covers at every offset within a byte.
const WIDTH_OF_ONE_LOAD: usize = 57;
/// Bytes of a group of the widest values, and one load more.
const BUFFER_BYTES: usize = GROUP * 8 + 8;

/// Bytes of so many values.
pub(super) fn packed_len(values: usize, width: u32) -> usize {
    (values * width as usize).div_ceil(8)
}

/// How many bits a value needs.
pub(super) fn width_of(value: u64) -> u32 {
    u64::BITS - value.leading_zeros()
}

/// Appends the low `width` bits of each value; what is left of the last byte is zero. The values must fit.
pub(super) fn pack(values: &[u64], width: u32, out: &mut Vec<u8>) {
    if width == 0 {
        return;
    }
    let end = out.len() + packed_len(values.len(), width);
    let (mut word, mut used) = (0_u64, 0);
    for &value in values {
        word |= value << used;
        used += width;
        if used >= u64::BITS {
            out.extend_from_slice(&word.to_le_bytes());
            used -= u64::BITS;
            // What of the value did not fit any more; a shift by all of it leaves nothing.
            word = value.checked_shr(width - used).unwrap_or(0);
        }
    }
    if used > 0 {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.truncate(end);
}

/// Unpacks a group from its bytes; bytes that are missing count as zero.
pub(super) fn unpack(input: &[u8], width: u32, out: &mut [u64; GROUP]) {
    macro_rules! by_width {
        ($($width:literal)*) => {
            match width {
                $($width => unpack_width::<$width>(input, out),)*
                _ => out.fill(0),
            }
        };
    }
    by_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39
        40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64);
}

/// [`unpack`] for a width that the compiler knows.
fn unpack_width<const WIDTH: usize>(input: &[u8], out: &mut [u64; GROUP]) {
    let mut bytes = [0; BUFFER_BYTES];
    let len = input.len().min(GROUP * WIDTH / 8);
    bytes[..len].copy_from_slice(&input[..len]);
    let mask = u64::MAX >> (64 - WIDTH);
    for (at, value) in out.iter_mut().enumerate() {
        let (byte, shift) = (at * WIDTH / 8, at * WIDTH % 8);
        let mut load = [0; 8];
        load.copy_from_slice(&bytes[byte..byte + 8]);
        let mut bits = u64::from_le_bytes(load) >> shift;
        if WIDTH > WIDTH_OF_ONE_LOAD && shift > 0 {
            bits |= u64::from(bytes[byte + 8]) << (64 - shift);
        }
        *value = bits & mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_comes_back() {
        for width in 0..=WIDTH_MAX {
            let mask = if width == 0 { 0 } else { u64::MAX >> (64 - width) };
            let values: [u64; GROUP] =
                std::array::from_fn(|at| (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask);
            let mut out = vec![7];
            pack(&values, width, &mut out);
            assert_eq!(out.len(), 1 + packed_len(GROUP, width));
            let mut back = [1; GROUP];
            unpack(&out[1..], width, &mut back);
            assert_eq!(back, values, "width {width}");
        }
    }

    #[test]
    fn missing_bytes_are_zero() {
        let mut back = [1; GROUP];
        unpack(&[0xff], 4, &mut back);
        assert_eq!(back[..3], [15, 15, 0]);
    }
}
