//! Both kinds of attributes of one record after another, with buffers that are kept.

use super::hidden::Hidden;
use super::path::Name;
use super::{Value, json, logfmt};
use crate::Flags;

/// Shows the attributes of many records.
#[derive(Debug, Default)]
pub struct Walker {
    path: json::Path,
    hidden: Hidden,
}

impl Walker {
    /// Shows every attribute of a record until `show` says false: source attributes (a JSON object, or empty), then
    /// those of the body by its mark.
    pub fn visit(
        &mut self,
        flags: Flags,
        body: &[u8],
        source: &[u8],
        show: &mut impl FnMut(Name<'_>, Value<'_>) -> bool,
    ) {
        let is_marked = flags.intersects(Flags::JSON.union(Flags::LOGFMT));
        if source.is_empty() {
            if is_marked {
                self.visit_body(flags, body, show);
            }
            return;
        }
        self.hidden.clear();
        let mut going = true;
        if simdutf8::basic::from_utf8(source).is_ok() {
            let Self { path, hidden } = self;
            json::walk(source, path, &mut |name, value| {
                if is_marked {
                    hidden.add(name.dotted());
                }
                going = show(name, value);
                going
            });
        }
        if going && is_marked {
            let hidden = std::mem::take(&mut self.hidden);
            self.visit_body(flags, body, &mut |name, value| hidden.has(name.dotted()) || show(name, value));
            self.hidden = hidden;
        }
    }

    /// Shows the attributes of a JSON object alone.
    pub fn visit_object(&mut self, json: &[u8], show: &mut impl FnMut(Name<'_>, Value<'_>) -> bool) {
        if simdutf8::basic::from_utf8(json).is_ok() {
            json::walk(json, &mut self.path, show);
        }
    }

    fn visit_body(&mut self, flags: Flags, body: &[u8], show: &mut impl FnMut(Name<'_>, Value<'_>) -> bool) {
        if simdutf8::basic::from_utf8(body).is_err() {
            return;
        }
        if flags.contains(Flags::JSON) {
            json::walk(body, &mut self.path, show);
        } else {
            logfmt::walk(body, &mut |key, value| show(Name::new(key, &[]), value));
        }
    }
}
