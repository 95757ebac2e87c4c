//! How far a container has been read, as it is stored: the one file that knows the bytes.
//!
//! Keys: `docker/position/<container id>` (live), `docker/backlog/<container id>` (history before the first start).
//! The value is committed with the rows it stands for. All numbers little-endian.
//!
//! ```text
//! offset size  field
//!      0    1  version, 1
//!      1    2  flags (bits below)
//!      3   16  fingerprint of the file of the frontier
//!     19    8  offset of the frontier: everything before it in this file was read
//!     27    8  XXH3 of the up to 64 bytes before the frontier
//!     35    …  per stream (none, stdout, stderr), each part only if its flag is set:
//!              16 fingerprint of the stream's file, if another one than the frontier's      FILE  << 4·stream
//!               8 offset of the stream, if not the frontier                                 PLACE << 4·stream
//!               8 time of the stream's newest committed record                              TIME  << 4·stream
//!               8 records not newer than this are skipped: the file is being read again     AGAIN << 4·stream
//!      …   32  backlog only: fingerprint and offset where it ends, 8 cut-off time           END = 1 << 12
//! ```
//!
//! A stream's own place lies before the frontier when a fragment of an unfinished line is held, and behind it after
//! a restart, until the reader has caught up with it.

use logboom_model::Stream;

use super::identity::Fingerprint;

const VERSION: u8 = 1;
const FILE: u16 = 1;
const PLACE: u16 = 2;
const TIME: u16 = 4;
const AGAIN: u16 = 8;
const END: u16 = 1 << 12;

/// Streams a container has: none (raw lines), stdout, stderr. Index = the stream's byte.
pub const STREAMS: [Stream; 3] = [Stream::None, Stream::Stdout, Stream::Stderr];

/// One value per stream, by the stream's byte.
pub type PerStream<T> = [T; 3];

/// A place in a file, which is known by its first record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: Fingerprint,
    /// Bytes from its start (of the text, for a compressed one).
    pub offset: u64,
}

/// How far one stream is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamPosition {
    /// Everything of the stream before it is committed.
    pub place: Place,
    /// Time of the newest committed record, nanoseconds since the Unix epoch.
    pub last_time: Option<i64>,
    /// While a file is read again after a truncation: records not newer than this are skipped.
    pub again_until: Option<i64>,
}

/// Where a backlog ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BacklogEnd {
    /// Where the live reader began.
    pub place: Place,
    /// Older records are left out.
    pub not_before: i64,
}

/// How far a container is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// How far the files were read.
    pub frontier: Place,
    /// Hash of the bytes before the frontier.
    pub tail: u64,
    /// Each stream's own place.
    pub streams: PerStream<StreamPosition>,
    /// Only for a backlog.
    pub end: Option<BacklogEnd>,
}

/// A stored position that this version does not understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position of version {VERSION}")]
pub struct MalformedPosition;

