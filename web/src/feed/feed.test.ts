// The feed against a made-up server: what a view asks for, and what becomes of the answers.

import { afterEach, describe, expect, test, vi } from "vitest";
import { HELD_ROWS_MAX } from "../core/rows";
import { DEFAULT_VIEW, type View } from "../core/url";
import { Feed } from "./feed";
import { FIRST_LINES, SEARCH_PAGE } from "./limits";

const STORE = "ab".repeat(16);

interface Asked {
  path: string;
  params: URLSearchParams;
  /** Sends a piece of the answer. */
  send: (text: string) => void;
  end: () => void;
  isAborted: () => boolean;
}

/** Answers nothing by itself: each request waits in `asked` until the test sends to it. */
function serve(): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("fetch", (address: string, init: RequestInit) => {
    const url = new URL(address, "http://logboom/");
    const encoder = new TextEncoder();
    let controller: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({ start: (one) => void (controller = one) });
    init.signal?.addEventListener("abort", () => controller.error(new DOMException("stopped", "AbortError")));
    asked.push({
      path: url.pathname,
      params: url.searchParams,
      send: (text) => controller.enqueue(encoder.encode(text)),
      end: () => controller.close(),
      isAborted: () => init.signal?.aborted ?? false,
    });
    const hasMore = url.searchParams.get("limit") === String(SEARCH_PAGE) && !url.searchParams.has("until");
    const headers = { "logboom-cursor": `${STORE}:9`, "logboom-more": String(hasMore) };
    return Promise.resolve(new Response(body, { headers }));
  });
  return asked;
}

function json(seq: number): string {
  const time = `2026-08-12T14:00:00.${String(seq).padStart(9, "0")}Z`;
  const named = { stream: "stdout", container_id: "", container_name: "web", severity: "", severity_number: 0 };
  return JSON.stringify({ time, seq, body: `line ${seq}`, ...named, observed_time: time, attributes: {}, resource: {} });
}

const live = (seq: number): string => `id: ${STORE}:${seq}\nevent: record\ndata: ${json(seq)}\n\n`;
const position = (seq: number): string => `id: ${STORE}:${seq}\nevent: position\ndata: {"seq":${seq}}\n\n`;
const history = (seq: number): string => `event: record\ndata: ${json(seq)}\n\n`;
const found = (seq: number): string => `event: record\ndata: ${json(seq)}\n\n`;
const done = (more: boolean): string => `event: done\ndata: {"more":${more},"incomplete":null}\n\n`;
const progress = (percent: number): string =>
  `event: progress\ndata: {"bytes_done":${percent},"bytes_total":100,"matches":0}\n\n`;
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const seqs = (feed: Feed): (number | string)[] =>
  [...feed.rows].map((row) => (row.kind === "record" ? row.record.seq : row.text));

let feed: Feed;

function open(view: Partial<View>): Asked[] {
  const asked = serve();
  feed = new Feed(() => undefined);
  feed.open({ ...DEFAULT_VIEW, ...view });
  return asked;
}

afterEach(() => {
  feed.close();
  vi.unstubAllGlobals();
});

describe("live", () => {
  test("begins with the last lines, and history learns whose it is", async () => {
    const asked = open({ query: "x" });
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    expect(Object.fromEntries(asked[0]!.params)).toEqual({ query: "x", lines: String(FIRST_LINES) });
    asked[0]!.send(history(7) + history(5));
    await vi.waitFor(() => expect(seqs(feed)).toEqual([7, 5]));
    asked[0]!.send(position(8) + live(9));
    await vi.waitFor(() => expect(seqs(feed)).toEqual([7, 5, 9]));
    for (const row of feed.rows) expect(row).toMatchObject({ storeId: STORE });
  });

  test("what was shown stays until the new view's first answer", async () => {
    const asked = open({});
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    asked[0]!.send(live(1));
    await vi.waitFor(() => expect(seqs(feed)).toEqual([1]));
    feed.open({ ...DEFAULT_VIEW, query: "y" });
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(asked[0]!.isAborted()).toBe(true);
    expect([feed.state.isStale, seqs(feed)]).toEqual([true, [1]]);
    asked[1]!.send(position(4));
    await vi.waitFor(() => expect([feed.state.isStale, seqs(feed)]).toEqual([false, []]));
  });

  test("a broken stream is taken up after its last record", async () => {
    const asked = open({});
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    asked[0]!.send(live(1) + live(2));
    await vi.waitFor(() => expect(seqs(feed)).toEqual([1, 2]));
    asked[0]!.end();
    await vi.waitFor(() => expect(asked).toHaveLength(2), 3_000);
    expect(asked[1]!.params.get("from")).toBe(`${STORE}:2`);
    asked[1]!.send(live(2) + live(3));
    await vi.waitFor(() => expect(seqs(feed)).toEqual([1, 2, 3]));
  });

  test("a stream that broke inside its history begins again, and shows nothing twice", async () => {
    const asked = open({});
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    asked[0]!.send(history(1) + history(2));
    await vi.waitFor(() => expect(seqs(feed)).toEqual([1, 2]));
    asked[0]!.end();
    await vi.waitFor(() => expect(asked).toHaveLength(2), 3_000);
    asked[1]!.send(history(1) + history(2) + position(2));
    await vi.waitFor(() => expect([feed.state.isStale, seqs(feed)]).toEqual([false, [1, 2]]));
  });

  test("a reader's rows stay; beyond the bound new ones are counted, and resuming starts anew", async () => {
    const asked = open({});
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    asked[0]!.send(live(1));
    await vi.waitFor(() => expect(feed.rows.length).toBe(1));
    feed.follow(false);
    asked[0]!.send(range(2, HELD_ROWS_MAX + 102).map(live).join(""));
    await vi.waitFor(() => expect(feed.state.fresh).toBe(HELD_ROWS_MAX + 100), 10_000);
    expect(feed.rows.length).toBe(HELD_ROWS_MAX);
    expect(seqs(feed)[0]).toBe(1);
    feed.follow(true);
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(asked[1]!.params.has("from")).toBe(false);
  }, 20_000);
});

