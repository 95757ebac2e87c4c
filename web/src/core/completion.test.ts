import { describe, expect, test } from "vitest";
import { applied, byteOfIndex, isNews } from "./completion";

const suggestion = (insert: string, from: number) => ({ insert, from, label: insert, kind: "field", count: null });

describe("completion", () => {
  test("bytes and characters are told apart", () => {
    expect(byteOfIndex("äö stat", 7)).toBe(9);
    expect(applied("äö stat", 7, suggestion("status:", 5))).toEqual({ text: "äö status:", cursor: 10 });
  });
  test("what stands behind the cursor stays", () => {
    expect(applied("sev foo", 3, suggestion("severity:", 0))).toEqual({ text: "severity: foo", cursor: 9 });
    expect(applied("a |", 3, suggestion("count", 3)).text).toBe("a |count");
  });
  test("what is there already is no news, and a place beyond the cursor does no harm", () => {
    expect(isNews("status:", 7, suggestion("status:", 0))).toBe(false);
    expect(isNews("stat", 4, suggestion("status:", 0))).toBe(true);
    expect(applied("ab", 1, suggestion("x", 99))).toEqual({ text: "axb", cursor: 2 });
  });
});
