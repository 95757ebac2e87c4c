//! What is known of a segment without opening it. It is kept as small state, one compact value for each segment, so
//! that a store with a thousand segments opens without looking into one; a segment without its value is looked into.

use std::ops::Range;

use logboom_model::{ResourceId, StateUpdate, format_rfc3339};

use crate::format::wire::{Input, Malformed, put_signed, put_varint};
use crate::limits::SEGMENT_SHARES_MAX;
use crate::log::Held;
use crate::names::SEGMENTS_DIR;
use crate::segment::SegmentSummary;

/// Keys of what is known of segments: `store/segment/<first seq, 20 digits>`.
const STATE_PREFIX: &str = "store/segment/";
/// First byte of a value.
const VALUE_VERSION: u8 = 1;
/// Ends the name of a segment.
const SUFFIX: &str = ".parquet";

/// See the top of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Seqs it stands for.
    pub seqs: Range<u64>,
    /// Its name below the data directory.
    pub path: String,
    /// Bytes it takes on disk.
    pub disk_bytes: u64,
    /// What it holds.
    pub content: Content,
    /// Held by everyone who may have the file open.
    pub held: Held,
}

/// What a segment holds, as far as space and search must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Rows.
    pub rows: u64,
    /// Rows that rewrites took away.
    pub evicted: u64,
    /// Bytes of bodies.
    pub body_bytes: u64,
    /// Earliest and latest event time; the widest range when they are not known.
    pub times: (i64, i64),
    /// Commit times of its first and last row.
    pub commits: (i64, i64),
    /// The resources with most bytes of bodies, largest first.
    pub shares: Vec<(ResourceId, u64)>,
}

impl Sealed {
    /// A segment with everything known.
    pub fn new(seqs: Range<u64>, path: String, disk_bytes: u64, content: Content) -> Self {
        Self { seqs, path, disk_bytes, content, held: Held::default() }
    }

    /// The directory it lies in.
    pub fn dir(&self) -> &str {
        parent(&self.path)
    }

    /// Bytes on disk of some resources, apportioned by their bodies.
    pub fn disk_bytes_of(&self, is_meant: impl Fn(ResourceId) -> bool) -> u64 {
        let content = &self.content;
        let bodies: u64 = content.shares.iter().filter(|(id, _)| is_meant(*id)).map(|(_, bytes)| bytes).sum();
        if content.body_bytes == 0 {
            return 0;
        }
        let share = u128::from(self.disk_bytes) * u128::from(bodies) / u128::from(content.body_bytes);
        u64::try_from(share).unwrap_or(u64::MAX)
    }

    /// The change of small state that keeps what is known.
    pub fn update(&self) -> StateUpdate {
        StateUpdate { key: state_key(self.seqs.start), value: Some(self.content.encode(self.seqs.end)) }
    }

    /// The change of small state that forgets it.
    pub fn removal(&self) -> StateUpdate {
        StateUpdate { key: state_key(self.seqs.start), value: None }
    }
}

impl Content {
    /// What a segment says of itself.
    pub fn of(summary: &SegmentSummary) -> Self {
        let mut shares: Vec<(ResourceId, u64)> =
            summary.resources.iter().map(|share| (share.resource.id(), share.body_bytes)).collect();
        shares.sort_by_key(|&(id, bytes)| (std::cmp::Reverse(bytes), id));
        shares.truncate(SEGMENT_SHARES_MAX);
        let is_empty = summary.rows == 0;
        Self {
            rows: summary.rows,
            evicted: summary.meta.evicted,
            body_bytes: summary.body_bytes,
            times: if is_empty { (i64::MAX, i64::MIN) } else { summary.times },
            commits: (summary.meta.first_commit, summary.meta.last_commit),
            shares,
        }
    }

    /// Of a segment that tells nothing: it is damaged, and whoever reads it says so.
    pub fn unknown(seqs: &Range<u64>, commit: i64) -> Self {
        Self {
            rows: seqs.end - seqs.start,
            evicted: 0,
            body_bytes: 0,
            times: (i64::MIN, i64::MAX),
            commits: (commit, commit),
            shares: Vec::new(),
        }
    }

    /// ```text
    /// version (1) · end seq · rows · evicted · body bytes · min · max event time · first · last commit time
    /// · count · (resource id (16) · body bytes) each
    /// ```
    fn encode(&self, end_seq: u64) -> Vec<u8> {
        let mut out = vec![VALUE_VERSION];
        for number in [end_seq, self.rows, self.evicted, self.body_bytes] {
            put_varint(&mut out, number);
        }
        for time in [self.times.0, self.times.1, self.commits.0, self.commits.1] {
            put_signed(&mut out, time);
        }
        put_varint(&mut out, self.shares.len() as u64);
        for (id, bytes) in &self.shares {
            out.extend_from_slice(&id.0.to_le_bytes());
            put_varint(&mut out, *bytes);
        }
        out
    }

