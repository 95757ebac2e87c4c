// `/api/v1/search`: one record object a line, oldest first.

import { LineSplitter } from "../core/lines";
import { decodeError, decodeRecord, parseJson, type LogRecord } from "../core/wire";
import { ApiError, get, textOf } from "./http";

export interface SearchParams {
  query: string;
  since?: string;
  until?: string;
  limit: number;
}

export async function search(params: SearchParams, signal: AbortSignal): Promise<LogRecord[]> {
  const response = await get("search", { ...params }, signal);
  const lines = new LineSplitter();
  const records: LogRecord[] = [];
  const take = (line: string): void => {
    const value = parseJson(line);
    const record = decodeRecord(value);
    if (record) records.push(record);
    else {
      // The search failed after its answer had begun: the last line says why.
      const error = decodeError(value);
      if (error) throw new ApiError(500, error.message, error.at ?? undefined, error.hint ?? undefined);
    }
  };
  for await (const text of textOf(response)) for (const line of lines.push(text)) take(line);
  for (const line of lines.end()) take(line);
  return records;
}
