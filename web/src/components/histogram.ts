// How many lines there were when, by severity: a click on a bar, or a drag over several, shows that time.

import type { Histogram } from "../core/answers";
import { barText, blocks, CHART_HEIGHT, rangeOf } from "../core/bars";
import { plain } from "../core/text";
import { shortTime, type Range } from "../core/time";
import { el, setText } from "./dom";

export interface HistogramView {
  element: HTMLElement;
  /** Nothing to show hides it. */
  update: (histogram: Histogram | undefined, utc: boolean) => void;
  /** So many bars can be told apart. */
  barsMax: () => number;
}

const SVG = "http://www.w3.org/2000/svg";
const BAR_PX = 7;
const BARS = { least: 20, most: 240 };

export function histogramView(onRange: (range: Range) => void): HistogramView {
  let shown: Histogram | undefined;
  let utc = false;
  /** The bar where a drag began. */
  let from: number | undefined;
  const chart = svg("svg", { class: "chart", preserveAspectRatio: "none", role: "img" });
  const drawn = svg("g", {});
  const stretch = svg("rect", { class: "chart-stretch", y: "0", height: String(CHART_HEIGHT), width: "0" });
  chart.append(drawn, stretch);
  const start = el("span", {});
  const told = el("span", { class: "chart-told", attrs: { "aria-live": "off" } });
  const end = el("span", {});
  const element = el("div", { class: "histogram" }, chart, el("div", { class: "chart-axis" }, start, told, end));
  element.hidden = true;

  const barAt = (event: PointerEvent): number => {
    const { left, width } = chart.getBoundingClientRect();
    const bars = shown?.bars ?? 1;
    return Math.min(bars - 1, Math.max(0, Math.floor(((event.clientX - left) / Math.max(1, width)) * bars)));
  };
  const mark = (one: number, other: number): void => {
    stretch.setAttribute("x", String(Math.min(one, other)));
    stretch.setAttribute("width", String(Math.abs(one - other) + 1));
  };
  const tell = (): void => {
    stretch.setAttribute("width", "0");
    setText(told, shown ? summary(shown) : "");
  };
  chart.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !shown) return;
    from = barAt(event);
    chart.setPointerCapture(event.pointerId);
  });
  chart.addEventListener("pointermove", (event) => {
    if (!shown) return;
    const bar = barAt(event);
    mark(from ?? bar, bar);
    setText(told, plain(barText(shown, bar, Date.now(), utc)));
  });
  chart.addEventListener("pointerup", (event) => {
    if (shown && from !== undefined) onRange(rangeOf(shown, from, barAt(event)));
    from = undefined;
  });
  chart.addEventListener("pointercancel", () => (from = undefined));
  chart.addEventListener("pointerleave", () => from === undefined && tell());

  return {
    element,
    barsMax: () => Math.min(BARS.most, Math.max(BARS.least, Math.floor((element.parentElement?.clientWidth ?? 0) / BAR_PX))),
    update: (histogram, isUtc) => {
      if (histogram === shown && isUtc === utc) return;
      shown = histogram;
      utc = isUtc;
      element.hidden = !histogram || histogram.bars === 0;
      if (!histogram || histogram.bars === 0) return;
      chart.setAttribute("viewBox", `0 0 ${histogram.bars} ${CHART_HEIGHT}`);
      chart.setAttribute("aria-label", summary(histogram));
      drawn.replaceChildren(...blocks(histogram).map((block) => rect(block)));
      const whole = rangeOf(histogram, 0, histogram.bars - 1);
      if (whole.kind === "between") {
        setText(start, shortTime(whole.from, Date.now(), utc).slice(0, -4));
        setText(end, shortTime(whole.to, Date.now(), utc).slice(0, -4));
      }
      if (from === undefined) tell();
    },
  };
}

function summary(histogram: Histogram): string {
  const total = `${histogram.total.toLocaleString("en")} ${histogram.total === 1 ? "line" : "lines"}`;
  return histogram.incomplete === null ? total : plain(`${total}, not all: ${histogram.incomplete}`);
}

function rect(block: { bar: number; y: number; height: number; severity: string }): SVGElement {
  const { bar, y, height, severity } = block;
  return svg("rect", {
    x: String(bar + 0.06),
    y: String(y),
    width: "0.88",
    height: String(height),
    class: severity === "" ? "chart-none" : `chart-${severity}`,
  });
}

function svg(tag: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS(SVG, tag) as SVGElement;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
