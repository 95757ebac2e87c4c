//! The values of one name, read where they stand.

use super::path::is_folded;
use super::{AttributeValue, Walker};
use crate::Flags;

/// Shows the values of one name to `test` until it says yes, in the order of [`super::visit`]; whether it did. The
/// name is folded: `_` for `.`.
pub fn find(
    flags: Flags,
    body: &[u8],
    source: &[u8],
    folded: &[u8],
    test: &mut dyn FnMut(AttributeValue<'_>) -> bool,
) -> bool {
    let mut found = false;
    let mut scratch = Vec::new();
    Walker::default().visit(flags, body, source, &mut |name, value| {
        found = is_folded(name.dotted(), folded) && test(value.meaning(&mut scratch));
        !found
    });
    found
}
