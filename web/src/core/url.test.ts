import { describe, expect, test } from "vitest";
import { formatCursor, parseCursor } from "./cursor";
import { ago, bounds, localIso, nanosecondAfter, shortTime, wider } from "./time";
import { DEFAULT_VIEW, formatView, parseView, type View } from "./url";

describe("the address", () => {
  test("every view survives it", () => {
    const views: View[] = [
      DEFAULT_VIEW,
      { ...DEFAULT_VIEW, query: 'a "b c" & d=é #e % + \u202e', range: { kind: "last", preset: "6h" } },
      { ...DEFAULT_VIEW, range: { kind: "between", from: "2026-08-12T14:03:22.000Z", to: "" }, wrap: false, utc: true },
      { ...DEFAULT_VIEW, range: { kind: "between", from: "", to: "2026-08-12T14:03:22.000000001Z" }, wrap: true },
      { ...DEFAULT_VIEW, query: "x", around: { storeId: "ab".repeat(16), seq: 12 } },
    ];
    for (const view of views) expect(parseView(`#${formatView(view)}`)).toEqual(view);
    expect(formatView(DEFAULT_VIEW)).toBe("");
  });
  test("broken parts fall back to the default", () => {
    for (const text of ["#range=9h", "#from=yesterday", "#row=x:1", "#=&%zz", "#to=2026-13-45T99:00:00Z", "#nonsense"]) {
      expect(parseView(text)).toEqual(DEFAULT_VIEW);
    }
  });
  test("a cursor is 32 hex digits and a number", () => {
    const cursor = { storeId: "ab".repeat(16), seq: 7 };
    expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
    for (const text of ["", ":1", "ab:1", `${"ab".repeat(16)}:-1`, `${"zz".repeat(16)}:1`]) {
      expect(parseCursor(text)).toBeUndefined();
    }
  });
});

describe("times", () => {
  test("the next nanosecond is exact, over seconds and days", () => {
    expect(nanosecondAfter("2026-08-12T14:03:22.000000001Z")).toBe("2026-08-12T14:03:22.000000002Z");
    expect(nanosecondAfter("2026-12-31T23:59:59.999999999Z")).toBe("2027-01-01T00:00:00.000000000Z");
    expect(nanosecondAfter("2026-08-12T14:03:22Z")).toBe("2026-08-12T14:03:22.000000001Z");
  });
  test("ranges become bounds", () => {
    const now = Date.parse("2026-08-12T12:00:00Z");
    expect(bounds({ kind: "last", preset: "15m" }, now)).toEqual({ since: "2026-08-12T11:45:00.000Z" });
    expect(bounds({ kind: "between", from: "a", to: "b" }, now)).toEqual({ since: "a", until: "b" });
    expect(bounds({ kind: "live" }, now)).toEqual({});
    expect([wider({ kind: "live" }), wider({ kind: "last", preset: "15m" }), wider({ kind: "last", preset: "7d" })]).toEqual([
      "24h",
      "1h",
      undefined,
    ]);
  });
  test("today has no date, other days do", () => {
    const now = Date.parse("2026-08-12T23:00:00Z");
    expect(shortTime("2026-08-12T14:03:22.123456789Z", now, true)).toBe("14:03:22.123");
    expect(shortTime("2026-08-11T14:03:22.123456789Z", now, true)).toBe("2026-08-11 14:03:22.123");
    expect(shortTime("junk", now, true)).toBe("junk");
    expect(localIso(new Date(now), true)).toBe("2026-08-12 23:00:00.000");
  });
  test("how long ago is coarse", () => {
    const now = Date.parse("2026-08-12T12:00:00Z");
    expect(["2026-08-12T11:59:57Z", "2026-08-12T11:48:00Z", "2026-08-12T07:00:00Z", "2026-08-10T12:00:00Z", null, "junk"].map((time) => ago(time, now))).toEqual(["3s", "12m", "5h", "2d", "", ""]);
  });
});
