// One row of the list: a record, or a notice of the page's own (a gap of the stream, a reset, …).

import { formatCursor } from "./cursor";
import type { LogRecord } from "./wire";

export interface RecordRow {
  kind: "record";
  record: LogRecord;
  storeId: string;
}

export interface NoticeRow {
  kind: "notice";
  tone: "gap" | "info";
  text: string;
  /** What the text means and what to do, for the tooltip and the expanded row. */
  detail: string;
}

export type Row = RecordRow | NoticeRow;

/** The identity of a row that is a record: equal for the same record wherever it came from. */
export function rowId(row: RecordRow): string {
  return formatCursor({ storeId: row.storeId, seq: row.record.seq });
}

/** Roughly how much memory a row holds, in characters. */
export function rowChars(row: Row): number {
  if (row.kind === "notice") return 64;
  const { body, body_base64: bytes } = row.record;
  return 512 + (body?.length ?? 0) + (bytes?.length ?? 0);
}
