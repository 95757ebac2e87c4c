// What the server answers besides records: how far a search is, tables, histograms, suggestions. As in wire.ts the
// decoders check what the page relies on and never throw.

import { isObject } from "./wire";

/** `event: progress` of a streamed search; the event has more. */
export interface Progress {
  bytes_done: number;
  bytes_total: number;
  matches: number;
}

/** A value of a table: times are RFC 3339. */
export type Cell = string | number | null;

/** `event: table`, whole or in pieces. */
export interface Table {
  columns: string[];
  rows: Cell[][];
  /** What a reader must know of the rows. */
  notes: string[];
}

/** `event: done`. */
export interface Done {
  more: boolean;
  /** Why this is not everything, in words. */
  incomplete: string | null;
}

/** `/api/v1/histogram`. */
export interface Histogram {
  /** Where the first bar begins, RFC 3339. */
  start: string;
  interval_ms: number;
  bars: number;
  series: Series[];
  total: number;
  incomplete: string | null;
}

export interface Series {
  /** `null` for records without the field. */
  name: string | null;
  counts: number[];
  total: number;
}

/** One of `/api/v1/complete`. */
export interface Suggestion {
  /** What replaces the text from `from` (in bytes) to the cursor. */
  insert: string;
  from: number;
  label: string;
  kind: string;
  count: number | null;
}

export function decodeProgress(value: unknown): Progress | undefined {
  if (!isObject(value)) return undefined;
  const { bytes_done, bytes_total, matches } = value;
  if (typeof bytes_done !== "number" || typeof bytes_total !== "number" || typeof matches !== "number") return undefined;
  return { bytes_done, bytes_total, matches };
}

/** How far a search is, from 0 to 100. */
export function percent(progress: Progress): number {
  return Math.min(100, Math.floor((progress.bytes_done / Math.max(1, progress.bytes_total)) * 100));
}

export function decodeTable(value: unknown): Table | undefined {
  if (!isObject(value) || !isTexts(value["columns"]) || !Array.isArray(value["rows"])) return undefined;
  const { columns } = value;
  const isCell = (cell: unknown): boolean => cell === null || typeof cell === "string" || typeof cell === "number";
  const isRow = (row: unknown): row is Cell[] => Array.isArray(row) && row.length === columns.length && row.every(isCell);
  const rows: unknown[] = value["rows"];
  if (!rows.every(isRow)) return undefined;
  return { columns, rows, notes: isTexts(value["notes"]) ? value["notes"] : [] };
}

export function decodeDone(value: unknown): Done | undefined {
  if (!isObject(value) || typeof value["more"] !== "boolean") return undefined;
  return { more: value["more"], incomplete: textOrNull(value["incomplete"]) };
}

export function decodeHistogram(value: unknown): Histogram | undefined {
  if (!isObject(value) || !Array.isArray(value["series"])) return undefined;
  const { start, interval_ms, bars, total } = value;
  const isGood = typeof start === "string" && !Number.isNaN(Date.parse(start)) && typeof interval_ms === "number";
  if (!isGood || typeof bars !== "number" || typeof total !== "number") return undefined;
  const series: Series[] = [];
  for (const one of value["series"] as unknown[]) {
    if (!isObject(one) || !Array.isArray(one["counts"]) || one["counts"].length !== bars) return undefined;
    const counts: unknown[] = one["counts"];
    if (!counts.every((count): count is number => typeof count === "number")) return undefined;
    series.push({ name: textOrNull(one["name"]), counts, total: counts.reduce((sum, count) => sum + count, 0) });
  }
  return { start, interval_ms, bars, total, series, incomplete: textOrNull(value["incomplete"]) };
}

export function decodeSuggestions(value: unknown): Suggestion[] {
  if (!isObject(value) || !Array.isArray(value["suggestions"])) return [];
  const list: unknown[] = value["suggestions"];
  return list.flatMap((one) => {
    if (!isObject(one) || typeof one["insert"] !== "string" || typeof one["from"] !== "number") return [];
    const { insert, from, label, kind, count } = one;
    return [
      {
        insert,
        from,
        label: typeof label === "string" ? label : insert,
        kind: typeof kind === "string" ? kind : "",
        count: typeof count === "number" ? count : null,
      },
    ];
  });
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}
