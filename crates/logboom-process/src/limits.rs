//! Limits of this crate, each with its reason.

/// How far into a text line its level is looked for, in bytes: time, thread and logger come before it.
pub(crate) const TEXT_WINDOW_BYTES: usize = 128;

/// The same for `key=value` lines, whose level may follow a quoted time and a caller.
pub(crate) const LOGFMT_WINDOW_BYTES: usize = 256;

/// Tokens before the level of a text line; the longest known form, of Nest, has nine.
pub(crate) const PREAMBLE_TOKENS_MAX: usize = 12;

/// How far into a JSON line its level is looked for, in bytes; some loggers write it after the message.
pub(crate) const JSON_WINDOW_BYTES: usize = 8 << 10;

/// Members of a JSON line that are looked at.
pub(crate) const JSON_MEMBERS_MAX: usize = 64;

/// Text of unfinished lines that all lanes of a process hold together, in bytes. A thousand containers that never
/// end their lines would hold two megabytes each; beyond this their lines are split early.
pub(crate) const HELD_BYTES_MAX: usize = 64 << 20;

/// Held per stream even then, in bytes: one fragment as Docker cuts it.
pub(crate) const HELD_FRAGMENT_BYTES: usize = 16 << 10;
