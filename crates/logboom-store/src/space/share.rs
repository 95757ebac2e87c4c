//! Which segments give room, and whose rows: the oldest run of segments that belong to the loud for the most part.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use logboom_model::ResourceId;

use crate::sealed::Sealed;

/// What a rewrite is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The segments to become one.
    pub run: Range<usize>,
    /// Resources whose rows go, sorted.
    pub loud: Vec<ResourceId>,
}

/// Bounds of a rewrite.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes on disk that a resource may take before it counts as loud.
    pub share_bytes: u64,
    /// Bytes on disk that should become free.
    pub wanted: u64,
    /// Bodies of the new segment.
    pub body_bytes_max: u64,
    /// Bytes on disk that it may take while the old ones are there.
    pub output_bytes_max: u64,
}

/// The oldest run of segments of which more than half belongs to the loud, as long as it must be for so many bytes;
/// thin neighbours before it are taken along. `None` when nobody is loud, or no segment is theirs.
pub fn choose(segments: &[Arc<Sealed>], unfit: &[u64], bounds: Bounds) -> Option<Choice> {
    let loud = loud(segments, bounds.share_bytes);
    if loud.is_empty() {
        return None;
    }
    let is_loud = |id: ResourceId| loud.binary_search(&id).is_ok();
    let is_theirs = |sealed: &Sealed| {
        sealed.disk_bytes_of(is_loud) > sealed.disk_bytes / 2 && !unfit.contains(&sealed.seqs.start)
    };
    let from = segments.iter().position(|sealed| is_theirs(sealed))?;
    let (mut to, mut freed, mut rest) = (from, 0, Size::default());
    while let Some(sealed) = segments.get(to) {
        let more = rest.plus(kept(sealed, is_loud));
        let fits = more.fits(bounds);
        let is_next = to == from || segments[to - 1].seqs.end == sealed.seqs.start;
        if !(is_next && is_theirs(sealed) && fits) || freed >= bounds.wanted {
            break;
        }
        freed += sealed.disk_bytes_of(is_loud);
        rest = more;
        to += 1;
    }
    if to == from {
        return None;
    }
    // A neighbour no larger than what it is merged with: each row is copied a logarithmic number of times.
    let mut start = from;
    while let Some(before) = start.checked_sub(1).map(|index| &segments[index]) {
        let more = rest.plus(kept(before, is_loud));
        let is_thin = before.content.body_bytes <= rest.bodies.max(1) * 2
            && before.seqs.end == segments[start].seqs.start
            && !unfit.contains(&before.seqs.start);
        if !is_thin || !more.fits(bounds) {
            break;
        }
        rest = more;
        start -= 1;
    }
    Some(Choice { run: start..to, loud })
}

/// The resources that take more than their share, sorted.
fn loud(segments: &[Arc<Sealed>], share_bytes: u64) -> Vec<ResourceId> {
    let mut bytes: HashMap<ResourceId, u64> = HashMap::new();
    for sealed in segments {
        for (id, _) in &sealed.content.shares {
            *bytes.entry(*id).or_default() += sealed.disk_bytes_of(|other| other == *id);
        }
    }
    let mut loud: Vec<ResourceId> =
        bytes.into_iter().filter(|(_, bytes)| *bytes > share_bytes).map(|(id, _)| id).collect();
    loud.sort_unstable();
    loud
}

#[derive(Debug, Clone, Copy, Default)]
struct Size {
    bodies: u64,
    disk: u64,
}

impl Size {
    fn plus(self, other: Self) -> Self {
        Self { bodies: self.bodies + other.bodies, disk: self.disk + other.disk }
    }

    fn fits(self, bounds: Bounds) -> bool {
        self.bodies <= bounds.body_bytes_max && self.disk <= bounds.output_bytes_max
    }
}

/// What is left of a segment without the loud.
fn kept(sealed: &Sealed, is_loud: impl Fn(ResourceId) -> bool) -> Size {
    let loud: u64 = sealed.content.shares.iter().filter(|(id, _)| is_loud(*id)).map(|(_, bytes)| bytes).sum();
    Size {
        bodies: sealed.content.body_bytes.saturating_sub(loud),
        disk: sealed.disk_bytes.saturating_sub(sealed.disk_bytes_of(is_loud)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealed::Content;

    const BOUNDS: Bounds =
        Bounds { share_bytes: 1000, wanted: 1, body_bytes_max: 2000, output_bytes_max: 2000 };

    /// So many share what is not resource 1's, so that none of them is loud.
    const QUIET: u64 = 16;

    /// Segments of ten seqs each; of each the bytes of resource 1 (loud) and of all others.
    fn segments(sizes: &[(u64, u64)]) -> Vec<Arc<Sealed>> {
        let made = sizes.iter().enumerate().map(|(index, &(loud, quiet))| {
            let each = (2..2 + QUIET as u128).map(|id| (ResourceId(id), quiet / QUIET));
            let content = Content {
                rows: 10,
                evicted: 0,
                body_bytes: loud + quiet,
                times: (0, 0),
                commits: (0, 0),
                shares: std::iter::once((ResourceId(1), loud)).chain(each).collect(),
            };
            let first = index as u64 * 10 + 1;
            Arc::new(Sealed::new(first..first + 10, String::new(), loud + quiet, content))
        });
        made.collect()
    }

    fn chosen(sizes: &[(u64, u64)], bounds: Bounds) -> Option<Range<usize>> {
        choose(&segments(sizes), &[], bounds).map(|choice| {
            assert_eq!(choice.loud, [ResourceId(1)]);
            choice.run
        })
    }

    #[test]
    fn the_oldest_segment_of_the_loud_is_rewritten_not_the_oldest() {
        assert_eq!(chosen(&[(0, 300), (600, 10), (600, 10)], BOUNDS), Some(1..2));
        assert_eq!(chosen(&[(0, 300), (600, 10), (600, 10)], Bounds { wanted: 700, ..BOUNDS }), Some(1..3));
    }

    #[test]
    fn nobody_is_loud_or_no_segment_is_theirs() {
        assert_eq!(chosen(&[(400, 100), (400, 100)], BOUNDS), None);
        assert_eq!(chosen(&[(600, 700), (600, 700)], BOUNDS), None, "less than half of each");
        assert_eq!(chosen(&[(6000, 2500)], BOUNDS), None, "what is left does not fit into one segment");
        let unfit = segments(&[(6000, 0), (6000, 0)]);
        assert_eq!(choose(&unfit, &[1], BOUNDS).map(|choice| choice.run), Some(1..2));
    }

    #[test]
    fn thin_neighbours_are_taken_along_but_not_copied_again_and_again() {
        assert_eq!(chosen(&[(0, 20), (600, 20), (600, 10)], BOUNDS), Some(0..2));
        assert_eq!(chosen(&[(0, 500), (0, 20), (600, 20), (600, 10)], BOUNDS), Some(1..3));
        // As time goes by: every segment leaves 16 bytes of the quiet; the work stays in bounds.
        let (mut sizes, mut copied) = (Vec::new(), 0);
        for _ in 0..256 {
            sizes.extend([(600, 16), (600, 16)]);
            let run = chosen(&sizes, BOUNDS).unwrap();
            let left: u64 = sizes[run.clone()].iter().map(|size| size.1).sum();
            copied += left;
            sizes.splice(run, [(0, left)]);
        }
        assert!(copied < 16 * 512 * 10, "{copied}");
        assert!(sizes.len() < 300, "{}", sizes.len());
    }
}
