//! The small dictionaries of a file: severity numbers, their names, streams and marks. Known before the first page.

use logboom_model::{Batch, Severity, Stream};

/// Streams in the order of their codes.
pub(super) const STREAMS: [Stream; 2] = [Stream::Stdout, Stream::Stderr];
/// Severity numbers are below this.
const SEVERITIES: usize = 25;

/// Values by code, and codes by value.
#[derive(Debug)]
pub(super) struct Dictionaries {
    /// Severity numbers, ascending.
    pub severities: Vec<u8>,
    /// Names of severities, in order of severity.
    pub names: Vec<&'static str>,
    /// Marks, ascending.
    pub flags: Vec<u16>,
}

impl Dictionaries {
    /// What occurs in these rows.
    pub fn new(batches: &[Batch]) -> Self {
        let mut severities = [false; SEVERITIES];
        let mut flags: Vec<u16> = Vec::new();
        for batch in batches {
            let columns = batch.columns();
            for &number in &columns.severities {
                severities[usize::from(number).min(SEVERITIES - 1)] = true;
            }
            for run in columns.flags.chunk_by(|left, right| left == right) {
                if let Err(at) = flags.binary_search(&run[0]) {
                    flags.insert(at, run[0]);
                }
            }
        }
        let severities: Vec<u8> =
            (0..SEVERITIES as u8).filter(|&number| severities[usize::from(number)]).collect();
        let mut names: Vec<&str> = severities.iter().map(|&number| name(number)).collect();
        names.retain(|name| !name.is_empty());
        names.dedup();
        Self { severities, names, flags }
    }

    /// The code of a severity number.
    pub fn severity(&self, number: u8) -> u32 {
        self.severities.partition_point(|&other| other < number) as u32
    }

    /// The code of a severity's name; `None` for one without.
    pub fn name(&self, number: u8) -> Option<u32> {
        let name = name(number);
        self.names.iter().position(|other| *other == name).map(|at| at as u32)
    }

    /// The code of marks.
    pub fn flags(&self, flags: u16) -> u32 {
        self.flags.partition_point(|&other| other < flags) as u32
    }
}

fn name(number: u8) -> &'static str {
    Severity::from_number(number).unwrap_or_default().text()
}
