//! Attributes of a record: what its source sent beside the line, and what its body says if it is marked as JSON or
//! logfmt. Both are read where they stand; nothing is copied but names of nested objects.
//!
//! Rules, the same for scan, columns, filters and output:
//!
//! * Members of nested objects count with dots between the names (`user.id`). An array, `{}` and an object whose
//!   dotted name would be longer than [`crate::limits::ATTRIBUTE_NAME_BYTES_MAX`] are values themselves.
//! * Source attributes come first. A name of the body that is also one of the source (`_` for `.`) is hidden.
//! * A body that is not UTF-8, or is no JSON object in spite of its mark, has the attributes that stand before the
//!   first mistake; no mark, no parsed attributes.
//! * A name may occur more than once; readers that want one value take the first.

mod find;
mod hidden;
mod json;
mod logfmt;
mod number;
mod path;
mod scan;
#[cfg(test)]
mod tests;
mod text;
mod validate;
mod value;
mod walker;

pub use find::find;
pub use logfmt::is_logfmt;
pub use path::Name;
pub(crate) use text::write_text;
pub use text::{unescape, unescape_exact, unescape_inside, write_string};
pub use validate::is_json_object;
pub use value::{AttributeValue, Value};
pub use walker::Walker;

use crate::Flags;

/// Shows every attribute of a record: its dotted name without escapes, and its value. `source` is a JSON object, or
/// empty. See [`Walker`] for many records.
pub fn visit(flags: Flags, body: &[u8], source: &[u8], show: &mut dyn FnMut(&[u8], Value<'_>)) {
    Walker::default().visit(flags, body, source, &mut |name, value| {
        show(name.dotted(), value);
        true
    });
}
