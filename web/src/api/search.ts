// `/api/v1/search`: one record object a line, oldest first; what it says about itself stands in headers.

import { parseCursor } from "../core/cursor";
import { LineSplitter } from "../core/lines";
import type { RecordRow } from "../core/row";
import { decodeRecord, parseJson } from "../core/wire";
import { ApiError, get, textOf } from "./http";

export interface SearchParams {
  query: string;
  since?: string;
  until?: string;
  limit: number;
}

export interface SearchPage {
  /** Oldest first. */
  rows: RecordRow[];
  /** Whether there are older hits than these. */
  hasMore: boolean;
}

/** How often a search that found the server busy with others asks again, and after how long. */
const BUSY_RETRIES = 5;
const BUSY_WAIT_MS = 700;

export async function search(params: SearchParams, signal: AbortSignal): Promise<SearchPage> {
  const response = await getWhenFree(params, signal);
  const storeId = parseCursor(response.headers.get("logboom-cursor") ?? "")?.storeId ?? "";
  const lines = new LineSplitter();
  const rows: RecordRow[] = [];
  const take = (line: string): void => {
    const record = decodeRecord(parseJson(line));
    if (!record) throw new ApiError(0, "the answer broke off or is not understood", undefined, "search again");
    rows.push({ kind: "record", record, storeId });
  };
  for await (const text of textOf(response)) for (const line of lines.push(text)) take(line);
  for (const line of lines.end()) take(line);
  return { rows, hasMore: response.headers.get("logboom-more") === "true" };
}

async function getWhenFree(params: SearchParams, signal: AbortSignal): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await get("search", { ...params }, signal);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 429) || attempt > BUSY_RETRIES) throw error;
    }
    await new Promise((resolve) => window.setTimeout(resolve, BUSY_WAIT_MS));
    signal.throwIfAborted();
  }
}
