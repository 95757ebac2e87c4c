// One page of records before the oldest row held.

import { search, type SearchPage } from "../api/search";
import { rowId } from "../core/row";
import type { Rows } from "../core/rows";
import { nanosecondAfter } from "../core/time";
import { SAME_TIME_MAX, SEARCH_PAGE } from "./limits";

/** Before any log. */
export const EVER = "1970-01-01T00:00:00Z";

/** Up to and with the time of the oldest row, because others may share it; rows already held are left out. */
export async function olderPage(
  held: Rows,
  wanted: { query: string; since: string | undefined },
  signal: AbortSignal,
): Promise<SearchPage> {
  const oldest = held.oldestRecord();
  const until = oldest ? { until: nanosecondAfter(oldest.record.time) } : {};
  const known = new Set<string>();
  for (const row of held) if (row.kind === "record") known.add(rowId(row));
  for (let limit = SEARCH_PAGE; ; limit *= 2) {
    const page = await search({ query: wanted.query, since: wanted.since ?? EVER, ...until, limit }, signal);
    const rows = page.rows.filter((row) => !known.has(rowId(row)));
    if (rows.length > 0 || !page.hasMore || limit >= SAME_TIME_MAX) {
      return { rows, hasMore: page.hasMore && rows.length > 0 };
    }
  }
}
