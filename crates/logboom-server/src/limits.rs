//! Every bound of the server, each with its reason. [`Limits`] holds those that tests and small hosts lower.

use std::time::Duration;

/// Open connections. A browser holds six, a tail one; beyond this new ones wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 512;

/// Live tails. Each holds one reader and two chunks; beyond this `/tail` answers 503 and other routes still work.
const TAILS_MAX: usize = 256;

/// Searches at once: a search uses a core and holds its hits until its client has read them.
const SEARCHES_MAX: usize = 4;

/// Tails that read and encode at the same moment: half of the cores, so that many lagging tails leave the other half
/// to the collection of logs.
fn tail_reads_max() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}

/// Lagging tails that keep their place in a file, and a decoded entry (mostly 1 MiB), between two reads; others wait
/// for their turn.
const TAIL_HOLDS_MAX: usize = 16;

/// A whole request head must arrive in this time, and an idle connection is closed after it (slowloris).
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A TLS handshake must end in this time.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that takes not one byte for so long is disconnected. A tail resumes where it was by `Last-Event-ID`.
const WRITE_STALL_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a search may run before it is told to narrow its time range.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(300);

/// How long a streamed search waits, with its thread and its turn, for a client that takes nothing.
const SEARCH_CLIENT_PATIENCE: Duration = Duration::from_secs(30);

/// How long a search waits for its turn before 429.
const SEARCH_QUEUE_TIMEOUT: Duration = Duration::from_secs(2);

/// Time between `position` events of an idle tail: short enough for proxies that close silent connections (most
/// after 30 s or more).
const TAIL_HEARTBEAT: Duration = Duration::from_secs(15);

/// Least time between `position` events of a tail whose rows match nothing.
const TAIL_POSITION_INTERVAL: Duration = Duration::from_secs(1);

/// A tail whose client takes nothing for so long gives back its reader and the entry it holds, and opens them again
/// when the client reads on: slow clients cost no memory but their chunks, and hold up no other tail for longer.
const TAIL_PARK_AFTER: Duration = Duration::from_millis(200);

/// A lagging tail that waits for its turn goes on without one after this, one chunk, so that none ever starves.
const TAIL_HOLD_WAIT: Duration = Duration::from_secs(1);

/// Open streams get this long to end when the server stops; DESIGN §6 gives the whole process five seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// A health probe that takes longer than this is a deadlock.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(10);

/// Bounds of one server.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections.
    pub connections: usize,
    /// Live tails.
    pub tails: usize,
    /// Searches at once.
    pub searches: usize,
    /// Tails that read and encode at the same moment.
    pub tail_reads: usize,
    /// Lagging tails that keep an entry of the log between two reads.
    pub tail_holds: usize,
    /// For a request head to arrive, and for an idle connection.
    pub header_read_timeout: Duration,
    /// For a TLS handshake.
    pub handshake_timeout: Duration,
    /// For a client to take at least one byte.
    pub write_stall_timeout: Duration,
    /// For one search.
    pub search_timeout: Duration,
    /// For the client of a streamed search to take something.
    pub search_client_patience: Duration,
    /// For a search to get its turn.
    pub search_queue_timeout: Duration,
    /// Between `position` events of an idle tail.
    pub tail_heartbeat: Duration,
    /// Between `position` events of a tail whose rows match nothing.
    pub tail_position_interval: Duration,
    /// Until a tail whose client is slow gives back its reader.
    pub tail_park_after: Duration,
    /// For a lagging tail to get its turn.
    pub tail_hold_wait: Duration,
    /// For open streams to end at a stop.
    pub stop_timeout: Duration,
    /// For a health probe.
    pub health_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS_MAX,
            tails: TAILS_MAX,
            searches: SEARCHES_MAX,
            tail_reads: tail_reads_max(),
            tail_holds: TAIL_HOLDS_MAX,
            header_read_timeout: HEADER_READ_TIMEOUT,
            handshake_timeout: HANDSHAKE_TIMEOUT,
            write_stall_timeout: WRITE_STALL_TIMEOUT,
            search_timeout: SEARCH_TIMEOUT,
            search_client_patience: SEARCH_CLIENT_PATIENCE,
            search_queue_timeout: SEARCH_QUEUE_TIMEOUT,
            tail_heartbeat: TAIL_HEARTBEAT,
            tail_position_interval: TAIL_POSITION_INTERVAL,
            tail_park_after: TAIL_PARK_AFTER,
            tail_hold_wait: TAIL_HOLD_WAIT,
            stop_timeout: STOP_TIMEOUT,
            health_timeout: HEALTH_TIMEOUT,
        }
    }
}

/// Bytes of a request head: the longest URL, and the one to two KiB that browsers add. Also what a connection
/// buffers in each direction.
pub(crate) const REQUEST_HEAD_BYTES_MAX: usize = 32 << 10;

/// Header fields of a request; browsers send about twenty.
pub(crate) const REQUEST_HEADERS_MAX: usize = 64;

/// Bytes of path and query string: the longest query there may be, every byte percent-encoded, and some room.
pub(crate) const URL_BYTES_MAX: usize = 3 * logboom_query::limits::QUERY_BYTES_MAX + 1024;

/// Hits of a search that does not say.
pub(crate) const SEARCH_LIMIT_DEFAULT: usize = 1000;
/// A question that is told to end has this long to say how far it came.
pub(crate) const SEARCH_TIMEOUT_GRACE: Duration = Duration::from_secs(5);
/// Time range of a search that does not say.
pub(crate) const SEARCH_SINCE_DEFAULT: &str = "24h";

/// Bytes of one piece of a table, and at least one row: a client that reads line by line holds one of them.
pub(crate) const TABLE_PIECE_BYTES: usize = 64 << 10;
/// Time between two `progress` events: often enough for a bar that moves, and to notice a client that has gone.
pub(crate) const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);
/// Chunks queued between a search and its client.
pub(crate) const SEARCH_QUEUE_CHUNKS: usize = 4;
/// Lines before and after the one asked for, each.
pub(crate) const CONTEXT_LINES_MAX: usize = 1000;
/// Lines before and after, each, of a request that does not say.
pub(crate) const CONTEXT_LINES_DEFAULT: usize = 10;
/// Bars of a histogram that does not say.
pub(crate) const BARS_DEFAULT: usize = 60;
/// Values of each field, of a request that does not say; and the most.
pub(crate) const FACET_VALUES: (usize, usize) = (10, 1000);
/// Suggestions of a request that does not say; and the most.
pub(crate) const SUGGESTIONS: (usize, usize) = (20, 100);

/// Bytes of one chunk of a streamed answer: large enough for few wake-ups, small enough for three per client. One
/// record may exceed it.
pub(crate) const CHUNK_BYTES: usize = 32 << 10;

/// Chunks queued for one tail's client, while another is being made and one lies in the connection's buffer.
pub(crate) const TAIL_QUEUE_CHUNKS: usize = 1;

/// How long one step of a tail may read and match before others get their turn.
pub(crate) const TAIL_STEP: Duration = Duration::from_millis(10);

/// How long to wait before accepting again when the process has no file descriptor left.
pub(crate) const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Shortest token accepted: 128 bits as hex are 32, as base64 22; shorter ones are typed by hand and guessable.
pub(crate) const TOKEN_BYTES_MIN: usize = 16;

/// How long a browser keeps the login of a listener that asks for a token.
pub(crate) const LOGIN_SECONDS: u64 = 30 * 86_400;
