//! The name of an attribute while its value is shown.

/// The name of an attribute: names of members, without escapes, with dots between them.
#[derive(Debug, Clone, Copy)]
pub struct Name<'a> {
    dotted: &'a [u8],
    /// Where the name of each enclosing object ends in `dotted`.
    ends: &'a [u32],
}

impl<'a> Name<'a> {
    pub(super) fn new(dotted: &'a [u8], ends: &'a [u32]) -> Self {
        Self { dotted, ends }
    }

    /// The whole name. UTF-8 if the text is.
    pub fn dotted(self) -> &'a [u8] {
        self.dotted
    }

    /// The names of the enclosing objects as [`Name::dotted`] has them, without the last dot; empty at the top.
    pub fn parents(self) -> &'a [u8] {
        &self.dotted[..self.ends.last().map_or(0, |&end| end as usize)]
    }

    /// Where the name of each enclosing object ends in [`Name::parents`], the outermost first.
    pub fn parent_ends(self) -> &'a [u32] {
        self.ends
    }

    /// The member's own name.
    pub fn own(self) -> &'a [u8] {
        match self.ends.last() {
            Some(&end) => &self.dotted[end as usize + 1..],
            None => self.dotted,
        }
    }
}

/// Whether a name is the folded one: `_` stands for `.`.
pub(super) fn is_folded(name: &[u8], folded: &[u8]) -> bool {
    name.len() == folded.len()
        && name.iter().zip(folded).all(|(&byte, &other)| byte == other || (byte == b'.' && other == b'_'))
}

/// Whether a folded name starts with this one.
pub(super) fn starts_folded(folded: &[u8], name: &[u8]) -> bool {
    folded.get(..name.len()).is_some_and(|start| is_folded(name, start))
}

/// Whether two names are the same when `_` stands for `.`.
pub(super) fn same_folded(one: &[u8], two: &[u8]) -> bool {
    let fold = |byte: u8| if byte == b'.' { b'_' } else { byte };
    one.len() == two.len() && one.iter().zip(two).all(|(&one, &two)| fold(one) == fold(two))
}
