//! What the pipes of one query may still hold, and what had to give way.

/// Counts down; nothing stops by itself when it reaches zero, each holder has its own way to do with less.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    groups: usize,
    bytes: usize,
    /// Distinct values were left out of a `uniq()`.
    pub(crate) uniq_is_low: bool,
    /// Values were counted beside their place in a quantile.
    pub(crate) quantiles_are_rough: bool,
}

impl Room {
    /// Room for so many groups and bytes.
    pub(crate) fn new(groups: usize, bytes: usize) -> Self {
        Self { groups, bytes, uniq_is_low: false, quantiles_are_rough: false }
    }

    /// Whether there is any left.
    pub(crate) fn has_any(&self) -> bool {
        self.bytes > 0
    }

    /// Takes bytes, as many as there are.
    pub(crate) fn take(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Takes the place of one group of so many bytes, if there is one.
    pub(crate) fn take_group(&mut self, bytes: usize) -> bool {
        if self.groups == 0 || self.bytes < bytes {
            return false;
        }
        self.groups -= 1;
        self.bytes -= bytes;
        true
    }

    /// Takes over what had to give way elsewhere.
    pub(crate) fn note(&mut self, other: &Self) {
        self.uniq_is_low |= other.uniq_is_low;
        self.quantiles_are_rough |= other.quantiles_are_rough;
    }

    /// What a reader of the table must know.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.uniq_is_low {
            notes.push(
                "uniq() is at least what is shown: there was no memory for more distinct values".to_owned(),
            );
        }
        if self.quantiles_are_rough {
            notes.push("quantiles are rough: there was no memory for finer ones".to_owned());
        }
        notes
    }
}
