// What the feed says of itself, for the components to draw.

import type { ApiError } from "../api/http";
import type { Connection } from "../api/tail";
import type { Progress, Table } from "../core/answers";

/** What lies beyond an edge of the rows held. */
export type Edge =
  | "more"
  | "none"
  | "loading"
  /** No more rows can be held. */
  | "full";

export interface FeedState {
  mode: "live" | "search" | "around";
  connection: Connection;
  /** Rows of the view before are still shown; nothing of this one has come yet. */
  isStale: boolean;
  isFollowing: boolean;
  /** Records that came while somebody was reading further up. */
  fresh: number;
  older: Edge;
  newer: Edge;
  /** How far a search that runs is. */
  progress: Progress | undefined;
  /** What a query with pipes gave, so far. */
  table: Table | undefined;
  /** Why what is shown is not everything, in words. */
  incomplete: string | undefined;
  error: ApiError | undefined;
}

export const START: FeedState = {
  mode: "live",
  connection: { state: "connecting" },
  isStale: true,
  isFollowing: true,
  fresh: 0,
  older: "none",
  newer: "none",
  progress: undefined,
  table: undefined,
  incomplete: undefined,
  error: undefined,
};
