// `/api/v1/search`: streamed as events, newest first, while it runs; or one page of records at once, oldest first.

import { decodeDone, decodeProgress, decodeTable, type Done, type Progress, type Table } from "../core/answers";
import { parseCursor } from "../core/cursor";
import { LineSplitter } from "../core/lines";
import type { RecordRow } from "../core/row";
import { EventParser, type ServerEvent } from "../core/sse";
import { decodeError, decodeRecord, parseJson } from "../core/wire";
import { ApiError, getWhenFree, textOf } from "./http";

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

/** What a search says while it runs. */
export interface SearchListener {
  /** Newest first, and older than all before. */
  onRows: (rows: RecordRow[]) => void;
  /** A table, or a further piece of it. */
  onTable: (table: Table) => void;
  onProgress: (progress: Progress) => void;
}

export async function search(params: SearchParams, signal: AbortSignal): Promise<SearchPage> {
  const response = await getWhenFree("search", { ...params }, signal);
  const storeId = storeIdOf(response);
  const lines = new LineSplitter();
  const rows: RecordRow[] = [];
  const take = (line: string): void => void rows.push(row(parseJson(line), storeId));
  for await (const text of textOf(response)) for (const line of lines.push(text)) take(line);
  for (const line of lines.end()) take(line);
  return { rows, hasMore: response.headers.get("logboom-more") === "true" };
}

/** Runs a search to its end; what comes is told at once. */
export async function streamSearch(params: SearchParams, listener: SearchListener, signal: AbortSignal): Promise<Done> {
  const response = await getWhenFree("search", { ...params }, signal, "text/event-stream");
  const storeId = storeIdOf(response);
  const parser = new EventParser();
  for await (const text of textOf(response)) {
    const rows: RecordRow[] = [];
    let done: Done | undefined;
    for (const event of parser.push(text)) {
      if (event.event === "record") rows.push(row(parseJson(event.data), storeId));
      else done = takeOther(event, listener) ?? done;
    }
    if (rows.length > 0) listener.onRows(rows);
    if (done) return done;
  }
  throw brokenOff();
}

function takeOther(event: ServerEvent, listener: SearchListener): Done | undefined {
  const data = parseJson(event.data);
  if (event.event === "table") {
    const table = decodeTable(data);
    if (!table) throw brokenOff();
    listener.onTable(table);
  } else if (event.event === "progress") {
    const progress = decodeProgress(data);
    if (progress) listener.onProgress(progress);
  } else if (event.event === "error") {
    const error = decodeError(data);
    throw new ApiError(500, error?.message ?? "the search failed", error?.at ?? undefined, error?.hint ?? undefined);
  } else if (event.event === "done") {
    return decodeDone(data);
  }
  return undefined;
}

function row(value: unknown, storeId: string): RecordRow {
  const record = decodeRecord(value);
  if (!record) throw brokenOff();
  return { kind: "record", record, storeId };
}

function storeIdOf(response: Response): string {
  return parseCursor(response.headers.get("logboom-cursor") ?? "")?.storeId ?? "";
}

function brokenOff(): ApiError {
  return new ApiError(0, "the answer broke off or is not understood", undefined, "search again");
}
