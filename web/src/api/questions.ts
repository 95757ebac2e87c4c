// What is asked besides searches: `/api/v1/histogram`, `/complete` and `/context`.

import { decodeHistogram, decodeSuggestions, type Histogram, type Suggestion } from "../core/answers";
import { LineSplitter } from "../core/lines";
import type { RecordRow } from "../core/row";
import { decodeRecord, parseJson } from "../core/wire";
import { get, getWhenFree, textOf } from "./http";

export interface HistogramParams {
  query: string;
  since?: string;
  until?: string;
  /** The most bars. */
  bars: number;
}

/** By severity; `undefined` when the answer is not understood. */
export async function fetchHistogram(params: HistogramParams, signal: AbortSignal): Promise<Histogram | undefined> {
  const response = await getWhenFree("histogram", { ...params, by: "severity" }, signal);
  return decodeHistogram(await response.json());
}

/** What could stand at a place of a query, in bytes. */
export async function fetchSuggestions(text: string, at: number, limit: number, signal: AbortSignal): Promise<Suggestion[]> {
  return decodeSuggestions(await (await get("complete", { text, at, limit }, signal)).json());
}

/** The lines of the same container around a record, oldest first, itself among them. */
export async function fetchContext(around: RecordRow, lines: number, signal: AbortSignal): Promise<RecordRow[]> {
  const params = { seq: around.record.seq, before: lines, after: lines };
  const splitter = new LineSplitter();
  const texts: string[] = [];
  for await (const text of textOf(await getWhenFree("context", params, signal))) texts.push(...splitter.push(text));
  texts.push(...splitter.end());
  return texts.flatMap((text) => {
    const record = decodeRecord(parseJson(text));
    return record ? [{ kind: "record" as const, record, storeId: around.storeId }] : [];
  });
}
