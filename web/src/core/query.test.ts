import { describe, expect, test } from "vitest";
import { terms } from "./lexer";
import {
  clearContainers,
  indexOfByte,
  isQuestion,
  markedWords,
  quote,
  selectedContainers,
  severityFloor,
  toggleContainer,
  toggleMuted,
  withSeverityFloor,
} from "./query";

describe("containers in a query", () => {
  test.each([
    ["", "web", "container_name:web"],
    ["container_name:web", "web", ""],
    ["container:web", "db", "(container_name:web OR container_name:db)"],
    ["(container_name:web OR container_name:db)", "web", "container_name:db"],
    ["error", "web", "error container_name:web"],
    ["a OR b", "web", "(a OR b) container_name:web"],
    ["a OR container_name:db", "web", "(a OR container_name:db) container_name:web"],
    ["-container_name:web x", "web", "x container_name:web"],
    ['"a  b" ~/c  d/', "web", '"a  b" ~/c  d/ container_name:web'],
    ["", 'we "b', 'container_name:"we \\"b"'],
    ["error | count by service", "web", "error container_name:web | count by service"],
    ["NOT container_name:web", "db", "NOT container_name:web container_name:db"],
    ["a AND b container_name:web", "web", "a AND b"],
    ['"OR" container_name:web', "web", '"OR"'],
  ])("%j and a click on %j give %j", (query, name, expected) => {
    expect(toggleContainer(query, name)).toBe(expected);
  });
  test.each([
    ["error", "web", "error -container_name:web"],
    ["error -container_name:web", "web", "error"],
    ["container_name:web", "web", "-container_name:web"],
    ["(container_name:a OR container_name:b)", "a", "container_name:b -container_name:a"],
  ])("%j and muting %j give %j", (query, name, expected) => {
    expect(toggleMuted(query, name)).toBe(expected);
  });
  test("two clicks are none", () => {
    for (const query of ["error", "(a OR b) c", "-x y~/z w/", "container_name:db", "a AND b", "NOT a"]) {
      for (const toggle of [toggleContainer, toggleMuted]) expect(toggle(toggle(query, "web"), "web")).toBe(query);
    }
  });
  test("what is shown and muted is read back, and cleared", () => {
    const query = 'x (container_name:a OR container:"b c") -container_name:d -y:z';
    expect(selectedContainers(query)).toEqual({ included: new Set(["a", "b c"]), excluded: new Set(["d"]) });
    expect(clearContainers(query)).toBe("x -y:z");
  });
});

describe("severity in a query", () => {
  test.each([
    ["", "warn", "severity>=warn"],
    ["x severity>=warn y", "error", "x y severity>=error"],
    ["x level>=warn", "", "x"],
    ["a OR b", "error", "(a OR b) severity>=error"],
    ["severity>=info | limit 5", "warn", "severity>=warn | limit 5"],
  ] as const)("%j with %j is %j", (query, floor, expected) => {
    expect(withSeverityFloor(query, floor)).toBe(expected);
    expect(severityFloor(expected)).toBe(floor);
  });
});

describe("the surface of the language", () => {
  test("terms have their field, operator and value", () => {
    const read = (query: string): string[] => terms(query).map((term) => `${term.field}${term.operator}${term.value}`);
    expect(read('a:b status>=500 "c d" body~/x y/i -path:/healthz https://x/(y)')).toEqual([
      "a:b",
      "status>=500",
      "c d",
      "body~/x y/i",
      "path:/healthz",
      "https://x/",
      "",
      "y",
      "",
    ]);
  });
  test("no text makes it hang or throw", () => {
    for (const query of ['"', "~/", "((((", ")))", "-", "--", "a:", ':"', "\\", '"\\', "| |", "\u202e", "a:b\"c"]) {
      expect(terms(query).at(-1)?.end ?? 0).toBe(query.length);
    }
  });
  test("words to mark: bare, quoted, in body; not negated, not operators", () => {
    expect(markedWords('a "b c" body:d x:e -f NOT g -(h i) OR j time* * | count')).toEqual(["a", "b c", "d", "j", "time*"]);
  });
  test("an error's byte offset finds the character", () => {
    expect(indexOfByte("aé😀x", 0)).toBe(0);
    expect(indexOfByte("aé😀x", 3)).toBe(2);
    expect(indexOfByte("aé😀x", 7)).toBe(4);
    expect(indexOfByte("ab", 99)).toBe(2);
  });
  test("values are quoted where the language needs it", () => {
    expect(["web", "my-app_1.2", "a b", 'a"b\\', "-x", ""].map(quote)).toEqual([
      "web",
      "my-app_1.2",
      '"a b"',
      '"a\\"b\\\\"',
      '"-x"',
      '""',
    ]);
  });
});

describe("what has an end", () => {
  test("pipes and the number of one record are not followed", () => {
    for (const [query, expected] of [
      ["a | count", true],
      ["seq:7", true],
      ["a seq:7", true],
      ['"a | b"', false],
      ["-seq:7", false],
      ["a OR seq:7", false],
      ["seq>=7", false],
      ["", false],
    ] as const) {
      expect(isQuestion(query), query).toBe(expected);
    }
  });
});