    /// The value of a segment that ends at a seq.
    pub fn decode(bytes: &[u8], end_seq: u64) -> Result<Self, Malformed> {
        let mut input = Input::new(bytes);
        if input.byte()? != VALUE_VERSION {
            return Err(Malformed("what is known of a segment is of another version"));
        }
        if input.varint()? != end_seq {
            return Err(Malformed("another segment began at that seq"));
        }
        let (rows, evicted, body_bytes) = (input.varint()?, input.varint()?, input.varint()?);
        let times = (input.signed()?, input.signed()?);
        let commits = (input.signed()?, input.signed()?);
        let mut shares = Vec::new();
        for _ in 0..input.count()? {
            let mut id = [0; 16];
            id.copy_from_slice(input.take(16)?);
            shares.push((ResourceId(u128::from_le_bytes(id)), input.varint()?));
        }
        input.finish()?;
        Ok(Self { rows, evicted, body_bytes, times, commits, shares })
    }
}

/// The key of the segment that begins at a seq.
pub fn state_key(first_seq: u64) -> Box<[u8]> {
    format!("{STATE_PREFIX}{first_seq:020}").into_bytes().into()
}

/// Whether a key of small state is a segment's, and of which first seq.
pub fn key_first_seq(key: &[u8]) -> Option<u64> {
    std::str::from_utf8(key.strip_prefix(STATE_PREFIX.as_bytes())?).ok()?.parse().ok()
}

/// The date directory, the hour directory in it, and the name in that, of a segment whose first row was committed at
/// a time.
pub fn place(seqs: &Range<u64>, first_commit: i64) -> [String; 3] {
    let text = format_rfc3339(first_commit);
    let (date, hour) = (text.get(..10).unwrap_or("unknown"), text.get(11..13).unwrap_or("00"));
    let date = format!("{SEGMENTS_DIR}/ingest_date={date}");
    let hour = format!("{date}/ingest_hour={hour}");
    let name = format!("{hour}/{:020}-{:020}{SUFFIX}", seqs.start, seqs.end - 1);
    [date, hour, name]
}

/// The seqs in the name of a segment.
pub fn parse_name(name: &str) -> Option<Range<u64>> {
    let (first, last) = name.strip_suffix(SUFFIX)?.split_once('-')?;
    let number = |digits: &str| {
        let is_plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_plain { digits.parse::<u64>().ok() } else { None }
    };
    let (first, last) = (number(first)?, number(last)?);
    (first <= last && last < crate::limits::SEQ_MAX).then(|| first..last + 1)
}

/// The directory of a name.
pub fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(dir, _)| dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_survives_and_its_prefixes_are_refused() {
        let content = Content {
            rows: 9,
            evicted: 1,
            body_bytes: 100,
            times: (-5, 7),
            commits: (8, 9),
            shares: vec![(ResourceId(7), 60), (ResourceId(u128::MAX), 40)],
        };
        let sealed = Sealed::new(10..20, "a/b".to_owned(), 50, content.clone());
        let update = sealed.update();
        assert_eq!(key_first_seq(&update.key), Some(10));
        let bytes = update.value.unwrap();
        assert_eq!(Content::decode(&bytes, 20), Ok(content));
        assert!(Content::decode(&bytes, 21).is_err());
        for length in 0..bytes.len() {
            assert!(Content::decode(&bytes[..length], 20).is_err(), "{length}");
        }
        assert_eq!((sealed.dir(), sealed.disk_bytes_of(|id| id == ResourceId(7))), ("a", 30));
    }

    #[test]
    fn names_tell_the_hour_and_the_seqs() {
        let [date, hour, name] = place(&(1..65), 1_795_338_780_000_000_000);
        assert_eq!(date, "segments/ingest_date=2026-11-22");
        assert_eq!(hour, "segments/ingest_date=2026-11-22/ingest_hour=09");
        let file = name.strip_prefix(&format!("{hour}/")).unwrap();
        assert_eq!(file, "00000000000000000001-00000000000000000064.parquet");
        assert_eq!(parse_name(file), Some(1..65));
        for wrong in ["", "1-2.parquet", "00000000000000000002-00000000000000000001.parquet", "x.parquet"] {
            assert_eq!(parse_name(wrong), None, "{wrong}");
        }
    }
}
