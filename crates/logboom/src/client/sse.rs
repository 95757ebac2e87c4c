//! Server-sent events (WHATWG HTML §9.2) out of lines: what a tail needs of them.

use super::{ClientError, Lines};

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// Its kind; `message` when the server named none.
    pub kind: String,
    /// The last id seen, to resume by; empty when the server sent none yet.
    pub id: String,
    /// Its data; several `data` lines are joined by line feeds.
    pub data: Vec<u8>,
}

/// Reads events off an answer.
pub struct Events {
    lines: Lines,
    assembler: Assembler,
}

impl Events {
    /// The events of an answer's lines.
    pub fn new(lines: Lines) -> Self {
        Self { lines, assembler: Assembler::default() }
    }

    /// The next event; `None` when the server ended the stream.
    pub async fn next(&mut self) -> Result<Option<Event>, ClientError> {
        while let Some(line) = self.lines.next().await? {
            if let Some(event) = self.assembler.push(&line) {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// Whether more is there already.
    pub fn has_more(&self) -> bool {
        self.lines.has_line()
    }
}

/// The event being read.
#[derive(Default)]
struct Assembler {
    kind: String,
    id: String,
    data: Option<Vec<u8>>,
}

impl Assembler {
    /// Takes one line; an empty one ends an event, which is dropped when it has no data.
    fn push(&mut self, line: &[u8]) -> Option<Event> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            let kind = std::mem::take(&mut self.kind);
            let kind = if kind.is_empty() { "message".to_owned() } else { kind };
            return self.data.take().map(|data| Event { kind, id: self.id.clone(), data });
        }
        let (field, value) = match line.iter().position(|&byte| byte == b':') {
            Some(at) => (&line[..at], line[at + 1..].strip_prefix(b" ").unwrap_or(&line[at + 1..])),
            None => (line, &b""[..]),
        };
        match field {
            b"event" => self.kind = String::from_utf8_lossy(value).into_owned(),
            b"id" if !value.contains(&0) => self.id = String::from_utf8_lossy(value).into_owned(),
            b"data" => match &mut self.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => self.data = Some(value.to_vec()),
            },
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<(String, String, String)> {
        let mut assembler = Assembler::default();
        text.split('\n')
            .filter_map(|line| assembler.push(line.as_bytes()))
            .map(|event| (event.kind, event.id, String::from_utf8(event.data).unwrap()))
            .collect()
    }

    #[test]
    fn events_as_the_standard_has_them() {
        let text = ": comment\n\nid: s:1\nevent: record\ndata: {\"a\":1}\n\ndata:x\ndata: y\n\nid: s:2\n\nretry: 9\ndata\n\ndata: unfinished";
        let expected = [("record", "s:1", "{\"a\":1}"), ("message", "s:1", "x\ny"), ("message", "s:2", "")];
        let expected = expected.map(|(kind, id, data)| (kind.to_owned(), id.to_owned(), data.to_owned()));
        assert_eq!(events(text), expected);
        assert_eq!(events(&text.replace('\n', "\r\n")), expected);
    }
}