describe("history", () => {
  test("a search shows its page, and pages back from its oldest row without doubles", async () => {
    const asked = open({ query: "x", range: { kind: "last", preset: "1h" } });
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    expect(asked[0]!.path).toBe("/api/v1/search");
    asked[0]!.send(progress(10) + found(6));
    await vi.waitFor(() => expect([seqs(feed), feed.state.older]).toEqual([[6], "loading"]));
    expect(feed.state.progress?.bytes_done).toBe(10);
    asked[0]!.send(found(5) + done(true));
    await vi.waitFor(() => expect([seqs(feed), feed.state.older]).toEqual([[5, 6], "more"]));
    expect(feed.state.progress).toBeUndefined();
    void feed.loadOlder();
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(asked[1]!.params.get("until")).toBe("2026-08-12T14:00:00.000000006Z");
    asked[1]!.send(`${json(3)}\n${json(4)}\n${json(5)}\n`);
    asked[1]!.end();
    await vi.waitFor(() => expect([seqs(feed), feed.state.older]).toEqual([[3, 4, 5, 6], "none"]));
  });

  test("an answer that breaks off is an error, not a shorter answer", async () => {
    const asked = open({ range: { kind: "last", preset: "1h" } });
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    asked[0]!.send(`${found(5)}event: record\ndata: {"time":"20`);
    asked[0]!.end();
    await vi.waitFor(() => expect(feed.state.error?.message).toMatch(/broke off/));
    expect([seqs(feed), feed.state.older]).toEqual([[5], "more"]);
  });

  test("a search that is stopped keeps what it found, and goes on from there", async () => {
    const asked = open({ range: { kind: "last", preset: "1h" } });
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    asked[0]!.send(found(6) + progress(50));
    await vi.waitFor(() => expect(feed.state.progress).toBeDefined());
    expect(feed.cancel()).toBe(true);
    await vi.waitFor(() => expect([feed.isSearching, feed.state.older]).toEqual([false, "more"]));
    expect([seqs(feed), feed.state.progress]).toEqual([[6], undefined]);
  });

  test("stopped before it found anything, it does not take lines of the view before for its own", async () => {
    const asked = open({});
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    asked[0]!.send(live(1));
    await vi.waitFor(() => expect(seqs(feed)).toEqual([1]));
    feed.open({ ...DEFAULT_VIEW, query: "x", range: { kind: "last", preset: "1h" } });
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    feed.cancel();
    await vi.waitFor(() => expect([feed.isSearching, feed.state.older]).toEqual([false, "none"]));
  });

  test("pipes give a table, in pieces, also in a live view", async () => {
    const asked = open({ query: "x | count by y" });
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    expect(Object.fromEntries(asked[0]!.params)).toEqual({ query: "x | count by y", limit: String(SEARCH_PAGE) });
    const piece = (rows: string): string => `event: table\ndata: {"columns":["y","count"],"rows":${rows},"notes":[]}\n\n`;
    asked[0]!.send(piece('[["a",2]]') + piece('[["b",1]]') + done(true));
    await vi.waitFor(() => expect(feed.state.table?.rows).toEqual([["a", 2], ["b", 1]]));
    await vi.waitFor(() => expect([feed.isSearching, feed.state.older, feed.state.isStale]).toEqual([false, "none", false]));
  });

  test("an error in the middle is said", async () => {
    const asked = open({ range: { kind: "last", preset: "1h" } });
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    asked[0]!.send('event: error\ndata: {"error":{"message":"failed to search","at":null,"hint":null}}\n\n');
    await vi.waitFor(() => expect(feed.state.error?.message).toBe("failed to search"));
  });

  test("around a record: from before it, page by page, to the end of the log", async () => {
    const asked = open({ around: { storeId: STORE, seq: 500 } });
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    expect(asked[0]!.params.get("from")).toBe(`${STORE}:399`);
    asked[0]!.send(range(400, 700).map(live).join(""));
    await vi.waitFor(() => expect(feed.state.newer).toBe("more"));
    await vi.waitFor(() => expect(asked[0]!.isAborted()).toBe(true));
    feed.loadNewer();
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(asked[1]!.params.get("from")).toBe(`${STORE}:699`);
    asked[1]!.send(live(700) + position(700));
    await vi.waitFor(() => expect(feed.state.newer).toBe("more"));
    feed.loadNewer();
    await vi.waitFor(() => expect(asked).toHaveLength(3));
    asked[2]!.send(position(700));
    await vi.waitFor(() => expect(feed.state.newer).toBe("none"));
    expect(seqs(feed)).toEqual(range(400, 701));
  });
});
