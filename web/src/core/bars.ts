// The geometry of a histogram: which bars are how high, what is told of each, and which times a stretch of them covers.

import type { Histogram } from "./answers";
import { shortTime, type Range } from "./time";

/** Height of the drawing; its width is the number of bars. */
export const CHART_HEIGHT = 100;
/** A bar that is not empty can be seen. */
const HEIGHT_MIN = 2;

export interface Block {
  bar: number;
  /** From the top. */
  y: number;
  height: number;
  /** `fatal` … `trace`, or empty. */
  severity: string;
}

const SEVERITIES = ["fatal", "error", "warn", "info", "debug", "trace"];

/** Rectangles of all bars; the worst severities lie at the bottom, where small numbers can be seen. */
export function blocks(histogram: Histogram): Block[] {
  const rank = (name: string | null): number => (SEVERITIES.indexOf(name ?? "") + SEVERITIES.length + 1) % (SEVERITIES.length + 1);
  const series = [...histogram.series].sort((a, b) => rank(a.name) - rank(b.name));
  const most = Math.max(1, ...totals(histogram));
  const result: Block[] = [];
  for (let bar = 0; bar < histogram.bars; bar += 1) {
    let y = CHART_HEIGHT;
    for (const { name, counts } of series) {
      const count = counts[bar] ?? 0;
      if (count === 0) continue;
      const height = Math.max(HEIGHT_MIN, (count / most) * CHART_HEIGHT);
      y -= height;
      result.push({ bar, y, height, severity: SEVERITIES.includes(name ?? "") ? (name ?? "") : "" });
    }
  }
  return result;
}

function totals(histogram: Histogram): number[] {
  const sums = new Array<number>(histogram.bars).fill(0);
  for (const { counts } of histogram.series) counts.forEach((count, bar) => (sums[bar] = (sums[bar] ?? 0) + count));
  return sums;
}

/** The time from the start of one bar to the end of another, whichever comes first. */
export function rangeOf(histogram: Histogram, one: number, other: number): Range {
  const start = Date.parse(histogram.start);
  const at = (bar: number): string => new Date(start + bar * histogram.interval_ms).toISOString();
  return { kind: "between", from: at(Math.min(one, other)), to: at(Math.max(one, other) + 1) };
}

/** What is told of a bar: its time, how many lines, and of which severities. */
export function barText(histogram: Histogram, bar: number, nowMs: number, utc: boolean): string {
  const range = rangeOf(histogram, bar, bar);
  const time = range.kind === "between" ? `${shortTime(range.from, nowMs, utc)} – ${shortTime(range.to, nowMs, utc)}` : "";
  const parts = histogram.series.flatMap(({ name, counts }) => {
    const count = counts[bar] ?? 0;
    return count > 0 ? [`${count.toLocaleString("en")} ${name === null || name === "" ? "without severity" : name}`] : [];
  });
  return `${time}: ${parts.join(", ") || "no line"}`;
}
