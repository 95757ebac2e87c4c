//! Unsigned LEB128 and zigzag integers, as headers of the encodings have them.

/// Bytes of the longest 64-bit varint.
const VARINT_BYTES_MAX: usize = 10;

/// Appends a varint.
pub(super) fn put(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a zigzag varint.
pub(super) fn put_zigzag(value: i64, out: &mut Vec<u8>) {
    put(((value << 1) ^ (value >> 63)) as u64, out);
}

/// Takes a varint from the front; none where it does not end or does not fit.
pub(super) fn take(input: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for (at, &byte) in input.iter().take(VARINT_BYTES_MAX).enumerate() {
        let bits = u64::from(byte & 0x7f);
        if at == VARINT_BYTES_MAX - 1 && bits > 1 {
            return None;
        }
        value |= bits << (7 * at);
        if byte < 0x80 {
            *input = &input[at + 1..];
            return Some(value);
        }
    }
    None
}

/// Takes a zigzag varint from the front.
pub(super) fn take_zigzag(input: &mut &[u8]) -> Option<i64> {
    let value = take(input)?;
    Some((value >> 1) as i64 ^ -((value & 1) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_come_back() {
        for value in [0, 1, -1, 63, 64, -64, -65, i64::MAX, i64::MIN, 1 << 40] {
            let mut out = Vec::new();
            put_zigzag(value, &mut out);
            put(value as u64, &mut out);
            let mut input = &out[..];
            assert_eq!(take_zigzag(&mut input), Some(value));
            assert_eq!(take(&mut input), Some(value as u64));
            assert!(input.is_empty());
        }
    }

    #[test]
    fn what_does_not_end_or_fit_is_refused() {
        for bad in [
            &[][..],
            &[0x80],
            &[0xff; 10],
            &[0xff; 11],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
        ] {
            assert_eq!(take(&mut { bad }), None, "{bad:?}");
        }
    }
}
