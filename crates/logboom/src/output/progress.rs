//! How far a search is: one line on standard error that is written over, for a person at a terminal only.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::config::size_text;

/// A search that ends sooner shows nothing.
const SHOWN_AFTER: Duration = Duration::from_millis(500);
/// Time between two versions of the line.
const INTERVAL: Duration = Duration::from_millis(200);
/// Back to the start of the line, and nothing left of it.
const CLEAR: &[u8] = b"\r\x1b[K";

/// How far it is, as the HTTP API says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Bytes on disk looked at, or passed over.
    pub bytes_done: u64,
    /// All of them.
    pub bytes_total: u64,
    /// Hits so far.
    pub matches: u64,
}

/// The line.
pub struct ProgressLine {
    terminal: bool,
    due: Instant,
    shown: bool,
}

impl ProgressLine {
    /// For a search that starts now.
    pub fn start() -> Self {
        Self { terminal: io::stderr().is_terminal(), due: Instant::now() + SHOWN_AFTER, shown: false }
    }

    /// Shows how far it is, now and then.
    pub fn show(&mut self, progress: &Progress) {
        let now = Instant::now();
        if !self.terminal || now < self.due {
            return;
        }
        self.due = now + INTERVAL;
        self.shown = true;
        let mut err = io::stderr().lock();
        // A terminal that is gone is noticed by the results.
        let _ = err.write_all(CLEAR).and_then(|()| err.write_all(text(progress).as_bytes()));
        let _ = err.flush();
    }

    /// Takes the line away, before anything else is printed.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let mut err = io::stderr().lock();
            let _ = err.write_all(CLEAR).and_then(|()| err.flush());
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}

fn text(progress: &Progress) -> String {
    let Progress { bytes_done, bytes_total, matches } = *progress;
    let percent = (bytes_done as f64 / bytes_total.max(1) as f64 * 100.0).min(100.0);
    format!("searching: {percent:.0} % of {}, {matches} found", size_text(bytes_total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_and_how_much() {
        let progress = Progress { bytes_done: 1 << 30, bytes_total: 4 << 30, matches: 3 };
        assert_eq!(text(&progress), "searching: 25 % of 4.0 GiB, 3 found");
        assert_eq!(text(&Progress::default()), "searching: 0 % of 0 B, 0 found");
    }
}
