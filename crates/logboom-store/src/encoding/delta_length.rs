//! `DELTA_LENGTH_BYTE_ARRAY`: the lengths of byte strings, delta-coded, then all the bytes together.

use super::{Malformed, delta};

const fn malformed(problem: &'static str) -> Malformed {
    Malformed { encoding: "DELTA_LENGTH_BYTE_ARRAY", problem }
}

/// Appends the strings `bytes[offsets[i]..offsets[i + 1]]`; offsets ascend and end within `bytes`, one more than
/// there are strings. A string is shorter than 2 GiB, as Parquet has it.
pub fn encode(bytes: &[u8], offsets: &[u32], out: &mut Vec<u8>) {
    let lengths = offsets.windows(2).map(|pair| i64::from(pair[1]) - i64::from(pair[0]));
    delta::encode_iter(offsets.len().saturating_sub(1), lengths, out);
    if let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) {
        out.extend_from_slice(&bytes[first as usize..last as usize]);
    }
}

/// Fills `offsets` with the `count + 1` offsets of the strings, counted from where their bytes begin, and returns
/// where in `input` that is. All offsets lie within the input.
///
/// # Errors
/// Bytes that are not such lengths, or strings that end behind the input.
pub fn decode(input: &[u8], count: usize, offsets: &mut Vec<u32>) -> Result<usize, Malformed> {
    offsets.clear();
    offsets.reserve(count + 1);
    offsets.push(0);
    let mut end = 0_u32;
    let mut fits = true;
    let begin = delta::decode_with(input, count, |lengths| {
        for &length in lengths {
            match u32::try_from(length).ok().and_then(|length| end.checked_add(length)) {
                Some(sum) => end = sum,
                None => fits = false,
            }
            offsets.push(end);
        }
    })?;
    if !fits {
        return Err(malformed("a length that cannot be"));
    }
    if end as usize > input.len() - begin {
        return Err(malformed("the bytes are cut short"));
    }
    Ok(begin)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(strings: &[Vec<u8>]) {
        // Bytes before the first string belong to another page.
        let mut bytes = b"before".to_vec();
        let mut offsets = vec![6];
        for string in strings {
            bytes.extend_from_slice(string);
            offsets.push(bytes.len() as u32);
        }
        bytes.extend_from_slice(b"after");
        let mut out = Vec::new();
        encode(&bytes, &offsets, &mut out);

        let mut back = vec![9];
        let begin = decode(&out, strings.len(), &mut back).unwrap();
        let strings_back: Vec<_> =
            back.windows(2).map(|pair| out[begin..][pair[0] as usize..pair[1] as usize].to_vec()).collect();
        assert_eq!(strings_back, strings);
        assert_eq!(begin + *back.last().unwrap() as usize, out.len());
        if out.len() > begin {
            assert!(decode(&out[..out.len() - 1], strings.len(), &mut back).is_err());
        }
    }

    #[test]
    fn strings_come_back() {
        check(&[]);
        check(&[vec![]]);
        check(&[b"Hello".to_vec(), b"World".to_vec(), b"Foobar".to_vec(), b"ABCDEF".to_vec()]);
    }

    #[test]
    fn lengths_that_cannot_be_are_errors() {
        for lengths in [&[-1][..], &[3, -2], &[i64::MAX], &[i64::from(u32::MAX), 1]] {
            let mut out = Vec::new();
            delta::encode(lengths, &mut out);
            out.resize(out.len() + 10, b'x');
            assert!(decode(&out, lengths.len(), &mut Vec::new()).is_err(), "{lengths:?}");
        }
    }

    proptest! {
        #[test]
        fn any_strings_come_back(strings in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..300)) {
            check(&strings);
        }
    }
}
