import { describe, expect, test } from "vitest";
import { LineSplitter } from "./lines";
import { EventParser } from "./sse";

describe("server-sent events", () => {
  test("any cut of the stream gives the same events", () => {
    const text = ": comment\r\nid: s:1\r\nevent: record\r\ndata: {\"a\":1}\r\n\r\ndata: x\ndata:y\n\nid: s:2\rdata: z\r\r";
    const expected = new EventParser().push(text);
    expect(expected).toEqual([
      { event: "record", data: '{"a":1}', id: "s:1" },
      { event: "message", data: "x\ny", id: "s:1" },
      { event: "message", data: "z", id: "s:2" },
    ]);
    for (let cut = 1; cut < text.length; cut += 1) {
      const parser = new EventParser();
      expect([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))]).toEqual(expected);
    }
    const parser = new EventParser();
    expect([...text].flatMap((character) => parser.push(character))).toEqual(expected);
  });
  test("an event without data is none, an unfinished one waits", () => {
    const parser = new EventParser();
    expect(parser.push("event: position\n\nretry: 1000\n\ndata: half\n")).toEqual([]);
    expect(parser.push("\n")).toEqual([{ event: "message", data: "half", id: "" }]);
  });
  test("a line without end is refused before it fills the memory", () => {
    const parser = new EventParser();
    expect(() => {
      for (let index = 0; index < 10; index += 1) parser.push("x".repeat(1024 * 1024));
    }).toThrow();
  });
});

test("lines of NDJSON survive any cut", () => {
  const text = '{"a":1}\n\n{"b":2}\nlast';
  for (let cut = 0; cut <= text.length; cut += 1) {
    const lines = new LineSplitter();
    expect([...lines.push(text.slice(0, cut)), ...lines.push(text.slice(cut)), ...lines.end()]).toEqual([
      '{"a":1}',
      '{"b":2}',
      "last",
    ]);
  }
});
