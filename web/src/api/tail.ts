// `/api/v1/tail` read for as long as it is wanted: connects, watches for silence, and after any break comes back
// where it was, by the cursor of the last record (`from=`), so that nothing is missed and nothing comes twice.

import { formatCursor, type Cursor } from "../core/cursor";
import type { Row } from "../core/row";
import { EventParser } from "../core/sse";
import { reduceTail, TAIL_START, type TailState } from "../core/tail";
import { ApiError, get, isAbort, isPassing, textOf } from "./http";

export type Connection =
  | { state: "connecting" }
  | { state: "open" }
  /** Tries again by itself at `retry_at` (milliseconds since the epoch). */
  | { state: "waiting"; retryAt: number; reason: string };

export interface TailOptions {
  query: string;
  /** Records of the past to begin with, where there is nothing to resume from. */
  lines: number | undefined;
  /** How far to look for them. */
  since?: string;
  /** Begin after this record instead. */
  from?: Cursor;
  onRows: (rows: Row[], state: TailState) => void;
  onConnection: (connection: Connection) => void;
  /** The connection broke before there was anything to resume from: what comes next is the beginning again. */
  onRestart: () => void;
  /** The server refuses this query or this reader; it is not asked again. */
  onRefused: (error: ApiError) => void;
}

/** The server sends a position at least every 15 s; two missed ones mean that the connection is dead. */
const SILENCE_MAX_MS = 40_000;
/** Before there is a cursor the server may be searching its history, which it gives up after 300 s. */
const FIRST_SILENCE_MAX_MS = 330_000;
const RETRY_FIRST_MS = 300;
const RETRY_MAX_MS = 5_000;

export class Tail {
  private readonly options: TailOptions;
  private readonly stopper = new AbortController();
  private state: TailState;
  private wake: () => void = () => undefined;

  constructor(options: TailOptions) {
    this.options = options;
    this.state = options.from ? { ...TAIL_START, cursor: options.from } : TAIL_START;
    void this.run();
  }

  stop(): void {
    this.stopper.abort();
    this.wake();
  }

  /** Tries again now instead of at the end of the wait. */
  retryNow(): void {
    this.wake();
  }

  private get isStopped(): boolean {
    return this.stopper.signal.aborted;
  }

  private async run(): Promise<void> {
    let delayMs = RETRY_FIRST_MS;
    for (let attempt = 0; !this.isStopped; attempt += 1) {
      if (attempt > 0 && !this.state.cursor) this.options.onRestart();
      this.options.onConnection({ state: "connecting" });
      let reason = "the connection was closed";
      try {
        if (await this.read()) delayMs = RETRY_FIRST_MS;
      } catch (error) {
        if (this.isStopped) return;
        if (error instanceof ApiError && !isPassing(error)) {
          this.options.onRefused(error);
          return;
        }
        reason = isAbort(error) ? "the server went silent" : error instanceof ApiError ? error.message : reason;
      }
      if (this.isStopped) return;
      const waitMs = delayMs * (0.75 + Math.random() * 0.5);
      this.options.onConnection({ state: "waiting", retryAt: Date.now() + waitMs, reason });
      await this.sleep(waitMs);
      delayMs = Math.min(delayMs * 2, RETRY_MAX_MS);
    }
  }

  /** One connection, until it ends; says whether it brought anything. */
  private async read(): Promise<boolean> {
    const attempt = new AbortController();
    const onStop = (): void => attempt.abort();
    this.stopper.signal.addEventListener("abort", onStop);
    const before = this.state;
    let watchdog = window.setTimeout(onStop, before.cursor ? SILENCE_MAX_MS : FIRST_SILENCE_MAX_MS);
    try {
      const { query, lines, since } = this.options;
      const from = this.state.cursor && formatCursor(this.state.cursor);
      const response = await get("tail", { query, lines, since, from }, attempt.signal);
      this.options.onConnection({ state: "open" });
      const parser = new EventParser();
      for await (const text of textOf(response)) {
        this.take(parser, text);
        if (this.isStopped) break;
        window.clearTimeout(watchdog);
        watchdog = window.setTimeout(onStop, this.state.cursor ? SILENCE_MAX_MS : FIRST_SILENCE_MAX_MS);
      }
      return this.state !== before;
    } catch (error) {
      // A connection that had worked is tried again soon, whatever ended it.
      if (this.state !== before && !this.isStopped && !(error instanceof ApiError)) return true;
      throw error;
    } finally {
      window.clearTimeout(watchdog);
      this.stopper.signal.removeEventListener("abort", onStop);
    }
  }

  private take(parser: EventParser, text: string): void {
    const rows: Row[] = [];
    const before = this.state;
    for (const event of parser.push(text)) this.state = reduceTail(this.state, event, rows);
    if (rows.length > 0 || this.state !== before) this.options.onRows(rows, this.state);
  }

  private sleep(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = window.setTimeout(resolve, durationMs);
      this.wake = () => {
        window.clearTimeout(timer);
        resolve();
      };
    });
  }
}
