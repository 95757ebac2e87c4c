//! Every limit of the sources, with its reason, in one place.

use std::time::Duration;

/// Bytes read from one file in one turn, before the next container has its turn: large enough that a system call
/// costs nothing, small enough that one shouting container among a thousand delays a line by microseconds.
pub const TURN_BYTES: usize = 256 << 10;

/// Bodies gathered before a submission is handed over, in bytes. The same as a commit of the local log.
pub const SUBMISSION_BYTES: usize = 1 << 20;

/// Longest line the reader holds in one piece: what the decoder asks for.
pub const LINE_BYTES_MAX: usize = logboom_wire::json_file::LINE_BYTES_MAX;

/// Bytes before the offset that are compared at every read: a file that was truncated and has grown past the offset
/// again does not have them, since every line ends in a time of nine digits.
pub const TAIL_BYTES: usize = 64;

/// Between two readings of inotify while nothing is left to read: a thousand containers of ten lines a second then
/// cost a hundred wake-ups, and a line waits no longer than this.
pub const COALESCE: Duration = Duration::from_millis(8);

/// The same while some container rotates faster than [`ROTATION_IS_FAST`].
pub const COALESCE_FAST: Duration = Duration::from_millis(1);

/// Two rotations of a container closer than this make the reader hurry (see [`COALESCE_FAST`]).
pub const ROTATION_IS_FAST: Duration = Duration::from_millis(500);

/// Between two reconciling scans: events are lost only when inotify's queue overflows, which is told.
pub const SCAN_INTERVAL: Duration = Duration::from_secs(5);

/// The same while something cannot be watched (inotify exhausted) and must be polled.
pub const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How long the lines of a brand new container wait for its `config.v2.json`, which names it. Docker writes it before
/// the first line; only a damaged or foreign directory has none.
pub const METADATA_WAIT: Duration = Duration::from_secs(1);

/// Age of a fragment whose line does not end, after which it is emitted as it is, nanoseconds. Docker writes the
/// pieces of a line within milliseconds; ten seconds mean that the writer stopped in the middle.
pub const HELD_TEXT_AGE_MAX_NS: i64 = 10_000_000_000;

/// How often the age of held text is looked at.
pub const HELD_TEXT_CHECK: Duration = Duration::from_secs(1);

/// Disk space of deleted files that are kept open to be read to their end. It is space the host cannot have back;
/// beyond it the oldest is given up with a gap record (DESIGN §3.4).
pub const DELETED_OPEN_BYTES_MAX: u64 = 1 << 30;

/// How often deleted-but-open files are counted while there are any.
pub const DELETED_OPEN_CHECK: Duration = Duration::from_secs(1);

/// How far back from its end a file is searched for a place where no line is open, on the first start.
pub const BOUNDARY_SEARCH_BYTES: u64 = 1 << 20;

/// Bytes of `config.v2.json` or `hostconfig.json`; both hold the environment and all labels.
pub const CONFIG_BYTES_MAX: u64 = 8 << 20;

/// Rotated files of one container that are looked at: `max-file` is the user's, but not without end.
pub const ROTATED_FILES_MAX: u32 = 10_000;

/// Containers followed at once. Docker itself becomes slow long before.
pub const CONTAINERS_MAX: usize = 65_536;

/// Removed containers that stay in the list of containers, newest kept.
pub const REMOVED_LISTED_MAX: usize = 1_000;
/// How long removed containers stay in the list.
pub const REMOVED_LISTED_AGE: Duration = Duration::from_secs(3600);

/// How long a removed container is remembered in state, so that replayed events do not bring it back, nanoseconds.
pub const TOMBSTONE_AGE_NS: i64 = 24 * 3600 * 1_000_000_000;
/// Tombstones kept; the oldest go first.
pub const TOMBSTONES_MAX: usize = 4_096;

/// How long a transition seen in `config.v2.json` waits for the engine's event, which carries the exit code and every
/// restart even when two of them come close together.
pub const ENGINE_PRECEDENCE: Duration = Duration::from_millis(500);

/// How long the start waits for the engine, whose name is the host's and whose root must be ours.
pub const ENGINE_START_WAIT: Duration = Duration::from_millis(1500);

/// How long the start of the source waits until everything is watched.
pub const BEGIN_WAIT: Duration = Duration::from_secs(5);

/// Time for one request to the engine, seconds.
pub const ENGINE_REQUEST_TIMEOUT_S: u64 = 10;

/// Between attempts to reach the engine: doubled from the first to the second.
pub const ENGINE_RETRY_MIN: Duration = Duration::from_millis(200);
/// See [`ENGINE_RETRY_MIN`].
pub const ENGINE_RETRY_MAX: Duration = Duration::from_secs(10);

/// Events between the engine's thread and the reader; beyond it the engine's thread waits.
pub const ENGINE_QUEUE: usize = 1_024;

/// How long the source's thread may take to stop.
pub const STOP_WAIT: Duration = Duration::from_secs(2);

/// How long one wait for room in the journal's queue lasts before inotify is served again.
pub const ROOM_WAIT: Duration = Duration::from_millis(5);

/// When files that could not be opened (too many open files) are tried again.
pub const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// How much older than its `StartedAt` the first record of a run may be, nanoseconds. Two milliseconds were seen; a
/// start takes longer than this after the end before it.
pub const RUN_STARTS_EARLY_NS: i64 = 50_000_000;

/// How much earlier than the time of its last record a file may say it was modified, nanoseconds: kernels stamp files
/// with a clock that ticks every few milliseconds.
pub const MTIME_SLACK_NS: i64 = 1_000_000_000;

/// How often the walk over a container's files is repeated when a rotation comes between; then the times of their first
/// records order them.
pub const WALKS_MAX: u32 = 8;

/// Ends of runs of one container that its reader has not reached. More of them between two looks are a crash loop that
/// is read late; the text without a line end of two of its runs may then become one line.
pub const RUN_ENDS_MAX: usize = 64;

/// How much earlier than it was changed a file may say it was, nanoseconds: the tick of the kernel's coarse clock.
pub const FILE_CLOCK_TICK_NS: i64 = 10_000_000;

/// Between two errors of the source in logboom's own log; `status` always has the last one.
pub const ERROR_LOG_INTERVAL: Duration = Duration::from_secs(1);
