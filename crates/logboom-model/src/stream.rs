//! Where inside a container a line came from, and what happened to it on the way.

use serde::Serialize;

/// `log.iostream` of OpenTelemetry: the standard stream a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Stream {
    /// No stream: gap and lifecycle rows, and sources without streams.
    #[default]
    None = 0,
    /// Standard output; also everything a container with a TTY prints.
    Stdout = 1,
    /// Standard error.
    Stderr = 2,
}

impl Stream {
    /// Decodes the byte stored in columns; unknown values are `None`.
    pub fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::None),
            1 => Some(Self::Stdout),
            2 => Some(Self::Stderr),
            _ => None,
        }
    }

    /// The name used in JSON output and queries; empty for [`Stream::None`].
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

bitflags::bitflags! {
    /// Marks of one row, stored with it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Flags: u16 {
        /// A gap record: data known to be lost (see [`crate::Gap`]).
        const GAP = 1;
        /// A lifecycle row (see [`crate::Lifecycle`]).
        const LIFECYCLE = 1 << 1;
        /// A fragment of a line whose end was never seen: emitted at a limit or at the container's end.
        const PARTIAL = 1 << 2;
        /// A piece of a line longer than [`crate::limits::LINE_BYTES_MAX`]; the next piece follows.
        const SPLIT = 1 << 3;
        /// Read from history that existed before logboom's first start.
        const BACKLOG = 1 << 4;
        /// The source's own framing could not be decoded; `body` is the raw line.
        const UNDECODED = 1 << 5;
        /// The body is a JSON object: its members are attributes of the record.
        const JSON = 1 << 6;
        /// The body has `key=value` pairs: they are attributes of the record.
        const LOGFMT = 1 << 7;
    }
}
