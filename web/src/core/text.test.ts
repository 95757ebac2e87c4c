import { describe, expect, test } from "vitest";
import { ansiRuns, stripAnsi } from "./ansi";
import { jsonBody, jsonRuns } from "./json";
import { cutBody, decodeBase64, plain, segments, visibleName } from "./text";

const shown = (body: string, words: string[] = []): [string, string][] =>
  segments(body, words).map(({ text, classes }) => [text, classes]);

describe("text of a log", () => {
  test("control and bidirectional characters are shown by name", () => {
    expect(shown("a\u202eb\x00\x9b")).toEqual([
      ["a", ""],
      ["<U+202E>", "special"],
      ["b", ""],
      ["<NUL>", "special"],
      ["<U+009B>", "special"],
    ]);
    expect(plain("we\u202eb\nx")).toBe("we<U+202E>b x");
    for (const character of ["\u200b", "\u2066", "\u061c", "\ufeff", "\u{e0041}", "\x1b", "\x7f", "\u2028"]) {
      expect(shown(character)).toEqual([[visibleName(character), "special"]]);
    }
  });
  test("what people write stays: tabs, line feeds, other scripts, joined emoji", () => {
    for (const text of ["a\tb\nc", "שלום", "naïve é", "👩\u200d💻", "क्\u200dष"]) expect(shown(text)).toEqual([[text, ""]]);
  });
  test("the carriage return of a terminal's line end is not shown, others are", () => {
    expect(shown("done\r")).toEqual([["done", ""]]);
    expect(shown("10%\r20%")).toEqual([["10%", ""], ["<CR>", "special"], ["20%", ""]]);
  });
  test("markup is text like any other", () => {
    expect(shown("<img src=x onerror=alert(1)>")).toEqual([["<img src=x onerror=alert(1)>", ""]]);
  });
  test("colours become classes, other sequences of a terminal do nothing", () => {
    expect(ansiRuns("\x1b[1;31mred\x1b[0m \x1b[2Kplain\x1b[38;5;196mx\x1b[48;2;0;0;255my")).toEqual([
      { text: "red", classes: "ansi-fg-1 ansi-bold" },
      { text: " plain", classes: "" },
      { text: "x", classes: "ansi-fg-9" },
      { text: "y", classes: "ansi-fg-9 ansi-bg-12" },
    ]);
    expect(ansiRuns("\x1b[7;32mx\x1b[27my\x1b[39mz").map((run) => run.classes)).toEqual([
      "ansi-fg-inverse ansi-bg-2",
      "ansi-fg-2",
      "",
    ]);
    expect(stripAnsi("\x1b[31mred\x1b[m")).toBe("red");
  });
  test("a sequence that could hide text stays visible", () => {
    expect(shown("\x1b]0;secret\x07x").map(([text]) => text)).toEqual(["<ESC>", "]0;secret", "<BEL>", "x"]);
    expect(shown(`\x1b[${"1;".repeat(100)}m`)[0]).toEqual(["<ESC>", "special"]);
    expect(shown("end\x1b[3").map(([text]) => text)).toEqual(["end", "<ESC>", "[3"]);
  });
  test("words of the query are marked as whole words in any case, inside colours too", () => {
    expect(shown("Error: errors \x1b[31merror", ["error"])).toEqual([
      ["Error", "match"],
      [": errors ", ""],
      ["error", "ansi-fg-1 match"],
    ]);
    expect(shown("timeout a.b", ["time*", "a.b"]).filter(([, classes]) => classes === "match")).toHaveLength(2);
  });
  test("a cut never splits a surrogate pair", () => {
    expect(cutBody("ab😀c", 3)).toEqual({ text: "ab", cut: 3 });
    expect(cutBody("ab", 3)).toEqual({ text: "ab", cut: 0 });
  });
  test("bytes that are not UTF-8 become U+FFFD", () => {
    expect(decodeBase64("/w==")).toBe("\ufffd");
    expect(decodeBase64("%%")).toBe("%%");
  });
});

describe("JSON bodies", () => {
  test("objects and arrays are recognised, broken ones are not", () => {
    expect(jsonBody(' {"a":1} ')).toEqual({ a: 1 });
    for (const text of ["1", '"x"', "{a:1}", "[info] x", ""]) expect(jsonBody(text)).toBeUndefined();
  });
  test("colouring changes no character, cut or not", () => {
    const text = '{"level":"info","n":-1.5e3,"ok":true,"x":["a\\"b"],"cut":"unfin';
    for (let end = 0; end <= text.length; end += 1) {
      expect(jsonRuns(text.slice(0, end)).map((run) => run.text).join("")).toBe(text.slice(0, end));
    }
    expect(jsonRuns('{"a":"b"}').map((run) => run.classes)).toEqual(["json-mark", "json-key", "json-mark", "json-text", "json-mark"]);
  });
});
