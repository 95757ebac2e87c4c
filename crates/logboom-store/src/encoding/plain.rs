//! `PLAIN`: little-endian numbers, booleans as bits, byte strings behind their length (dictionaries, small columns).

use super::{Malformed, bits};

const fn malformed(problem: &'static str) -> Malformed {
    Malformed { encoding: "PLAIN", problem }
}

/// Bytes of the length before a byte string.
const LENGTH_BYTES: usize = 4;

/// Appends INT32 values.
pub fn encode_i32(values: &[i32], out: &mut Vec<u8>) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

/// Appends INT64 values.
pub fn encode_i64(values: &[i64], out: &mut Vec<u8>) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

/// Appends DOUBLE values, each with its own bits.
pub fn encode_f64(values: &[f64], out: &mut Vec<u8>) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

/// Appends BOOLEAN values.
pub fn encode_bool(values: &[bool], out: &mut Vec<u8>) {
    out.extend(
        values
            .chunks(8)
            .map(|eight| eight.iter().enumerate().fold(0, |byte, (at, &value)| byte | u8::from(value) << at)),
    );
}

/// Appends one BYTE_ARRAY value, shorter than 4 GiB.
pub fn encode_bytes(value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(value.len() as u32).to_le_bytes());
    out.extend_from_slice(value);
}

/// Appends `count` INT32 values to `out` and returns how many bytes they took.
///
/// # Errors
/// Fewer values than promised.
pub fn decode_i32(input: &[u8], count: usize, out: &mut Vec<i32>) -> Result<usize, Malformed> {
    fixed(input, count, out, i32::from_le_bytes)
}

/// Appends `count` INT64 values to `out` and returns how many bytes they took.
///
/// # Errors
/// Fewer values than promised.
pub fn decode_i64(input: &[u8], count: usize, out: &mut Vec<i64>) -> Result<usize, Malformed> {
    fixed(input, count, out, i64::from_le_bytes)
}

/// Appends `count` DOUBLE values to `out` and returns how many bytes they took.
///
/// # Errors
/// Fewer values than promised.
pub fn decode_f64(input: &[u8], count: usize, out: &mut Vec<f64>) -> Result<usize, Malformed> {
    fixed(input, count, out, f64::from_le_bytes)
}

fn fixed<const LEN: usize, T>(
    input: &[u8],
    count: usize,
    out: &mut Vec<T>,
    value_of: fn([u8; LEN]) -> T,
) -> Result<usize, Malformed> {
    let len =
        count.checked_mul(LEN).filter(|&len| len <= input.len()).ok_or(malformed("values are cut short"))?;
    let (values, _) = input[..len].as_chunks::<LEN>();
    out.extend(values.iter().map(|&value| value_of(value)));
    Ok(len)
}

/// Appends `count` BOOLEAN values to `out` and returns how many bytes they took.
///
/// # Errors
/// Fewer values than promised.
pub fn decode_bool(input: &[u8], count: usize, out: &mut Vec<bool>) -> Result<usize, Malformed> {
    let len = bits::packed_len(count, 1);
    let bytes = input.get(..len).ok_or(malformed("values are cut short"))?;
    out.extend((0..count).map(|at| bytes[at / 8] >> (at % 8) & 1 == 1));
    Ok(len)
}

/// Gives `count` BYTE_ARRAY values to `each` and returns how many bytes they took.
///
/// # Errors
/// Fewer values than promised.
pub fn decode_bytes<'a>(
    input: &'a [u8],
    count: usize,
    mut each: impl FnMut(&'a [u8]),
) -> Result<usize, Malformed> {
    let mut rest = input;
    for _ in 0..count {
        let (&length, after) =
            rest.split_first_chunk::<LENGTH_BYTES>().ok_or(malformed("a length is cut short"))?;
        let (value, after) = after
            .split_at_checked(u32::from_le_bytes(length) as usize)
            .ok_or(malformed("a byte string is cut short"))?;
        each(value);
        rest = after;
    }
    Ok(input.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(values in prop::collection::vec(any::<i64>(), 0..100)) {
            let (mut out, mut back) = (vec![], vec![]);
            encode_i64(&values, &mut out);
            prop_assert_eq!(decode_i64(&out, values.len(), &mut back), Ok(values.len() * 8));
            prop_assert_eq!(&back, &values);
            prop_assert!(decode_i64(&out, values.len() + 1, &mut back).is_err());

            let doubles: Vec<f64> = values.iter().map(|&value| f64::from_bits(value as u64)).collect();
            let (mut out, mut back) = (vec![], vec![]);
            encode_f64(&doubles, &mut out);
            prop_assert_eq!(decode_f64(&out, doubles.len(), &mut back), Ok(out.len()));
            prop_assert!(back.iter().zip(&doubles).all(|(left, right)| left.to_bits() == right.to_bits()));

            let small: Vec<i32> = values.iter().map(|&value| value as i32).collect();
            let (mut out, mut back) = (vec![], vec![]);
            encode_i32(&small, &mut out);
            prop_assert_eq!(decode_i32(&out, small.len(), &mut back), Ok(out.len()));
            prop_assert_eq!(back, small);
        }

        #[test]
        fn booleans_come_back(values in prop::collection::vec(any::<bool>(), 0..100)) {
            let (mut out, mut back) = (vec![], vec![]);
            encode_bool(&values, &mut out);
            prop_assert_eq!(decode_bool(&out, values.len(), &mut back), Ok(values.len().div_ceil(8)));
            prop_assert_eq!(&back, &values);
            prop_assert!(decode_bool(&out, values.len() + 8, &mut back).is_err());
        }

        #[test]
        fn byte_strings_come_back(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..50)) {
            let mut out = vec![];
            values.iter().for_each(|value| encode_bytes(value, &mut out));
            let mut back = vec![];
            prop_assert_eq!(decode_bytes(&out, values.len(), |value| back.push(value.to_vec())), Ok(out.len()));
            prop_assert_eq!(&back, &values);
            prop_assert!(decode_bytes(&out, values.len() + 1, |_| ()).is_err());
        }
    }

    #[test]
    fn counts_that_cannot_be_are_errors() {
        assert!(decode_f64(&[0; 16], usize::MAX, &mut vec![]).is_err());
        assert!(decode_bool(&[0; 16], usize::MAX >> 4, &mut vec![]).is_err());
        assert!(decode_bytes(&[0xff; 8], 1, |_| ()).is_err());
    }
}
