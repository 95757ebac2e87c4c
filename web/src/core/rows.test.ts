import { describe, expect, test } from "vitest";
import { Heights } from "./heights";
import { HUES, hueOf } from "./hue";
import type { Row } from "./row";
import { HELD_CHARS_MAX, HELD_ROWS_MAX, Rows } from "./rows";

const row = (text: string): Row => ({ kind: "notice", tone: "info", text, detail: "" });
const bigRow = (chars: number): Row => ({
  kind: "record",
  storeId: "",
  record: {
    time: "",
    seq: 1,
    severity: "",
    severity_number: 0,
    body: "x".repeat(chars),
    stream: "",
    container_id: "",
    container_name: "",
    observed_time: "",
    attributes: {},
    resource: {},
  },
});
const texts = (rows: Rows): string[] => [...rows].map((one) => (one.kind === "notice" ? one.text : "record"));

describe("the rows held", () => {
  test("indices stay with their rows over appending, dropping and prepending", () => {
    const rows = new Rows();
    for (const text of ["a", "b", "c", "d"]) rows.append(row(text));
    const indexOfC = rows.first + 2;
    expect(rows.trim(3)).toBe(1);
    rows.prepend([row("y"), row("z")]);
    rows.append(row("e"));
    expect(rows.at(indexOfC)).toMatchObject({ text: "c" });
    expect(texts(rows)).toEqual(["y", "z", "b", "c", "d", "e"]);
    expect(rows.end - rows.first).toBe(rows.length);
  });
  test("the count is bounded", () => {
    const rows = new Rows();
    for (let index = 0; index < HELD_ROWS_MAX; index += 1) rows.append(row("x"));
    expect(rows.full).toBe(true);
    rows.trim(10);
    expect(rows.length).toBe(10);
    expect(rows.full).toBe(false);
  });
  test("the size is bounded: huge lines push out the oldest, the newest stays", () => {
    const rows = new Rows();
    for (let index = 0; index < 4; index += 1) rows.append(bigRow(HELD_CHARS_MAX / 2));
    expect(rows.full).toBe(true);
    rows.trim();
    expect(rows.length).toBe(1);
    rows.clear();
    expect(rows.full).toBe(false);
  });
});

describe("where rows lie", () => {
  test("estimates and measurements add up, the view finds its rows", () => {
    const heights = new Heights(20);
    heights.sync(100, 200);
    expect(heights.total).toBe(2000);
    expect(heights.set(150, 60)).toBe(true);
    expect(heights.set(150, 60)).toBe(false);
    expect(heights.total).toBe(2040);
    expect(heights.offsetOf(151)).toBe(1060);
    expect(heights.indexAt(1059)).toBe(150);
    expect(heights.indexAt(1060)).toBe(151);
    expect(heights.slice(1000, 60, 0)).toEqual({ start: 150, end: 152 });
  });
  test("what is held before and after moves with first and end", () => {
    const heights = new Heights(20);
    heights.sync(0, 10);
    heights.set(5, 100);
    heights.sync(-3, 12);
    expect(heights.offsetOf(6) - heights.offsetOf(5)).toBe(100);
    expect(heights.total).toBe(14 * 20 + 100);
    heights.sync(5, 12);
    expect(heights.offsetOf(6)).toBe(100);
    heights.sync(40, 42);
    expect(heights.total).toBe(40);
  });
  test("positions outside are clamped, nothing held is nothing drawn", () => {
    const heights = new Heights(20);
    expect(heights.slice(0, 500, 100)).toEqual({ start: 0, end: 0 });
    heights.sync(7, 9);
    expect(heights.slice(-500, 100, 0)).toEqual({ start: 7, end: 8 });
    expect(heights.slice(9000, 100, 0)).toEqual({ start: 8, end: 9 });
    expect(heights.offsetOf(-1)).toBe(0);
    expect(heights.offsetOf(99)).toBe(40);
  });
});

test("a name has one hue, and names spread over all of them", () => {
  expect(hueOf("web")).toBe(hueOf("web"));
  const seen = new Set(Array.from({ length: 200 }, (_, index) => hueOf(`container-${index}`)));
  expect(seen.size).toBe(HUES);
});