impl Position {
    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        let mut flags = if self.end.is_some() { END } else { 0 };
        let mut parts = Vec::with_capacity(64);
        for (index, stream) in self.streams.iter().enumerate() {
            let mut set = |flag: u16| flags |= flag << (4 * index);
            if stream.place.file != self.frontier.file {
                set(FILE);
                parts.extend_from_slice(&stream.place.file.0.to_le_bytes());
            }
            if stream.place != self.frontier {
                set(PLACE);
                parts.extend_from_slice(&stream.place.offset.to_le_bytes());
            }
            for (flag, time) in [(TIME, stream.last_time), (AGAIN, stream.again_until)] {
                if let Some(time) = time {
                    set(flag);
                    parts.extend_from_slice(&time.to_le_bytes());
                }
            }
        }
        let mut bytes = Vec::with_capacity(35 + parts.len() + 32);
        bytes.push(VERSION);
        bytes.extend_from_slice(&flags.to_le_bytes());
        bytes.extend_from_slice(&self.frontier.file.0.to_le_bytes());
        bytes.extend_from_slice(&self.frontier.offset.to_le_bytes());
        bytes.extend_from_slice(&self.tail.to_le_bytes());
        bytes.extend_from_slice(&parts);
        if let Some(end) = &self.end {
            bytes.extend_from_slice(&end.place.file.0.to_le_bytes());
            bytes.extend_from_slice(&end.place.offset.to_le_bytes());
            bytes.extend_from_slice(&end.not_before.to_le_bytes());
        }
        bytes
    }

    /// Reads the stored form; anything too short, too long or of another version is refused.
    pub fn decode(bytes: &[u8]) -> Result<Self, MalformedPosition> {
        let mut reader = Reader(bytes);
        if reader.take::<1>()? != [VERSION] {
            return Err(MalformedPosition);
        }
        let flags = u16::from_le_bytes(reader.take()?);
        if flags >> 13 != 0 {
            return Err(MalformedPosition);
        }
        let frontier = reader.place()?;
        let tail = u64::from_le_bytes(reader.take()?);
        let at_frontier = StreamPosition { place: frontier, last_time: None, again_until: None };
        let mut streams = [at_frontier; 3];
        for (index, stream) in streams.iter_mut().enumerate() {
            let has = |flag: u16| flags & (flag << (4 * index)) != 0;
            if has(FILE) {
                stream.place.file = Fingerprint(u128::from_le_bytes(reader.take()?));
            }
            if has(PLACE) {
                stream.place.offset = u64::from_le_bytes(reader.take()?);
            }
            if has(TIME) {
                stream.last_time = Some(i64::from_le_bytes(reader.take()?));
            }
            if has(AGAIN) {
                stream.again_until = Some(i64::from_le_bytes(reader.take()?));
            }
        }
        let end = if flags & END != 0 {
            Some(BacklogEnd { place: reader.place()?, not_before: i64::from_le_bytes(reader.take()?) })
        } else {
            None
        };
        if !reader.0.is_empty() {
            return Err(MalformedPosition);
        }
        Ok(Self { frontier, tail, streams, end })
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], MalformedPosition> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(MalformedPosition)?;
        self.0 = rest;
        Ok(*head)
    }

    fn place(&mut self) -> Result<Place, MalformedPosition> {
        let file = Fingerprint(u128::from_le_bytes(self.take()?));
        Ok(Place { file, offset: u64::from_le_bytes(self.take()?) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> impl Strategy<Value = Place> + Clone {
        (0_u128..3, any::<u64>()).prop_map(|(file, offset)| Place { file: Fingerprint(file), offset })
    }

    fn position() -> impl Strategy<Value = Position> {
        let stream = (place(), any::<Option<i64>>(), any::<Option<i64>>());
        let end = proptest::option::of((place(), any::<i64>()));
        (place(), any::<u64>(), [stream.clone(), stream.clone(), stream], end).prop_map(
            |(frontier, tail, streams, end)| Position {
                frontier,
                tail,
                streams: streams.map(|(place, last_time, again_until)| StreamPosition {
                    place: if place.offset % 2 == 0 { frontier } else { place },
                    last_time,
                    again_until,
                }),
                end: end.map(|(place, not_before)| BacklogEnd { place, not_before }),
            },
        )
    }

    proptest! {
        #[test]
        fn a_position_survives_its_stored_form(position in position()) {
            prop_assert_eq!(Position::decode(&position.encode()), Ok(position));
        }

        #[test]
        fn a_cut_or_padded_position_is_refused(position in position(), cut in any::<prop::sample::Index>()) {
            let mut bytes = position.encode();
            prop_assert!(Position::decode(&bytes[..cut.index(bytes.len())]).is_err());
            bytes.push(0);
            prop_assert!(Position::decode(&bytes).is_err());
        }

        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..160)) {
            let _ = Position::decode(&bytes);
        }
    }

    #[test]
    fn the_common_position_is_short_and_its_bytes_are_fixed() {
        let frontier = Place { file: Fingerprint(0x0102), offset: 300 };
        let stream = StreamPosition { place: frontier, last_time: None, again_until: None };
        let mut streams = [stream; 3];
        streams[1].last_time = Some(5);
        let bytes = Position { frontier, tail: 7, streams, end: None }.encode();
        let mut expected = vec![1, 0x40, 0, 2, 1];
        expected.resize(19, 0);
        expected
            .extend_from_slice(&[44, 1, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes, expected);
    }
}
