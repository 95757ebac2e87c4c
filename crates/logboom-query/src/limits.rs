//! Every limit of the query language and of a search, each with its reason.

/// Bytes of one query. A person types less than a hundred; this leaves room for generated lists of ids.
pub const QUERY_BYTES_MAX: usize = 8192;

/// Terms of one query: each is tested against every record that the others let through.
pub const TERMS_MAX: usize = 256;

/// Parentheses and negations inside each other: parser and matcher recurse once for each.
pub const DEPTH_MAX: usize = 64;

/// Bytes of a field's name; keys of real records are far shorter.
pub const NAME_BYTES_MAX: usize = 256;

/// Bytes of one word, phrase or value. The dearest text to verify at every place of a record is a long one.
pub const TEXT_BYTES_MAX: usize = 1024;

/// Wildcards of one word: each is one more pass over the text behind the one before it.
pub const WILDCARDS_MAX: usize = 16;

/// Bytes of one regular expression as text.
pub const REGEX_TEXT_BYTES_MAX: usize = 1024;

/// Bytes of one compiled regular expression, and of its lazily built automaton: `\w{500}` is megabytes.
pub const REGEX_COMPILED_BYTES_MAX: usize = 1 << 20;

/// Regular expressions of one query; with the limit above it bounds what a query holds in memory.
pub const REGEXES_MAX: usize = 16;

/// Groups inside groups of one regular expression.
pub const REGEX_DEPTH_MAX: u32 = 50;

/// Pipes of one query: each but the first few works on a table that is already small.
pub const PIPES_MAX: usize = 16;

/// Fields of one pipe's list: each is a part of every group's key.
pub const PIPE_OPERANDS_MAX: usize = 16;

/// Measures of one `stats` or `timechart`: each is kept for every group.
pub const PIPE_MEASURES_MAX: usize = 16;

/// Groups of one pipe. What belongs to others is counted together, and the table's notes say so.
pub const PIPE_GROUPS_MAX: usize = 100_000;

/// Bytes of groups and rows that one pipeline holds, which is as much as that many plain groups take; each worker of a
/// search has one.
pub const PIPE_BYTES_MAX: usize = 20 << 20;

/// Records of one search: the answer is held in memory until it is in order.
pub const SEARCH_LIMIT_MAX: usize = 10_000;

/// Bytes of bodies and attributes a search keeps; older hits give way, and `more` says so.
pub const SEARCH_KEPT_BYTES_MAX: usize = 24 << 20;

/// Resources whose answers a matcher remembers; beyond it starts anew, which costs time and nothing else.
pub(crate) const RESOURCE_CACHE_MAX: usize = 4096;

/// Threads of one search: beyond a few it is the disk that is waited for, and others search too.
pub const THREADS_MAX: usize = 4;

/// Bars of one histogram: more than a wide screen has places.
pub const HISTOGRAM_BARS_MAX: usize = 2000;

/// Series of one histogram; a person tells no more colours apart.
pub const HISTOGRAM_SERIES_MAX: usize = 32;

/// Values a histogram counts apart before it keeps the largest; each holds its bars.
pub const HISTOGRAM_VALUES_MAX: usize = 512;

/// Fields of one request for facets: each may be one more look at every match.
pub const FACETS_MAX: usize = 16;

/// Values of one facet that are counted apart, on each thread; those that come later count as others. With the two
/// limits beside it, it keeps the memory of all facets of a request below 64 MiB.
pub const FACET_VALUES_MAX: usize = 4000;

/// Bytes of a value that is counted by; longer ones are cut, since they are shown as labels.
pub const GROUP_VALUE_BYTES_MAX: usize = 128;

/// Suggestions of one completion: a list that a person still reads.
pub const SUGGESTIONS_MAX: usize = 200;

/// How long a completion looks for values, in milliseconds: who types does not wait.
pub const SUGGESTION_MILLIS_MAX: u64 = 200;

/// Bytes that the pipelines of one search hold on all of its threads.
pub const TABLE_BYTES_MAX: usize = 64 << 20;
