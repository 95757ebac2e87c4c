//! Text held back by joins, and the account of it that all lanes share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits::{HELD_BYTES_MAX, HELD_FRAGMENT_BYTES};

/// How much text all lanes hold together.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeldAccount(Arc<AtomicUsize>);

impl HeldAccount {
    /// Whether so many bytes more may be held by somebody who holds `own` already.
    pub(crate) fn has_room(&self, own: usize, more: usize) -> bool {
        own + more <= HELD_FRAGMENT_BYTES || self.0.load(Ordering::Relaxed) + more <= HELD_BYTES_MAX
    }

    pub(crate) fn hold(&self, text: &[u8]) -> HeldText {
        let mut held = HeldText { bytes: Vec::new(), account: self.clone() };
        held.append(text);
        held
    }
}

/// Held text; it leaves the account when it is dropped.
pub(crate) struct HeldText {
    bytes: Vec<u8>,
    account: HeldAccount,
}

impl HeldText {
    pub(crate) fn append(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.account.0.fetch_add(text.len(), Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for HeldText {
    fn drop(&mut self) {
        self.account.0.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_follows_what_is_held() {
        let account = HeldAccount::default();
        let mut first = account.hold(&[0; HELD_FRAGMENT_BYTES]);
        first.append(&vec![0; HELD_BYTES_MAX - HELD_FRAGMENT_BYTES]);
        assert!(!account.has_room(1, HELD_FRAGMENT_BYTES));
        assert!(account.has_room(0, HELD_FRAGMENT_BYTES));
        drop(first);
        assert!(account.has_room(1, HELD_BYTES_MAX));
    }
}
