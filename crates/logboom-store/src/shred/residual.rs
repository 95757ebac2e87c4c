//! What is in no column: one JSON object a row, with nested objects as the source has them, so that it never takes
//! more room than the attributes it came from.

use logboom_model::attributes::{Name, Value, write_string};

use super::columns::Texts;

/// Residuals of the rows of a block.
#[derive(Debug, Default)]
pub(super) struct Residual {
    pub(super) texts: Texts,
    /// Whether this row has one.
    is_open: bool,
    /// Whether the innermost open object has a member.
    has_member: bool,
    /// Names of the open nested objects, as [`Name::parents`] has them.
    parents: Vec<u8>,
    ends: Vec<u32>,
}

impl Residual {
    /// Adds an attribute to the row's object.
    pub(super) fn add(&mut self, name: Name<'_>, value: Value<'_>) {
        if !self.is_open {
            self.is_open = true;
            self.has_member = false;
            self.texts.buffer().push(b'{');
        }
        // Names at the top come most often; comparing their empty parents would be the slowest thing here.
        let is_nested = !self.ends.is_empty() || !name.parent_ends().is_empty();
        if is_nested && (self.ends != name.parent_ends() || self.parents != name.parents()) {
            self.go_to(name);
        }
        self.member(name.own());
        value.write_json(self.texts.buffer());
        self.has_member = true;
    }

    /// Ends the row.
    pub(super) fn end(&mut self, row: usize) {
        if !self.is_open {
            return;
        }
        self.close_to(0);
        self.texts.buffer().push(b'}');
        self.texts.end(row);
        self.is_open = false;
    }

    /// Closes and opens objects until those of the name are open.
    fn go_to(&mut self, name: Name<'_>) {
        let same = |(one, two): &(&u32, &u32)| {
            one == two && self.parents.get(..**one as usize) == name.parents().get(..**two as usize)
        };
        let common = self.ends.iter().zip(name.parent_ends()).take_while(same).count();
        self.close_to(common);
        let mut start = self.ends.last().map_or(0, |&end| end as usize + 1);
        for &end in &name.parent_ends()[common..] {
            self.member(&name.parents()[start..end as usize]);
            self.texts.buffer().push(b'{');
            self.has_member = false;
            self.ends.push(end);
            start = end as usize + 1;
        }
        self.parents.clear();
        self.parents.extend_from_slice(name.parents());
    }

    fn close_to(&mut self, depth: usize) {
        while self.ends.len() > depth {
            self.ends.pop();
            self.texts.buffer().push(b'}');
            self.has_member = true;
        }
        self.parents.truncate(self.ends.last().map_or(0, |&end| end as usize));
    }

    fn member(&mut self, own: &[u8]) {
        let out = self.texts.buffer();
        if self.has_member {
            out.push(b',');
        }
        write_string(own, false, out);
        out.push(b':');
    }
}
