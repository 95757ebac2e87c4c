import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Row } from "./row";
import { EventParser, type ServerEvent } from "./sse";
import { reduceTail, TAIL_START, type TailState } from "./tail";

const STREAM = readFileSync(new URL("../../fixtures/tail.sse", import.meta.url), "utf8");
const STORE = "ab".repeat(16);

function run(events: ServerEvent[], start: TailState = TAIL_START): { rows: Row[]; state: TailState } {
  const rows: Row[] = [];
  return { state: events.reduce((state, event) => reduceTail(state, event, rows), start), rows };
}

function record(seq: number, id = `${STORE}:${seq}`): ServerEvent {
  const row = { time: "", seq, severity: "", severity_number: 0, body: `line ${seq}`, stream: "", container_id: "" };
  const data = JSON.stringify({ ...row, container_name: "", observed_time: "", attributes: {}, resource: {} });
  return { event: "record", data, id };
}

const bodies = (rows: Row[]): unknown[] => rows.map((row) => (row.kind === "record" ? row.record.seq : row.text));

describe("the tail's events", () => {
  test("a whole stream of the server becomes rows, marks and a cursor", () => {
    const { rows, state } = run(new EventParser().push(STREAM));
    expect(bodies(rows)).toEqual([9, "3 records missing here (evicted)", 13, "this is another log from here on"]);
    // The id that a reset repeats from before must not be taken for a position in the new log.
    expect(state).toEqual({ cursor: undefined, caughtUp: false });
  });
  test("a record that was seen is not shown again, a resumed stream may repeat", () => {
    const { rows, state } = run([record(1), record(2), record(2), record(1), record(3)]);
    expect(bodies(rows)).toEqual([1, 2, 3]);
    expect(state.cursor).toEqual({ storeId: STORE, seq: 3 });
  });
  test("history comes in the order of time: a lower seq after a higher one stays", () => {
    expect(bodies(run([record(9, ""), record(4, ""), record(10)]).rows)).toEqual([9, 4, 10]);
  });
  test("the same seq of another log is another record", () => {
    expect(bodies(run([record(5), record(5, `${"cd".repeat(16)}:5`)]).rows)).toEqual([5, 5]);
  });
  test("a position moves the cursor over what did not match, never back", () => {
    const position = (seq: number): ServerEvent => ({ event: "position", data: `{"seq":${seq}}`, id: `${STORE}:${seq}` });
    expect(run([record(3), position(9), position(7)]).state).toEqual({
      cursor: { storeId: STORE, seq: 9 },
      caughtUp: true,
    });
  });
  test("what cannot be read is said, not skipped", () => {
    const { rows } = run([{ event: "record", data: "{", id: "" }]);
    expect(rows).toMatchObject([{ kind: "notice", tone: "gap" }]);
  });
});
