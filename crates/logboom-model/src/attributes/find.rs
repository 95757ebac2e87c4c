//! The values of one name, read where they stand: objects that cannot have it are passed as a whole.

use super::path::{is_folded, starts_folded};
use super::{AttributeValue, Value, json, logfmt, scan, text, validate};
use crate::Flags;
use crate::limits::ATTRIBUTE_NAME_BYTES_MAX;

/// Shows the values of one name to `test` until it says yes, in the order of [`super::visit`]; whether it did. The
/// name is folded: `_` for `.`.
pub fn find(
    flags: Flags,
    body: &[u8],
    source: &[u8],
    folded: &[u8],
    test: &mut dyn FnMut(AttributeValue<'_>) -> bool,
) -> bool {
    let mut scratch = Vec::new();
    let mut is_in_source = false;
    let mut found = false;
    if !source.is_empty() && simdutf8::basic::from_utf8(source).is_ok() {
        find_in_object(source, folded, &mut |value| {
            is_in_source = true;
            found = test(value.meaning(&mut scratch));
            !found
        });
    }
    let is_marked = flags.intersects(Flags::JSON.union(Flags::LOGFMT));
    if is_in_source || !is_marked || simdutf8::basic::from_utf8(body).is_err() {
        return found;
    }
    let mut show = |value: Value<'_>| {
        found = test(value.meaning(&mut scratch));
        !found
    };
    if flags.contains(Flags::JSON) {
        find_in_object(body, folded, &mut show);
    } else {
        logfmt::walk(body, &mut |key, value| !is_folded(key, folded) || show(value));
    }
    found
}

/// Shows the values of a name until `show` says false; `None` where it ended early. What [`json::walk`] shows of that
/// name.
fn find_in_object(json: &[u8], folded: &[u8], show: &mut impl FnMut(Value<'_>) -> bool) -> Option<()> {
    // What is left of the name in the object at hand begins here; the stack has the same of the enclosing ones.
    let mut from = 0;
    let mut enclosing = Vec::new();
    let mut unescaped = Vec::new();
    let mut at = json::enter(json, scan::spaces(json, 0))?;
    if json.get(at) == Some(&b'}') {
        return Some(());
    }
    loop {
        let (mut key, key_escaped, value_at) = json::key(json, at)?;
        if key_escaped {
            unescaped.clear();
            text::unescape(key, &mut unescaped);
            key = &unescaped;
        }
        let rest = &folded[from..];
        let is_start = starts_folded(rest, key);
        let is_name = is_start && rest.len() == key.len();
        at = if json.get(value_at) == Some(&b'{') {
            let inside = json::enter(json, value_at)?;
            let is_empty = json.get(inside) == Some(&b'}');
            let is_flat = !is_empty && from + key.len() <= ATTRIBUTE_NAME_BYTES_MAX;
            if is_flat && is_start && rest.get(key.len()) == Some(&b'_') {
                enclosing.push(from);
                from += key.len() + 1;
                at = inside;
                continue;
            }
            let end = if is_empty { inside + 1 } else { validate::value_end(json, value_at)? };
            if is_name && !is_flat && !show(Value::Object(&json[value_at..end])) {
                return None;
            }
            end
        } else {
            let (value, end) = json::value(json, value_at)?;
            if is_name && !show(value) {
                return None;
            }
            end
        };
        at = scan::spaces(json, at);
        while json.get(at) == Some(&b'}') {
            match enclosing.pop() {
                Some(outer) => from = outer,
                None => return Some(()),
            }
            at = scan::spaces(json, at + 1);
        }
        at = scan::spaces(json, json::expect(json, at, b',')?);
    }
}
