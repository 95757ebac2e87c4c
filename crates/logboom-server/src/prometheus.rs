//! Prometheus' text format, version 0.0.4.

use std::fmt::Write as _;

/// The content type of the format.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a family's samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Only grows; restarts at zero.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// A text under construction: families in order, each announced before its samples.
#[derive(Default)]
pub(crate) struct Exposition {
    text: String,
    family: &'static str,
}

impl Exposition {
    /// Starts a family.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> &mut Self {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        self.family = name;
        self
    }

    /// Adds a sample to the family.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: impl Into<Value>) -> &mut Self {
        self.text.push_str(self.family);
        for (index, (name, value)) in labels.iter().enumerate() {
            self.text.push(if index == 0 { '{' } else { ',' });
            let _ = write!(self.text, "{name}=\"");
            value.chars().for_each(|character| self.push_escaped(character));
            self.text.push('"');
        }
        self.text.push_str(if labels.is_empty() { " " } else { "} " });
        match value.into() {
            Value::Whole(value) => _ = writeln!(self.text, "{value}"),
            Value::Real(value) => _ = writeln!(self.text, "{value}"),
        }
        self
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }

    fn push_escaped(&mut self, character: char) {
        match character {
            '\\' => self.text.push_str("\\\\"),
            '"' => self.text.push_str("\\\""),
            '\n' => self.text.push_str("\\n"),
            other => self.text.push(other),
        }
    }
}

/// A number: whole ones are written exactly.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value {
    /// Counts and bytes.
    Whole(u64),
    /// Seconds.
    Real(f64),
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Whole(value)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Whole(value as u64)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_whole_numbers_exact() {
        let mut out = Exposition::default();
        out.family("a_total", Kind::Counter, "Help.").sample(&[], u64::MAX);
        out.sample(&[("x", "q\"\\\n"), ("y", "é")], 0.5);
        assert_eq!(
            out.finish(),
            "# HELP a_total Help.\n# TYPE a_total counter\na_total 18446744073709551615\na_total{x=\"q\\\"\\\\\\n\",y=\"é\"} 0.5\n"
        );
    }
}
