//! Numbers and byte strings inside payloads: a cursor that never reads past its end, and varints (LEB128).

/// Bytes that do not decode; only a damaged or hostile file has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed entry: {0}")]
pub struct Malformed(pub &'static str);

/// Longest varint of 64 bits.
pub const VARINT_BYTES_MAX: usize = 10;

/// What is left of a payload.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// All of it.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next bytes.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed("it ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// One byte.
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        let (&byte, rest) = self.rest.split_first().ok_or(Malformed("it ends too early"))?;
        self.rest = rest;
        Ok(byte)
    }

    /// An unsigned number.
    pub fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for index in 0..VARINT_BYTES_MAX {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed("a number is too long"))
    }

    /// A signed number.
    pub fn signed(&mut self) -> Result<i64, Malformed> {
        self.varint().map(unzigzag)
    }

    /// A number of things each of which takes at least one byte: never more than there are bytes, so that it is
    /// safe to allocate for.
    pub fn count(&mut self) -> Result<usize, Malformed> {
        let count = self.varint()?;
        if count > self.rest.len() as u64 {
            return Err(Malformed("a count exceeds the bytes there are"));
        }
        Ok(count as usize)
    }

    /// A byte string of bounded length.
    pub fn bytes(&mut self, length_max: usize) -> Result<&'a [u8], Malformed> {
        let length = self.count()?;
        if length > length_max {
            return Err(Malformed("a byte string is too long"));
        }
        self.take(length)
    }

    /// That nothing is left.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed("bytes are left over")) }
    }
}

/// Appends an unsigned number.
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed number.
pub fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, zigzag(value));
}

/// Appends a byte string.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends many numbers; the hot path of the journal.
pub fn put_varints(out: &mut Vec<u8>, values: impl ExactSizeIterator<Item = u64>) {
    let start = out.len();
    out.resize(start + values.len() * VARINT_BYTES_MAX, 0);
    let mut at = start;
    for mut value in values {
        while value >= 0x80 {
            out[at] = value as u8 | 0x80;
            value >>= 7;
            at += 1;
        }
        out[at] = value as u8;
        at += 1;
    }
    out.truncate(at);
}

/// Small numbers of either sign become small unsigned ones.
pub fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The other way.
pub fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_survive(unsigned in any::<u64>(), signed in any::<i64>(), many in proptest::collection::vec(any::<u64>(), 0..50)) {
            let mut out = Vec::new();
            put_varint(&mut out, unsigned);
            put_signed(&mut out, signed);
            put_varints(&mut out, many.iter().copied());
            let mut input = Input::new(&out);
            prop_assert_eq!(input.varint(), Ok(unsigned));
            prop_assert_eq!(input.signed(), Ok(signed));
            for value in many {
                prop_assert_eq!(input.varint(), Ok(value));
            }
            prop_assert_eq!(input.finish(), Ok(()));
        }
    }

    #[test]
    fn counts_never_exceed_the_bytes() {
        assert_eq!(
            Input::new(&[0xff, 0xff, 0xff, 0x7f, 0]).count(),
            Err(Malformed("a count exceeds the bytes there are"))
        );
        assert_eq!(Input::new(&[0x80; 11]).varint(), Err(Malformed("a number is too long")));
        assert_eq!(Input::new(&[0x80]).varint(), Err(Malformed("it ends too early")));
    }
}
