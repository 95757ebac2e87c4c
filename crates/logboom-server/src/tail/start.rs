//! Where a tail begins: decided from what the client says it has seen.

use logboom_model::{Cursor, StoreId};

use crate::answer::Problem;

/// What the client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Only what is new.
    End,
    /// Everything there is.
    Earliest,
    /// What follows this record.
    After(Cursor),
    /// A resume by an id that is none of ours.
    Unknown,
}

impl Wish {
    /// Reads `Last-Event-ID`, which wins since a reconnecting browser repeats its first URL, and `from`.
    pub fn read(last_event_id: Option<&str>, from: Option<&str>) -> Result<Self, Problem> {
        if let Some(id) = last_event_id.filter(|id| !id.is_empty()) {
            return Ok(id.parse().map_or(Self::Unknown, Self::After));
        }
        match from {
            None | Some("now") => Ok(Self::End),
            Some("earliest") => Ok(Self::Earliest),
            Some(text) => text.parse().map(Self::After).map_err(|error| {
                Problem::bad_request(format!("`from`: {error}")).hint("or write `earliest` or `now`")
            }),
        }
    }

    /// Where to begin in a log that ends (is durable) before `end` and whose first readable seq is `oldest`.
    pub fn start(self, store_id: StoreId, oldest: u64, end: u64) -> Start {
        match self {
            Self::End => Start::End,
            Self::Earliest => Start::At(oldest),
            // A cursor beyond the end: the log went back, as after a restored backup.
            Self::After(cursor) if cursor.store_id == store_id && cursor.seq < end => {
                Start::At(cursor.seq + 1)
            }
            Self::After(_) | Self::Unknown => Start::Reset,
        }
    }
}

/// Where a tail begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// At this seq.
    At(u64),
    /// At the end of the log, after history if asked for.
    End,
    /// The same, after a `reset` event.
    Reset,
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: StoreId = StoreId([1; 16]);

    #[test]
    fn where_a_tail_begins() {
        let ours = |seq| Cursor { store_id: OURS, seq }.to_string();
        let theirs = Cursor { store_id: StoreId([2; 16]), seq: 5 }.to_string();
        // The log holds seqs 3 to 9.
        for (last_event_id, from, expected) in [
            (None, None, Start::End),
            (None, Some("now".to_owned()), Start::End),
            (None, Some("earliest".to_owned()), Start::At(3)),
            (None, Some(ours(5)), Start::At(6)),
            (None, Some(ours(9)), Start::At(10)),
            (None, Some(ours(0)), Start::At(1)),
            (None, Some(ours(10)), Start::Reset),
            (None, Some(ours(u64::MAX)), Start::Reset),
            (None, Some(theirs.clone()), Start::Reset),
            (Some(ours(7)), Some("earliest".to_owned()), Start::At(8)),
            (Some(String::new()), Some("earliest".to_owned()), Start::At(3)),
            (Some("junk".to_owned()), None, Start::Reset),
            (Some(theirs), Some(ours(5)), Start::Reset),
        ] {
            let wish = Wish::read(last_event_id.as_deref(), from.as_deref()).unwrap();
            assert_eq!(wish.start(OURS, 3, 10), expected, "{last_event_id:?} {from:?}");
        }
        assert!(Wish::read(None, Some("yesterday")).is_err());
    }
}
