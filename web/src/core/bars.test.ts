import { describe, expect, test } from "vitest";
import type { Histogram } from "./answers";
import { barText, blocks, CHART_HEIGHT, rangeOf } from "./bars";

const HISTOGRAM: Histogram = {
  start: "2026-11-22T10:00:00.000000000Z",
  interval_ms: 60_000,
  bars: 3,
  series: [
    { name: "info", counts: [100, 0, 50], total: 150 },
    { name: "error", counts: [0, 0, 1], total: 1 },
    { name: null, counts: [0, 0, 49], total: 49 },
  ],
  total: 200,
  incomplete: null,
};

describe("bars", () => {
  test("bars fill the height, and one error among many lines can be seen, at the bottom", () => {
    const drawn = blocks(HISTOGRAM);
    expect(drawn.filter((block) => block.bar === 0)).toEqual([{ bar: 0, y: 0, height: CHART_HEIGHT, severity: "info" }]);
    expect(drawn.filter((block) => block.bar === 1)).toEqual([]);
    const last = drawn.filter((block) => block.bar === 2);
    expect(last.map((block) => block.severity).toSorted()).toEqual(["", "error", "info"]);
    const error = last.find((block) => block.severity === "error")!;
    expect(error.height).toBe(2);
    expect(error.y + error.height).toBeLessThanOrEqual(CHART_HEIGHT);
  });
  test("a stretch covers its bars from the first to the end of the last", () => {
    expect(rangeOf(HISTOGRAM, 2, 1)).toEqual({ kind: "between", from: "2026-11-22T10:01:00.000Z", to: "2026-11-22T10:03:00.000Z" });
  });
  test("what is told of a bar", () => {
    const nowMs = Date.parse("2026-11-22T12:00:00Z");
    expect(barText(HISTOGRAM, 2, nowMs, true)).toBe("10:02:00.000 – 10:03:00.000: 50 info, 1 error, 49 without severity");
    expect(barText(HISTOGRAM, 1, nowMs, true)).toBe("10:01:00.000 – 10:02:00.000: no line");
  });
});
