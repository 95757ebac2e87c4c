// The histogram above the lines: asked for with each view, and again now and then while the view is live.

import { fetchHistogram } from "../api/questions";
import type { Histogram } from "../core/answers";
import { hasPipes, isQuestion } from "../core/query";
import { bounds } from "../core/time";
import type { View } from "../core/url";
import { EVER } from "./older";

const REFRESH_MS = 10_000;
/** What a live view shows of the past. */
const LIVE_MS = 3_600_000;
/** Not for each key that is pressed. */
const PAUSE_MS = 250;

export class HistogramFeed {
  histogram: Histogram | undefined;
  private view: View | undefined;
  private request: AbortController | undefined;
  private timer = 0;
  private readonly onChange: () => void;
  private readonly barsMax: () => number;

  constructor(barsMax: () => number, onChange: () => void) {
    this.barsMax = barsMax;
    this.onChange = onChange;
  }

  /** Shows a view; what was shown stays until its answer comes. */
  open(view: View): void {
    this.view = view;
    this.request?.abort();
    window.clearTimeout(this.timer);
    if (timesOf(view, Date.now())) this.timer = window.setTimeout(() => void this.fetch(), PAUSE_MS);
    else this.set(undefined);
  }

  private async fetch(): Promise<void> {
    const { view } = this;
    const times = view && timesOf(view, Date.now());
    if (!view || !times) return;
    const request = new AbortController();
    this.request = request;
    try {
      const histogram = document.hidden ? this.histogram : await fetchHistogram({ query: view.query, bars: this.barsMax(), ...times }, request.signal);
      if (this.request === request) this.set(histogram);
    } catch {
      // The lines' own request says what is wrong; bars of another query would mislead.
      if (this.request === request && !request.signal.aborted) this.set(undefined);
    }
    const isLive = view.range.kind === "live" && !isQuestion(view.query);
    if (this.request === request && isLive) this.timer = window.setTimeout(() => void this.fetch(), REFRESH_MS);
  }

  private set(histogram: Histogram | undefined): void {
    this.histogram = histogram;
    this.onChange();
  }
}

/** The times of a view's histogram; none around a record, nor of one record. */
function timesOf(view: View, nowMs: number): { since?: string; until?: string } | undefined {
  if (view.around) return undefined;
  if (view.range.kind !== "live") return { since: EVER, ...bounds(view.range, nowMs) };
  if (hasPipes(view.query)) return {};
  return isQuestion(view.query) ? undefined : { since: new Date(nowMs - LIVE_MS).toISOString() };
}
