// The identity of a record outside the daemon: `<store_id>:<seq>`, as in `Last-Event-ID` and permalinks.

export interface Cursor {
  storeId: string;
  seq: number;
}

export function parseCursor(text: string): Cursor | undefined {
  const match = /^([0-9a-f]{32}):(\d{1,16})$/i.exec(text);
  return match ? { storeId: match[1]!.toLowerCase(), seq: Number(match[2]) } : undefined;
}

export function formatCursor(cursor: Cursor): string {
  return `${cursor.storeId}:${cursor.seq}`;
}
