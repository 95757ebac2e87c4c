// What is shown, and how more of it comes: opens the tail or a search for a view, holds the one buffer of rows, pages
// back and forth. Knows no DOM; the app draws whatever this says after each change.

import { isAbort, ApiError } from "../api/http";
import { Tail } from "../api/tail";
import type { Cursor } from "../core/cursor";
import { hasPipes, isQuestion } from "../core/query";
import type { Row } from "../core/row";
import { Rows } from "../core/rows";
import type { TailState } from "../core/tail";
import { bounds } from "../core/time";
import type { View } from "../core/url";
import { CONTEXT_BEFORE, CONTEXT_PAGE, FIRST_LINES } from "./limits";
import { EVER, olderPage } from "./older";
import { START, type FeedState } from "./state";
import { streamInto } from "./streamed";

export type { Edge, FeedState } from "./state";

export class Feed {
  readonly rows = new Rows();
  state: FeedState = START;
  private view: View | undefined;
  private tail: Tail | undefined;
  private request: AbortController | undefined;
  /** How far a view around a record has been read. */
  private reached: Cursor | undefined;
  /** Rows not kept because the buffer was full while somebody was reading. */
  private skipped = 0;
  private readonly onChange: () => void;

  constructor(onChange: () => void) {
    this.onChange = onChange;
  }

  /** Shows a view from its beginning; what was shown stays until the first of it comes. */
  open(view: View): void {
    this.close();
    this.view = view;
    this.skipped = 0;
    this.reached = undefined;
    const isLive = view.range.kind === "live" && !isQuestion(view.query);
    const mode = view.around ? "around" : isLive ? "live" : "search";
    this.state = { ...START, mode, isFollowing: mode === "live" };
    if (view.around) this.openAround(view.around);
    else if (mode === "live") this.openTail();
    else void this.openSearch(view);
    this.onChange();
  }

  close(): void {
    this.tail?.stop();
    this.request?.abort();
    this.tail = undefined;
    this.request = undefined;
  }

  /** Stops a search that runs; says whether there was one. */
  cancel(): boolean {
    if (!this.request) return false;
    this.request.abort();
    return true;
  }

  retryNow(): void {
    this.tail?.retryNow();
  }

  /** Follow the end, or hold still for a reader. */
  follow(isFollowing: boolean): void {
    if (this.state.mode !== "live" || this.state.isFollowing === isFollowing) return;
    if (isFollowing && this.skipped > 0 && this.view) return this.open(this.view);
    if (isFollowing && this.rows.trim() > 0) this.set({ older: "more" });
    this.set({ isFollowing, fresh: 0 });
  }

  /** One more page before the oldest row. */
  async loadOlder(): Promise<void> {
    const { view } = this;
    if (!view || this.state.older !== "more" || this.state.isStale) return;
    if (this.rows.full) return this.set({ older: "full" });
    const since = view.around ? {} : bounds(view.range, Date.now());
    this.set({ older: "loading" });
    await this.attempt(() => ({ older: "more" }), async (signal) => {
      const page = await olderPage(this.rows, { query: view.query, since: since.since }, signal);
      this.rows.prepend(page.rows);
      this.set({ older: page.hasMore ? "more" : "none" });
    });
  }

  /** One more page after the newest row, in a view around a record. */
  loadNewer(): void {
    if (this.state.newer !== "more" || !this.reached) return;
    if (this.rows.full) return this.set({ newer: "full" });
    this.set({ newer: "loading" });
    this.openPage(this.reached);
  }

  private openTail(): void {
    const query = this.view?.query ?? "";
    this.tail = new Tail({
      query,
      lines: FIRST_LINES,
      // Without a query the newest lines are found at once, however old; with one the server's 24 hours hold.
      ...(query === "" ? { since: EVER } : {}),
      onRestart: () => this.set({ isStale: true }),
      onRows: (rows, state) => this.takeLive(rows, state),
      onConnection: (connection) => this.set({ connection }),
      onRefused: (error) => this.set({ error }),
    });
  }

