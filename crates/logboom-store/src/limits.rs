//! Every limit of the store, each with its reason.

/// Bodies of one journal file before the next one is begun: what one sealed segment will hold (DESIGN §3.3).
pub const FILE_BODY_BYTES_MAX: u64 = 64 << 20;
/// A journal file is at most this share of the budget, so that eviction takes small bites of a small store.
pub const FILE_SHARE_OF_BUDGET: u64 = 16;
/// A journal file on disk is at most this share of the budget, whatever its bodies compress to.
pub const FILE_DISK_SHARE_OF_BUDGET: u64 = 8;
/// Age at which a journal file that holds rows is closed, in nanoseconds.
pub const FILE_AGE_NANOS_MAX: i64 = 3_600 * NANOS_PER_SECOND;
/// Journal files kept at once; the oldest goes beyond. Bounds the table of files in each opening snapshot.
pub const FILES_MAX: usize = 16_384;

/// Smallest budget: a few files with their reserve.
pub const MAX_BYTES_LEAST: u64 = 1 << 20;
/// Preallocation grows by this share of the budget at a time …
pub const ALLOCATE_SHARE_OF_BUDGET: u64 = 128;
/// … but at least by one page …
pub const ALLOCATE_BYTES_MIN: u64 = 4 << 10;
/// … and at most by this: what a host loses to a store that stays idle.
pub const ALLOCATE_BYTES_MAX: u64 = 4 << 20;
/// Kept preallocated behind the end of the active file, so that an eviction mark, its gap row and a cursor fit when
/// the disk is full. At least this …
pub const RESERVE_BYTES_MIN: u64 = 16 << 10;
/// … and at most this.
pub const RESERVE_BYTES_MAX: u64 = 64 << 10;
/// Counted against the budget for the directories and the lock file.
pub const OVERHEAD_BYTES: u64 = 32 << 10;

/// Raw bytes of one entry's payload; a decoder allocates no more, whatever a header says.
pub const ENTRY_RAW_BYTES_MAX: usize = 96 << 20;
/// Raw bytes of the resource definitions of one entry.
pub const DEFINITIONS_RAW_BYTES_MAX: usize = 64 << 20;
/// Rows of one entry.
pub const ENTRY_ROWS_MAX: usize = 1 << 24;
/// Memory of one submission; a larger one is never taken.
pub const SUBMISSION_BYTES_MAX: usize = 48 << 20;
/// Bytes of a state key.
pub const STATE_KEY_BYTES_MAX: usize = 4 << 10;
/// Bytes of a state value.
pub const STATE_VALUE_BYTES_MAX: usize = 8 << 20;
/// Resources defined by one journal file.
pub const FILE_RESOURCES_MAX: usize = 1 << 20;

/// Seqs end here: a million records a second reach it after 146,000 years, and sums of seqs never overflow.
pub const SEQ_MAX: u64 = 1 << 62;

/// Resources named in what is known of a segment without opening it: one that takes a quarter of the budget is among
/// the largest of most segments, and an opening snapshot stays small.
pub const SEGMENT_SHARES_MAX: usize = 16;
/// Memory of the indexes of open segments: those of a store of 10 GiB.
pub const SEGMENT_CACHE_BYTES_MAX: usize = 48 << 20;
/// Segments held open; a process may open 1,024 files where nobody raised the limit.
pub const SEGMENT_CACHE_FILES_MAX: usize = 768;
/// Segments looked into for names of attributes to complete, newest first.
pub const NAMED_SEGMENTS_MAX: usize = 64;
/// Segments decoded at once by all readers in order of seqs together; each takes a stripe.
pub const STRIPES_MAX: usize = 4;
/// How long a reader may keep a decoded stripe that it does not read from, when others wait, in milliseconds.
pub const STRIPE_IDLE_MS_MAX: u64 = 500;
/// How long a reader may keep a decoded stripe at all when others wait, in milliseconds.
pub const STRIPE_HOLD_MS_MAX: u64 = 5_000;

/// A resource that takes more than this share of the budget is the first to give room.
pub const RESOURCE_SHARE_OF_BUDGET: u64 = 4;
/// Bodies of a rewritten segment: its rows are held in memory at once, in as many pieces as they came in.
pub const REWRITE_BODY_BYTES_MAX: u64 = 32 << 20;
/// Bytes of the name of a segment below the data directory.
pub const SEGMENT_PATH_BYTES_MAX: usize = 256;
/// Space that the sealer keeps free ahead of need, as a share of the budget.
pub const HEADROOM_SHARE_OF_BUDGET: u64 = 8;
/// What a segment may take beyond its journal file, when its rows are few: columns, index, footer.
pub const SEGMENT_OVERHEAD_BYTES: u64 = 64 << 10;
/// A directory takes a block.
pub const DIRECTORY_BYTES: u64 = 4 << 10;
/// Closed journal files beyond which sealing does not spare the CPU.
pub const SEAL_BEHIND_FILES: usize = 4;
/// Of what sources hold in deleted files that are open, so much of the budget counts at most: the log must not go for
/// files that others keep.
pub const HELD_SHARE_OF_BUDGET: u64 = 4;
/// How long the writer waits for the sealer to make room before it evicts by itself, in milliseconds.
pub const ROOM_WAIT_MS_MAX: u64 = 10_000;
/// Part of the budget that the writer leaves to the sealer as long as it makes room: what is left of a segment after a
/// rewrite is there before the segment goes.
pub const SEALER_SHARE_OF_BUDGET: u64 = 32;
/// How long the writer does not wait for the sealer after it did so in vain, in milliseconds.
pub const ROOM_PAUSE_MS: u64 = 60_000;
/// How often it looks whether there is room meanwhile, in milliseconds.
pub const ROOM_LOOK_MS: u64 = 20;
/// How often the sealer looks around when nobody calls it, in milliseconds.
pub const SEALER_TICK_MS: u64 = 2_000;

