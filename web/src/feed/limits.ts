// How much is asked for at once.

/** Lines of the past that a live view begins with. */
export const FIRST_LINES = 200;
/** Hits of a search in one page; also what one step back fetches. */
export const SEARCH_PAGE = 1_000;
/** Records before the one a permalink points at. */
export const CONTEXT_BEFORE = 100;
/** Records in one page of a view around a record. */
export const CONTEXT_PAGE = 300;
/** When a page brings nothing new because so many records have the very same time, it grows to at most this. */
export const SAME_TIME_MAX = 10_000;
