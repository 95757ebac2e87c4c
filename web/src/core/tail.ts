// What the events of the tail mean: rows to show, and the cursor to resume from. Pure; api/tail.ts feeds it.
//
// Never a line twice: a record at or before the cursor of its store is dropped, so that a resumed or repeated stream
// adds only what is new. Never a silent hole: gap and reset events become notices.

import { parseCursor, type Cursor } from "./cursor";
import type { Row } from "./row";
import type { ServerEvent } from "./sse";
import { decodeGap, decodeRecord, parseJson } from "./wire";

export interface TailState {
  /** The last record finished, or how far the server said it has looked; resume from here. */
  cursor: Cursor | undefined;
  /** Whether the server has said that everything before now has been sent. */
  caughtUp: boolean;
}

export const TAIL_START: TailState = { cursor: undefined, caughtUp: false };

const GAP_REASONS: Record<string, string> = {
  evicted: "The oldest data made room for new ones before this page had read them.",
  lagged: "This page could not keep up with the stream; the lines are stored, a search finds them.",
};

/** Applies one event; appends the rows it makes. */
export function reduceTail(state: TailState, event: ServerEvent, rows: Row[]): TailState {
  const cursor = parseCursor(event.id);
  switch (event.event) {
    case "record":
    case "message": {
      const record = decodeRecord(parseJson(event.data));
      if (!record) {
        rows.push({
          kind: "notice",
          tone: "gap",
          text: "one event could not be read",
          detail: "The server sent something this page does not understand. Reload the page if logboom was upgraded.",
        });
        return state;
      }
      if (!cursor) {
        // History: in the order of time, without ids; whose log it is the first id after it says.
        rows.push({ kind: "record", record, storeId: "" });
        return state;
      }
      const { storeId } = cursor;
      if (state.cursor && state.cursor.storeId === storeId && record.seq <= state.cursor.seq) return state;
      rows.push({ kind: "record", record, storeId });
      return { ...state, cursor: { storeId, seq: record.seq } };
    }
    case "gap": {
      const gap = decodeGap(parseJson(event.data));
      if (!gap) return state;
      const { count } = gap;
      rows.push({
        kind: "notice",
        tone: "gap",
        text: `${count.toLocaleString("en")} ${count === 1 ? "record" : "records"} missing here (${gap.reason})`,
        detail: `${count < gap.to - gap.from ? "Some of records" : "Records"} ${gap.from} to ${gap.to - 1}. ${GAP_REASONS[gap.reason] ?? ""}`.trim(),
      });
      return { ...state, cursor: latest(state.cursor, cursor) };
    }
    case "reset":
      rows.push({
        kind: "notice",
        tone: "gap",
        text: "this is another log from here on",
        detail: "logboom was started with another data directory, so the lines since the last one above cannot be known.",
      });
      return TAIL_START;
    case "position":
      return { cursor: latest(state.cursor, cursor), caughtUp: true };
    default:
      return state;
  }
}

function latest(one: Cursor | undefined, two: Cursor | undefined): Cursor | undefined {
  if (!one || !two) return two ?? one;
  return one.storeId === two.storeId && one.seq > two.seq ? one : two;
}