/// Level of zstd: higher ones cost 1.6 times the CPU and save next to nothing on columns of log lines.
pub const ZSTD_LEVEL: i32 = 1;
/// Level of zstd in the journal, whose files are sealed within minutes: what a faster level leaves larger is soon gone,
/// and its time would be spent on every line twice.
pub const JOURNAL_ZSTD_LEVEL: i32 = -3;
/// Buffers above this size are given back when the store has been idle.
pub const IDLE_BUFFER_BYTES: usize = 256 << 10;
/// Sequential reads of journal files.
pub const READ_BYTES: usize = 1 << 20;
/// Reads of one header after a jump over a long payload.
pub const READ_JUMP_BYTES: usize = 16 << 10;
/// Entries of a journal file are searched together up to this size before compression: small commits would make
/// a great many blocks.
pub const JOURNAL_BLOCK_BYTES: u64 = 1 << 20;
/// The newest journal files up to this size are verified when a store is opened; older ones when they are read.
pub const VERIFY_BYTES_MAX: u64 = 64 << 20;

/// Recent gaps kept for `status`.
pub const RECENT_GAPS_MAX: usize = 256;
/// Gaps being merged at once; beyond it the oldest is written at once.
pub const OPEN_GAPS_MAX: usize = 4_096;
/// Ranges known to be lost to corruption, so that each is told once.
pub const LOST_RANGES_MAX: usize = 4_096;
/// Resources not seen for so long are forgotten by `resources()`, in nanoseconds of the commit clock.
pub const RESOURCE_AGE_NANOS_MAX: i64 = 24 * 3_600 * NANOS_PER_SECOND;

/// First wait after a failed commit; it doubles …
pub const RETRY_MS_FIRST: u64 = 100;
/// … up to this.
pub const RETRY_MS_MAX: u64 = 5_000;
/// How often an idle writer looks after ages, minutes of gaps and free space.
pub const TICK_MS: u64 = 5_000;
/// How long `flush` waits.
pub const FLUSH_MS_MAX: u64 = 30_000;
/// How long an exclusive open waits for a lock that a reader may be probing.
pub const LOCK_WAIT_MS: u64 = 500;
/// A wall clock this far ahead of where the steady clock says it should be has jumped.
pub const CLOCK_JUMP_NANOS: i64 = 3_600 * NANOS_PER_SECOND;
/// Drift between two looks at the clocks that is slewing, not a jump.
pub const CLOCK_SLEW_NANOS: i64 = 60 * NANOS_PER_SECOND;

/// Nanoseconds of a second.
pub const NANOS_PER_SECOND: i64 = 1_000_000_000;
/// Nanoseconds of a minute, by which gaps are merged.
pub const NANOS_PER_MINUTE: i64 = 60 * NANOS_PER_SECOND;

/// Bodies of one stripe of a segment: what a reader in order of seqs holds decoded. Half of a full journal file, with
/// the commit that made it full.
pub const STRIPE_BODY_BYTES_MAX: usize = 34 << 20;
/// Rows of one stripe: rows without bodies must be bounded too.
pub const STRIPE_ROWS_MAX: usize = 1 << 20;
/// Bodies of one block of a segment: what a needle costs when only the filters were wrong. A single longer body is a
/// block of its own.
pub const BLOCK_BODY_BYTES_MAX: usize = 2 << 20;
/// Rows of one block: bounds every column that a reader decodes.
pub const BLOCK_ROWS_MAX: usize = 1 << 16;
/// A resource with this much in a stripe has blocks of its own; those with less share one. A filter takes four
/// kilobytes a block, so that smaller ones would cost more than they prune.
pub const BLOCK_BODY_BYTES_OWN: usize = 512 << 10;
/// Bodies of one page, raw: what other readers decompress at once. A single longer body is a page of its own.
pub const PAGE_BODY_BYTES_MAX: usize = 1 << 20;
/// Raw bytes of one page that a reader allocates for: a submission is bounded below it.
pub const PAGE_RAW_BYTES_MAX: usize = 128 << 20;
/// Values below this are not worth a frame of zstd.
pub const PAGE_COMPRESS_BYTES_MIN: usize = 48;
/// Counts by resource, minute and severity of one block; a block of more is counted by reading it.
pub const BLOCK_COUNTS_MAX: usize = 4_096;
/// Resource attributes with a column of their own; all of them are in `resource` besides.
pub const RESOURCE_COLUMNS_MAX: usize = 64;
/// Bytes of a name that may become a column's.
pub const COLUMN_NAME_BYTES_MAX: usize = 128;
/// Distinct texts of one resource column in a stripe, in bytes; the rows of resources beyond are null in it, and
/// whole in the index.
pub const RESOURCE_DICTIONARY_BYTES_MAX: usize = 64 << 20;
/// Raw bytes of the index section; a reader allocates no more.
pub const SEGMENT_INDEX_RAW_BYTES_MAX: usize = 256 << 20;
/// Bytes of the Parquet footer that a reader takes in.
pub const FOOTER_BYTES_MAX: usize = 64 << 20;
/// First read at the end of a segment: with most, footer and index are in it.
pub const SEGMENT_TAIL_BYTES: usize = 128 << 10;
/// Writes of a segment.
pub const SEGMENT_WRITE_BYTES: usize = 512 << 10;
