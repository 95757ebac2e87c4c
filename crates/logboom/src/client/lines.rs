//! The lines of an answer as they arrive.

use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::Incoming;
use tokio::time::timeout;

use super::{ClientError, SILENCE_TIMEOUT};

/// Longest line: a record of 1 MiB whose every byte is escaped, its attributes and its resource.
const LINE_BYTES_MAX: usize = 32 << 20;

/// Reads an answer line by line.
pub struct Lines {
    body: Incoming,
    url: String,
    buffer: Buffer,
}

impl Lines {
    /// The lines of an answer from `url`.
    pub fn new(answer: Response<Incoming>, url: String) -> Self {
        Self { body: answer.into_body(), url, buffer: Buffer::default() }
    }

    /// The next line without its line feed; `None` at the end of the answer.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        loop {
            if let Some(line) = self.buffer.take_line() {
                return Ok(Some(line));
            }
            if self.buffer.bytes.len() > LINE_BYTES_MAX {
                return Err(self.broken("a line is longer than a record can be"));
            }
            match timeout(SILENCE_TIMEOUT, self.body.frame()).await {
                Ok(Some(Ok(frame))) => self.buffer.push(&frame.into_data().unwrap_or_default()),
                Ok(Some(Err(error))) => return Err(self.broken(&error.to_string())),
                Ok(None) if self.buffer.bytes.is_empty() => return Ok(None),
                Ok(None) => return Err(self.broken("it ended within a line")),
                Err(_) => return Err(self.broken("nothing came for too long")),
            }
        }
    }

    /// Whether a whole line is there already, so that output need not be flushed before the next.
    pub fn has_line(&self) -> bool {
        self.buffer.bytes[self.buffer.searched..].contains(&b'\n')
    }

    fn broken(&self, reason: &str) -> ClientError {
        ClientError::Broken { url: self.url.clone(), reason: reason.to_owned() }
    }
}

/// Bytes that have come, and how far they are known to hold no line feed.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    searched: usize,
}

impl Buffer {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    fn take_line(&mut self) -> Option<Vec<u8>> {
        match self.bytes[self.searched..].iter().position(|&byte| byte == b'\n') {
            Some(at) => {
                let end = self.searched + at;
                let line = self.bytes[self.start..end].to_vec();
                self.start = end + 1;
                self.searched = self.start;
                if self.start == self.bytes.len() {
                    *self = Self { bytes: std::mem::take(&mut self.bytes), start: 0, searched: 0 };
                    self.bytes.clear();
                }
                Some(line)
            }
            None => {
                self.searched = self.bytes.len();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_however_they_are_cut() {
        let text = b"one\n\ntwo and\nthree\n";
        for size in 1..text.len() {
            let mut buffer = Buffer::default();
            let mut lines = Vec::new();
            for chunk in text.chunks(size) {
                buffer.push(chunk);
                while let Some(line) = buffer.take_line() {
                    lines.push(String::from_utf8(line).unwrap());
                }
            }
            assert_eq!(lines, ["one", "", "two and", "three"], "chunks of {size}");
            assert!(buffer.bytes[buffer.start..].is_empty());
        }
    }
}
