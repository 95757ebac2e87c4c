// One page of records before the oldest row held.

import { search } from "../api/search";
import { rowId, type RecordRow } from "../core/row";
import type { Rows } from "../core/rows";
import { nanosecondAfter } from "../core/time";
import { SAME_TIME_MAX, SEARCH_PAGE } from "./limits";

/** Before any log. */
export const EVER = "1970-01-01T00:00:00Z";

export interface OlderPage {
  rows: RecordRow[];
  hasMore: boolean;
}

/** Up to and with the time of the oldest row, because others may share it; rows already held are left out. */
export async function olderPage(
  held: Rows,
  wanted: { query: string; since: string | undefined; storeId: string },
  signal: AbortSignal,
): Promise<OlderPage> {
  const oldest = held.oldestRecord();
  const known = new Set<string>();
  for (const row of held) if (row.kind === "record") known.add(rowId(row));
  for (let limit = SEARCH_PAGE; ; limit *= 2) {
    const records = await search(
      {
        query: wanted.query,
        since: wanted.since ?? EVER,
        ...(oldest ? { until: nanosecondAfter(oldest.record.time) } : {}),
        limit,
      },
      signal,
    );
    const rows = records
      .map((record): RecordRow => ({ kind: "record", record, storeId: wanted.storeId }))
      .filter((row) => !known.has(rowId(row)));
    const hasMore = records.length >= limit;
    if (rows.length > 0 || !hasMore || limit >= SAME_TIME_MAX) return { rows, hasMore: hasMore && rows.length > 0 };
  }
}
