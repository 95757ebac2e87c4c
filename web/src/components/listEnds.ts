// What stands before the first and after the last row: more to load, the end of the range, and, when there is no row,
// what that means and what to do.

import type { Edge, FeedState } from "../feed/feed";
import { percent } from "../core/answers";
import { plain } from "../core/text";
import { wider, type Range } from "../core/time";
import { button, el, type Child } from "./dom";

export interface EndsData {
  state: FeedState;
  range: Range;
  query: string;
  rowCount: number;
  /** Whether any container is known; `undefined` before the first answer. */
  hasContainers: boolean | undefined;
  isSearching: boolean;
}

export interface EndsCallbacks {
  onOlder: () => void;
  onNewer: () => void;
  onRange: (range: Range) => void;
  onQuery: (query: string) => void;
  onCancel: () => void;
}

export function headChildren(data: EndsData, callbacks: EndsCallbacks): Child[] {
  const { state } = data;
  if (data.rowCount === 0 || state.isStale) return [];
  if (data.isSearching && state.mode === "search" && state.older === "loading" && state.progress) {
    const stop = button({ class: "link", on: { click: callbacks.onCancel } }, "Stop");
    return [el("span", { class: "searching" }, `Searching: ${percent(state.progress)} % … `), stop];
  }
  if (state.incomplete !== undefined) return [el("span", { class: "incomplete" }, plain(`Not everything: ${state.incomplete}`))];
  if (state.older === "none") return [el("span", {}, startText(data))];
  return [edge(state.older, "Load older lines", callbacks.onOlder)];
}

export function footChildren(data: EndsData, callbacks: EndsCallbacks): Child[] {
  const { state, range } = data;
  if (data.rowCount === 0 || state.isStale) return empty(data, callbacks);
  const live = button({ class: "link", on: { click: () => callbacks.onRange({ kind: "live" }) } }, "Go live");
  if (state.mode === "search") {
    return range.kind === "live" ? [] : [el("span", {}, "End of this time range. "), live];
  }
  if (state.mode === "around") {
    return state.newer === "none"
      ? [el("span", {}, "End of the log. "), live]
      : [edge(state.newer, "Load newer lines", callbacks.onNewer)];
  }
  // logboom's own start is a row too, which must not hide what a newcomer needs.
  return data.hasContainers === false && data.query === "" ? noContainer() : [];
}

function noContainer(): Child[] {
  return [
    message("No container has logged anything yet", "Start one, and its lines appear here within a second:"),
    el("code", { class: "empty-code" }, "docker run --rm busybox echo hello"),
  ];
}

function edge(state: Edge, label: string, onClick: () => void): HTMLElement {
  if (state === "loading") return el("span", {}, "Loading …");
  if (state === "full") {
    return el("span", {}, "This page holds no more lines. Narrow the search or the time range to go on.");
  }
  return button({ class: "link", on: { click: onClick } }, label);
}

function startText(data: EndsData): string {
  if (data.state.mode === "search" && data.range.kind !== "live") return "Start of this time range";
  return data.query ? "No older match" : "Start of the log";
}

function empty(data: EndsData, callbacks: EndsCallbacks): Child[] {
  const { state, range, query } = data;
  if (state.error) {
    return data.rowCount > 0 ? [] : [message(state.error.message, state.error.hint ?? "")];
  }
  if (state.isStale) {
    if (data.rowCount > 0) return [];
    const stop = data.isSearching && button({ on: { click: callbacks.onCancel } }, "Stop");
    const searching = state.progress ? `Searching: ${percent(state.progress)} % …` : "Searching …";
    return [message(data.isSearching ? searching : "Connecting …", ""), stop && actions(stop)];
  }
  const clear = query !== "" && button({ on: { click: () => callbacks.onQuery("") } }, "Clear the search");
  if (state.mode === "live") {
    if (query !== "") {
      const widen = button({ on: { click: () => callbacks.onRange({ kind: "last", preset: "24h" }) } }, "Search the last 24h");
      return [message("No line matches yet", "New lines that match appear here as they come."), actions(widen, clear)];
    }
    if (data.hasContainers !== true) return noContainer();
    return [message("No line yet", "Containers are known, but none has printed anything. Lines appear here as they come.")];
  }
  const next = wider(range);
  const widen =
    next && button({ on: { click: () => callbacks.onRange({ kind: "last", preset: next }) } }, `Search the last ${next}`);
  const text = query === "" ? "No line in this time range" : "No match in this time range";
  return [message(text, query === "" ? "" : "Words match whole words: use err* for all that begins with err."), actions(widen, clear)];
}

function message(title: string, text: string): HTMLElement {
  return el("div", { class: "empty" }, el("strong", {}, plain(title)), text !== "" && el("p", {}, plain(text)));
}

function actions(...children: Child[]): HTMLElement {
  return el("div", { class: "empty-actions" }, ...children);
}
