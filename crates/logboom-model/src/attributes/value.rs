//! Values: as they stand in the text, and what they mean.

use super::{number, text};

/// A value as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text.
    String {
        /// What stands between the quotes.
        raw: &'a [u8],
        /// Whether it has JSON's escapes; if not, it is the text itself.
        escaped: bool,
    },
    /// A JSON number.
    Number(&'a [u8]),
    /// `true` or `false`.
    Boolean(bool),
    /// `null`.
    Null,
    /// An array, from bracket to bracket.
    Array(&'a [u8]),
    /// An object that is not flattened, from brace to brace: it is empty, or its name is too long.
    Object(&'a [u8]),
}

/// What a value means: the same wherever it is read from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AttributeValue<'a> {
    /// Text without escapes. Broken ones are U+FFFD.
    Text(&'a [u8]),
    /// A number without fraction and exponent that fits.
    Integer(i64),
    /// Another number that loses nothing as floating point: at most 15 significant digits, neither too large nor
    /// too small.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// Anything else as JSON text: `null`, an array, an object, a number beyond the other two.
    Json(&'a [u8]),
}

impl<'a> Value<'a> {
    /// What it means; `scratch` holds the text of strings that have escapes.
    pub fn meaning<'s>(self, scratch: &'s mut Vec<u8>) -> AttributeValue<'s>
    where
        'a: 's,
    {
        match self {
            Self::String { raw, escaped: false } => AttributeValue::Text(raw),
            Self::String { raw, escaped: true } => {
                scratch.clear();
                text::unescape(raw, scratch);
                AttributeValue::Text(scratch)
            }
            Self::Number(raw) => number::meaning(raw),
            Self::Boolean(value) => AttributeValue::Boolean(value),
            Self::Null => AttributeValue::Json(b"null"),
            Self::Array(raw) | Self::Object(raw) => AttributeValue::Json(raw),
        }
    }

    /// Appends it as JSON, byte for byte where it was JSON.
    pub fn write_json(self, out: &mut Vec<u8>) {
        match self {
            Self::String { raw, escaped } => text::write_string(raw, escaped, out),
            Self::Number(raw) | Self::Array(raw) | Self::Object(raw) => out.extend_from_slice(raw),
            Self::Boolean(true) => out.extend_from_slice(b"true"),
            Self::Boolean(false) => out.extend_from_slice(b"false"),
            Self::Null => out.extend_from_slice(b"null"),
        }
    }
}
