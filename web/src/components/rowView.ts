// One row of the list as an element. Whatever comes from a log goes through core/text.ts into text nodes.

import { hueOf } from "../core/hue";
import { rowId, type NoticeRow, type RecordRow, type Row } from "../core/row";
import { cutBody, decodeBase64, plain, segments } from "../core/text";
import { localIso, shortTime } from "../core/time";
import type { LogRecord } from "../core/wire";
import { button, el, type Child } from "./dom";
import { rowDetail, type DetailCallbacks } from "./rowDetail";

/** Characters of a line shown in the list; the rest comes with "show all". */
export const LINE_CHARS_SHOWN = 1_000;

export interface RowContext {
  utc: boolean;
  nowMs: number;
  words: readonly string[];
  isExpanded: boolean;
  isFull: boolean;
  /** The row a permalink points at. */
  isTarget: boolean;
}

export interface RowCallbacks extends DetailCallbacks {
  onExpand: (row: Row) => void;
  onFull: (row: Row) => void;
  onContainer: (name: string, mute: boolean) => void;
}

const CHIPS: Record<string, string> = {
  trace: "TRC",
  debug: "DBG",
  info: "INF",
  warn: "WRN",
  error: "ERR",
  fatal: "FTL",
};

/** The text of a record's line. */
export function bodyOf(record: LogRecord): string {
  return record.body ?? decodeBase64(record.body_base64 ?? "");
}

/** A row as plain text, for the clipboard. */
export function rowText(row: Row, utc: boolean): string {
  if (row.kind === "notice") return `--- ${row.text}`;
  const time = localIso(new Date(row.record.time), utc);
  return `${time} ${row.record.container_name} ${bodyOf(row.record)}`;
}

export function rowView(row: Row, context: RowContext, callbacks: RowCallbacks): HTMLElement {
  return row.kind === "notice" ? noticeView(row) : recordView(row, context, callbacks);
}

function noticeView(row: NoticeRow): HTMLElement {
  return el(
    "div",
    { class: `row notice notice-${row.tone}`, attrs: { role: "article", tabindex: "-1" } },
    el("span", { class: "notice-text", title: row.detail }, row.text),
    el("span", { class: "notice-detail" }, row.detail),
  );
}

function recordView(row: RecordRow, context: RowContext, callbacks: RowCallbacks): HTMLElement {
  const { record } = row;
  const body = bodyOf(record);
  const { text, cut } = cutBody(body, context.isFull ? body.length : LINE_CHARS_SHOWN);
  const severity = CHIPS[record.severity] ? record.severity : "none";
  const kind = record.kind ? ` is-${record.kind}` : "";
  const state = `${context.isExpanded ? " is-expanded" : ""}${context.isTarget ? " is-target" : ""}`;
  const toggle = button({
    class: "row-toggle",
    title: "Details",
    attrs: { tabindex: "-1", "aria-expanded": String(context.isExpanded), "aria-label": "Details of this line" },
    on: { click: () => callbacks.onExpand(row) },
  });
  const time = el(
    "time",
    { class: "row-time", title: record.time, attrs: { datetime: record.time } },
    shortTime(record.time, context.nowMs, context.utc),
  );
  const line = el(
    "div",
    { class: "row-line" },
    toggle,
    time,
    nameView(record, callbacks),
    el("span", { class: "row-chip", title: record.severity || "no severity" }, CHIPS[record.severity] ?? ""),
    el(
      "span",
      { class: "row-body" },
      ...marks(record),
      ...bodyNodes(text, context.words),
      cut > 0 && button({ class: "row-more", on: { click: () => callbacks.onFull(row) } }, `… show all (${size(body)})`),
    ),
  );
  line.addEventListener("click", (event) => {
    const isControl = event.target instanceof Element && event.target.closest("button, a") !== null;
    if (!isControl && window.getSelection()?.isCollapsed !== false) callbacks.onExpand(row);
  });
  return el(
    "div",
    {
      class: `row sev-${severity}${kind}${state}`,
      attrs: { role: "article", tabindex: "-1", "data-id": rowId(row) },
    },
    line,
    context.isExpanded && rowDetail(row, body, callbacks),
  );
}

function nameView(record: LogRecord, callbacks: RowCallbacks): HTMLElement {
  const name = record.container_name;
  if (name === "") return el("span", { class: "row-name is-none" }, plain(record.resource["service.name"] ?? ""));
  return button(
    {
      class: `row-name hue-${hueOf(name)}`,
      title: `${plain(name)}: click to see only this container, Alt-click to mute it`,
      attrs: { tabindex: "-1" },
      on: { click: (event) => callbacks.onContainer(name, event.altKey) },
    },
    plain(name),
  );
}

/** What is particular about a line, as small tags before its text. */
function marks(record: LogRecord): HTMLElement[] {
  const tags: HTMLElement[] = [];
  const tag = (text: string, title: string): unknown => tags.push(el("span", { class: "row-tag", title }, text));
  if (record.kind === "gap") tag("gap", "Lines are known to be missing here");
  if (record.kind === "lifecycle") tag("event", "Not a line of the container: something happened to it");
  if (record.stream === "stderr") tag("stderr", "Written to standard error");
  if (record.partial) tag("piece", "A piece of a longer line, or a line whose end was never seen");
  if (record.backlog) tag("backlog", "From before logboom's first start on this host");
  if (record.body === undefined) tag("bytes", "The line is not UTF-8; what could not be read shows as �");
  return tags;
}

/** Text nodes and spans of a body. */
export function bodyNodes(text: string, words: readonly string[]): Child[] {
  return segments(text, words).map((segment) => {
    if (segment.classes === "") return segment.text;
    return el(segment.classes.includes("match") ? "mark" : "span", { class: segment.classes }, segment.text);
  });
}

function size(body: string): string {
  const kib = body.length / 1024;
  return kib < 1024 ? `${Math.ceil(kib)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}
