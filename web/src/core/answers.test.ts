import { describe, expect, test } from "vitest";
import { decodeDone, decodeHistogram, decodeProgress, decodeSuggestions, decodeTable, percent } from "./answers";

describe("answers", () => {
  test("a table must have a value for each column", () => {
    const table = { columns: ["a", "b"], rows: [["x", 1], [null, 2.5]], notes: ["n"] };
    expect(decodeTable(table)).toEqual(table);
    for (const rows of [[["x"]], [["x", {}]], "x", [["x", true]]]) {
      expect(decodeTable({ ...table, rows })).toBeUndefined();
    }
    expect(decodeTable({ columns: [1], rows: [] })).toBeUndefined();
  });
  test("a histogram has so many counts as bars", () => {
    const series = [{ name: "error", counts: [1, 2], total: 3, is_rest: false }];
    const histogram = { start: "2026-11-22T10:00:00.000000000Z", interval_ms: 60_000, bars: 2, series, total: 3, incomplete: null };
    expect(decodeHistogram(histogram)?.series[0]).toEqual({ name: "error", counts: [1, 2], total: 3 });
    expect(decodeHistogram({ ...histogram, bars: 3 })).toBeUndefined();
    expect(decodeHistogram({ ...histogram, start: "yesterday" })).toBeUndefined();
  });
  test("the end and the way there", () => {
    expect(decodeDone({ more: true, incomplete: "time", elapsed_ms: 1 })).toEqual({ more: true, incomplete: "time" });
    expect(decodeDone({})).toBeUndefined();
    const progress = { bytes_done: 1, bytes_total: 3, matches: 0 };
    expect(percent(decodeProgress(progress)!)).toBe(33);
    expect(percent({ ...progress, bytes_total: 0 })).toBe(100);
    expect(decodeProgress({ bytes_done: "1" })).toBeUndefined();
  });
  test("suggestions that are none are left out", () => {
    const good = { insert: "status:", from: 0, label: "status", kind: "field", count: 7 };
    expect(decodeSuggestions({ suggestions: [good, {}, null, { insert: 1 }] })).toEqual([good]);
    expect(decodeSuggestions(null)).toEqual([]);
  });
});
