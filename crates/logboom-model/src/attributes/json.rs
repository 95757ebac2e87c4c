//! Walks over the members of a JSON object, nested ones with their dotted names. The text is expected to be JSON and
//! need not be: the walk ends at the first mistake, and every value that is shown is JSON.

use super::path::Name;
use super::{Value, scan, text, validate};
use crate::limits::ATTRIBUTE_NAME_BYTES_MAX;

/// Buffers of a walk, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Path {
    /// The dotted name of the open objects; behind it the name of the member at hand.
    dotted: Vec<u8>,
    ends: Vec<u32>,
}

/// Shows every member until `show` says false. `None` where the walk ended early.
pub(super) fn walk(
    json: &[u8],
    path: &mut Path,
    show: &mut impl FnMut(Name<'_>, Value<'_>) -> bool,
) -> Option<()> {
    path.dotted.clear();
    path.ends.clear();
    let mut at = enter(json, scan::spaces(json, 0))?;
    if json.get(at) == Some(&b'}') {
        return Some(());
    }
    loop {
        let (key, key_escaped, value_at) = key(json, at)?;
        at = value_at;
        let (value, end) = match json.get(at)? {
            b'{' => {
                let inside = enter(json, at)?;
                let is_empty = json.get(inside) == Some(&b'}');
                if !is_empty && path.open(key, key_escaped) {
                    at = inside;
                    continue;
                }
                let end = if is_empty { inside + 1 } else { validate::value_end(json, at)? };
                (Value::Object(&json[at..end]), end)
            }
            _ => value(json, at)?,
        };
        if !path.show(key, key_escaped, value, show) {
            return None;
        }
        at = scan::spaces(json, end);
        while json.get(at) == Some(&b'}') {
            if path.close().is_none() {
                return Some(());
            }
            at = scan::spaces(json, at + 1);
        }
        at = scan::spaces(json, expect(json, at, b',')?);
    }
}

/// The name of the member that starts here, as it is written, whether it has escapes, and the place of its value.
pub(super) fn key(json: &[u8], at: usize) -> Option<(&[u8], bool, usize)> {
    let start = expect(json, at, b'"')?;
    let (end, escaped) = validate::string_end(json, start)?;
    let value = scan::spaces(json, expect(json, scan::spaces(json, end + 1), b':')?);
    Some((&json[start..end], escaped, value))
}

/// The first place inside the object that starts here.
pub(super) fn enter(json: &[u8], at: usize) -> Option<usize> {
    Some(scan::spaces(json, expect(json, at, b'{')?))
}

/// One past a byte that must be here.
pub(super) fn expect(json: &[u8], at: usize, byte: u8) -> Option<usize> {
    (json.get(at) == Some(&byte)).then_some(at + 1)
}

/// The value that starts here, which is no object, and the place behind it.
pub(super) fn value(json: &[u8], at: usize) -> Option<(Value<'_>, usize)> {
    match json.get(at)? {
        b'"' => {
            let (end, escaped) = validate::string_end(json, at + 1)?;
            Some((Value::String { raw: &json[at + 1..end], escaped }, end + 1))
        }
        b'[' => {
            let end = validate::value_end(json, at)?;
            Some((Value::Array(&json[at..end]), end))
        }
        first => {
            let end = validate::value_end(json, at)?;
            let value = match first {
                b't' => Value::Boolean(true),
                b'f' => Value::Boolean(false),
                b'n' => Value::Null,
                _ => Value::Number(&json[at..end]),
            };
            Some((value, end))
        }
    }
}

impl Path {
    fn prefix(&self) -> usize {
        self.ends.last().map_or(0, |&end| end as usize)
    }

    /// Puts the name of a member behind those of the open objects.
    fn append(&mut self, key: &[u8], escaped: bool) {
        self.dotted.truncate(self.prefix());
        if !self.ends.is_empty() {
            self.dotted.push(b'.');
        }
        if escaped {
            text::unescape(key, &mut self.dotted);
        } else {
            self.dotted.extend_from_slice(key);
        }
    }

    /// Opens a nested object, unless its name is too long.
    fn open(&mut self, key: &[u8], escaped: bool) -> bool {
        if self.prefix() + key.len() > 6 * ATTRIBUTE_NAME_BYTES_MAX {
            return false;
        }
        self.append(key, escaped);
        let fits = self.dotted.len() <= ATTRIBUTE_NAME_BYTES_MAX;
        if fits {
            self.ends.push(self.dotted.len() as u32);
        }
        fits
    }

    fn close(&mut self) -> Option<()> {
        self.ends.pop().map(drop)
    }

    fn show(
        &mut self,
        key: &[u8],
        escaped: bool,
        value: Value<'_>,
        show: &mut impl FnMut(Name<'_>, Value<'_>) -> bool,
    ) -> bool {
        if !escaped && self.ends.is_empty() {
            return show(Name::new(key, &[]), value);
        }
        self.append(key, escaped);
        show(Name::new(&self.dotted, &self.ends), value)
    }
}
