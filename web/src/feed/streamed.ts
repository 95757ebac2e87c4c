// A search that shows what it finds as it finds it: newest first, each piece before the one that came earlier.

import { streamSearch, type SearchParams } from "../api/search";
import type { Table } from "../core/answers";
import { hasPipes } from "../core/query";
import type { Rows } from "../core/rows";
import { bounds } from "../core/time";
import type { View } from "../core/url";
import { SEARCH_PAGE } from "./limits";
import { EVER } from "./older";
import type { FeedState } from "./state";

/** Runs the search of a view to its end; `set` is told of every change of the state. */
export async function streamInto(
  rows: Rows,
  view: View,
  signal: AbortSignal,
  set: (change: Partial<FeedState>) => void,
): Promise<void> {
  let isFirst = true;
  let table: Table | undefined;
  /** What was shown before goes when the first of this search comes. */
  const begin = (): Partial<FeedState> => {
    if (isFirst) rows.clear();
    isFirst = false;
    return { isStale: false };
  };
  const done = await streamSearch(
    wanted(view),
    {
      onRows: (newestFirst) => {
        const change = begin();
        rows.prepend(newestFirst.toReversed());
        set({ ...change, older: "loading" });
      },
      onTable: (piece) => {
        table = { ...piece, rows: [...(table?.rows ?? []), ...piece.rows] };
        set({ ...begin(), table });
      },
      onProgress: (progress) => set({ progress }),
    },
    signal,
  );
  const dropped = rows.trim();
  const hasOlder = (dropped > 0 || done.more) && !hasPipes(view.query);
  const incomplete = done.incomplete ?? undefined;
  set({ ...begin(), progress: undefined, older: hasOlder ? "more" : "none", incomplete });
}

function wanted(view: View): SearchParams {
  const { query } = view;
  // Without a range the server knows best: a day for pipes, everything for the one record of `seq:`.
  if (view.range.kind === "live") return { query, limit: SEARCH_PAGE };
  // A range without a beginning goes back as far as there is, not the server's 24 hours.
  return { since: EVER, query, limit: SEARCH_PAGE, ...bounds(view.range, Date.now()) };
}
