// The whole state of a view as the address's fragment, and back. A fragment, not a query string: what somebody
// searched for stays out of the access logs of proxies. Unknown or broken parts fall back to the defaults.

import { formatCursor, parseCursor, type Cursor } from "./cursor";
import { PRESETS, type Preset, type Range } from "./time";

export interface View {
  query: string;
  range: Range;
  /** The record to show among its neighbours; wins over `range`. */
  around: Cursor | undefined;
  /** Wrap long lines; `undefined` lets the width of the screen decide. */
  wrap: boolean | undefined;
  utc: boolean;
}

export const DEFAULT_VIEW: View = {
  query: "",
  range: { kind: "live" },
  around: undefined,
  wrap: undefined,
  utc: false,
};

/** The fragment without `#`; empty for the default view. */
export function formatView(view: View): string {
  const params = new URLSearchParams();
  if (view.query) params.set("q", view.query);
  if (view.around) params.set("row", formatCursor(view.around));
  else if (view.range.kind === "last") params.set("range", view.range.preset);
  else if (view.range.kind === "between") {
    if (view.range.from) params.set("from", view.range.from);
    if (view.range.to) params.set("to", view.range.to);
  }
  if (view.wrap !== undefined) params.set("wrap", view.wrap ? "1" : "0");
  if (view.utc) params.set("utc", "1");
  return params.toString();
}

export function parseView(fragment: string): View {
  const params = new URLSearchParams(fragment.replace(/^#/, ""));
  const wrap = params.get("wrap");
  return {
    query: params.get("q") ?? "",
    range: parseRange(params),
    around: parseCursor(params.get("row") ?? ""),
    wrap: wrap === null ? undefined : wrap === "1",
    utc: params.get("utc") === "1",
  };
}

function parseRange(params: URLSearchParams): Range {
  const from = validTime(params.get("from"));
  const to = validTime(params.get("to"));
  if (from || to) return { kind: "between", from, to };
  const preset = params.get("range") as Preset | null;
  return preset && PRESETS.includes(preset) ? { kind: "last", preset } : { kind: "live" };
}

function validTime(text: string | null): string {
  return text && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text) && !Number.isNaN(Date.parse(text))
    ? text
    : "";
}
