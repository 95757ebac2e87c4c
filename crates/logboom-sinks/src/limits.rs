//! Every limit and interval of a sink, each with its reason.

use std::time::Duration;

/// Formatted bytes held before they are written: large enough for few system calls, small beside the budget of
/// memory. One record may pass it.
pub const BUFFER_BYTES: usize = 256 << 10;

/// Bytes of one write. A pipe that polls writable takes a page without blocking (pipe(7)), so that a stalled reader
/// never holds the thread inside the kernel.
pub const WRITE_BYTES: usize = 4096;

/// How long the thread waits for anything before it looks whether it should stop.
pub const WAIT: Duration = Duration::from_millis(200);

/// How long `stop` waits for the thread; a destination that still blocks then is left behind.
pub const STOP_WAIT: Duration = Duration::from_millis(900);

/// A destination that takes nothing for so long is shown as `blocked`.
pub const BLOCKED_AFTER: Duration = Duration::from_secs(2);

/// Cursors are committed at most so often: each commit is a sync of the disk, and at least once covers the rest.
pub const CURSOR_INTERVAL: Duration = Duration::from_secs(1);

/// Pauses between attempts after an error, doubling from the first to the last.
pub const RETRY_FIRST: Duration = Duration::from_millis(100);
/// See [`RETRY_FIRST`].
pub const RETRY_LAST: Duration = Duration::from_secs(10);

/// A sink whose oldest unsent record is older than this is `catching_up`.
pub const CATCHING_UP_AFTER_SECONDS: f64 = 10.0;

/// Bytes of a sink's name: it is part of a state key and of gap rows.
pub const NAME_BYTES_MAX: usize = 128;

/// How long a new sink waits for room to commit its first cursor.
pub const FIRST_COMMIT_WAIT: Duration = Duration::from_secs(5);
