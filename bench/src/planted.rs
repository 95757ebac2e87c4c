//! Lines that are planted among the generated ones, so that a search has a known answer.

/// 32 hex digits that stand in exactly one line.
pub const NEEDLE: &str = "9f86d081884c7d659a2feaa0c55ad015";
/// An identifier that stands in [`RARE_LINES`] lines.
pub const RARE: &str = "ord48213907x";
/// Lines with the rare identifier: one of each of 16 containers, and a second one of the first four.
pub const RARE_LINES: u64 = 20;
/// One line in so many holds [`SUBSTRING`], inside a word.
pub const SUBSTRING_EVERY: u64 = 50_000;
/// In no other line, whatever its case.
pub const SUBSTRING: &str = "fus";

/// Plants lines in one container.
pub struct Planter {
    container: usize,
    target: u64,
    lines: u64,
    rare: u8,
    has_needle: bool,
}

impl Planter {
    /// For a container that is to print so many bytes.
    pub fn new(container: usize, target: u64) -> Self {
        Self { container, target, lines: 0, rare: 0, has_needle: false }
    }

    /// The line to print instead of a generated one, after so many bytes.
    pub fn line(&mut self, written: u64) -> Option<String> {
        self.lines += 1;
        let at = |percent: u64| written * 100 >= self.target * percent;
        if self.container == 6 && !self.has_needle && at(37) {
            self.has_needle = true;
            return Some(format!("checkout failed for session trace={NEEDLE} after 3 retries"));
        }
        let due = (self.rare == 0 && at(50)) || (self.rare == 1 && self.container < 4 && at(80));
        if due {
            self.rare += 1;
            return Some(format!("WARN order {RARE} was charged twice"));
        }
        (self.lines % SUBSTRING_EVERY == SUBSTRING_EVERY / 2)
            .then(|| "ERROR upstream refused: no live backends".to_owned())
    }
}
