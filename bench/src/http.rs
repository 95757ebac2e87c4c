//! Just enough of HTTP/1.1 to time a daemon on loopback: one GET a connection, the whole answer read.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// Longest wait for the next bytes of an answer: a scan of everything sends its first hit at its end.
const READ_LIMIT: Duration = Duration::from_secs(300);

/// A whole answer.
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Body, chunks joined.
    pub body: String,
    /// From before the connection was made until the last byte was read.
    pub took: Duration,
}

/// A GET; any status is an answer.
pub fn get(port: u16, path: &str) -> Result<Answer> {
    let started = Instant::now();
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(READ_LIMIT))?;
    stream.set_nodelay(true)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let took = started.elapsed();
    let text = String::from_utf8(bytes)?;
    let (head, body) = text.split_once("\r\n\r\n").context("an answer without headers")?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no status line")?;
    let is_chunked = head
        .lines()
        .any(|line| line.to_ascii_lowercase().replace(' ', "").starts_with("transfer-encoding:chunked"));
    let body = if is_chunked { joined(body)? } else { body.to_owned() };
    Ok(Answer { status, body, took })
}

/// A GET whose answer must be 200.
pub fn get_ok(port: u16, path: &str) -> Result<Answer> {
    let answer = get(port, path)?;
    if answer.status != 200 {
        bail!("{path} answered {}: {}", answer.status, answer.body.trim());
    }
    Ok(answer)
}

/// The text of a chunked body.
fn joined(mut rest: &str) -> Result<String> {
    let mut body = String::with_capacity(rest.len());
    loop {
        let (size, after) = rest.split_once("\r\n").context("a chunk without size")?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)?;
        if size == 0 {
            return Ok(body);
        }
        body.push_str(after.get(..size).context("a cut chunk")?);
        rest = after.get(size + 2..).context("a cut chunk")?;
    }
}

/// A value for a query string.
pub fn escaped(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_and_a_cut_one_is_an_error() {
        assert_eq!(joined("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n").unwrap(), "abcde");
        assert!(joined("3\r\nab").is_err());
        assert!(joined("").is_err());
    }

    #[test]
    fn query_values_are_escaped() {
        assert_eq!(escaped("a b/é>="), "a%20b%2F%C3%A9%3E%3D");
    }
}
