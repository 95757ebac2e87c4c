// The expanded part of a row: every field, JSON indented, and what can be done with the line.

import { rowId, type RecordRow } from "../core/row";
import { jsonBody, pretty } from "../core/json";
import { plain, segments } from "../core/text";
import { button, el } from "./dom";

export interface DetailCallbacks {
  onCopy: (text: string) => void;
  /** The address of a record among its neighbours. */
  linkTo: (row: RecordRow) => string;
  onContext: (row: RecordRow, onlyContainer: boolean) => void;
}

export function rowDetail(row: RecordRow, body: string, callbacks: DetailCallbacks): HTMLElement {
  const { record } = row;
  const json = jsonBody(body);
  const link = callbacks.linkTo(row);
  const actions = el(
    "div",
    { class: "detail-actions" },
    button({ on: { click: () => callbacks.onContext(row, false) } }, "Show around"),
    record.container_name !== "" &&
      button({ on: { click: () => callbacks.onContext(row, true) } }, "Around, this container"),
    button({ on: { click: () => callbacks.onCopy(body) } }, "Copy line"),
    button({ on: { click: () => callbacks.onCopy(JSON.stringify(record)) } }, "Copy JSON"),
    button({ on: { click: () => callbacks.onCopy(link) } }, "Copy link"),
  );
  const isGap = record.kind === "gap";
  return el(
    "div",
    { class: "detail" },
    actions,
    json !== undefined && el("pre", { class: "detail-json" }, ...codeNodes(pretty(json))),
    json === undefined && body.includes("\n") && el("pre", { class: "detail-json" }, ...codeNodes(body)),
    fields(isGap ? "What is missing" : "Attributes", record.attributes),
    fields("Record", {
      time: record.time,
      observed: record.observed_time,
      severity: record.severity ? `${record.severity} (${record.severity_number})` : "not set",
      ...(record.stream ? { stream: record.stream } : {}),
      "record id": rowId(row),
    }),
    fields("Resource", record.resource),
  );
}

function codeNodes(text: string): (string | HTMLElement)[] {
  return segments(text).map((segment) =>
    segment.classes === "" ? segment.text : el("span", { class: segment.classes }, segment.text),
  );
}

function fields(title: string, values: Record<string, unknown>): HTMLElement | undefined {
  const entries = Object.entries(values);
  if (entries.length === 0) return undefined;
  const list = el("dl", {});
  for (const [name, value] of entries) {
    const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
    list.append(el("dt", {}, plain(name)), el("dd", {}, ...codeNodes(text)));
  }
  return el("section", { class: "detail-fields" }, el("h3", {}, title), list);
}