  private takeLive(rows: Row[], state: TailState): void {
    const isFirst = this.state.isStale;
    if (isFirst) this.rows.clear();
    let { older, fresh } = this.state;
    if (state.cursor) this.nameStore(state.cursor.storeId);
    for (const row of rows) {
      if (row.kind === "record" && row.storeId === "") row.storeId = state.cursor?.storeId ?? "";
      if (!this.state.isFollowing && this.rows.full) this.skipped += 1;
      else this.rows.append(row);
      if (!this.state.isFollowing && row.kind === "record") fresh += 1;
    }
    if (this.state.isFollowing && this.rows.trim() > 0) older = "more";
    if (isFirst || state.caughtUp) {
      const oldest = this.rows.oldestRecord();
      if (older === "none" && oldest && oldest.record.seq > 1) older = "more";
    }
    this.set({ isStale: false, older, fresh });
  }

  /** Rows of history learn whose they are from the first id after them. */
  private nameStore(storeId: string): void {
    for (let index = this.rows.end - 1; index >= this.rows.first; index -= 1) {
      const row = this.rows.at(index);
      if (row?.kind === "record" && row.storeId !== "") return;
      if (row?.kind === "record") row.storeId = storeId;
    }
  }

  private async openSearch(view: View): Promise<void> {
    // What was found until it was stopped has no hole: older lines can be asked for.
    const undo = (): Partial<FeedState> => {
      const hasOlder = this.state.older === "loading" && !hasPipes(view.query);
      return { older: hasOlder ? "more" : "none", progress: undefined };
    };
    await this.attempt(undo, (signal) => streamInto(this.rows, view, signal, (change) => this.set(change)));
  }

  private openAround(target: Cursor): void {
    this.openPage({ storeId: target.storeId, seq: Math.max(0, target.seq - 1 - CONTEXT_BEFORE) });
  }

  /** Reads one page of the tail after a cursor, then lets go of it. The end of the log is where nothing follows. */
  private openPage(from: Cursor): void {
    let count = 0;
    const tail = new Tail({
      query: this.view?.query ?? "",
      from,
      lines: undefined,
      onRestart: () => this.set({ isStale: true }),
      onRows: (rows, state) => {
        if (this.state.isStale) this.rows.clear();
        for (const row of rows) this.rows.append(row);
        count += rows.length;
        const isDone = state.caughtUp || count >= CONTEXT_PAGE || this.rows.full;
        if (isDone) tail.stop();
        const hasMoved = count > 0 || (state.cursor?.seq ?? 0) > from.seq;
        this.reached = state.cursor;
        const hasOlder = (this.rows.oldestRecord()?.record.seq ?? 1) > 1;
        this.set({
          isStale: false,
          newer: !isDone ? "loading" : hasMoved ? "more" : "none",
          older: this.state.older === "none" && hasOlder ? "more" : this.state.older,
        });
      },
      onConnection: (connection) => this.set({ connection }),
      onRefused: (error) => this.set({ error }),
    });
    this.tail = tail;
  }

  /** Runs one request; an error is shown, an abort undoes the waiting. */
  private async attempt(undo: () => Partial<FeedState>, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const request = new AbortController();
    this.request?.abort();
    this.request = request;
    try {
      await run(request.signal);
    } catch (error) {
      if (this.request !== request) return;
      if (isAbort(error)) this.set({ ...undo(), isStale: false });
      else this.set({ ...undo(), error: error instanceof ApiError ? error : unreachable() });
    } finally {
      if (this.request === request) this.request = undefined;
      this.onChange();
    }
  }

  get isSearching(): boolean {
    return this.request !== undefined;
  }

  private set(change: Partial<FeedState>): void {
    this.state = { ...this.state, ...change };
    this.onChange();
  }
}

function unreachable(): ApiError {
  return new ApiError(0, "logboom does not answer", undefined, "is it still running? Press Enter to try again");
}
