// The expanded part of a row: every field, JSON indented, and what can be done with the line.

import { rowId, type RecordRow } from "../core/row";
import { jsonBody, pretty } from "../core/json";
import { cutBody, decodeBase64, plain, segments } from "../core/text";
import { button, el, setText } from "./dom";

export interface DetailCallbacks {
  onCopy: (text: string) => void;
  /** The address of a record among its neighbours. */
  linkTo: (row: RecordRow) => string;
  onContext: (row: RecordRow, onlyContainer: boolean) => void;
  /** So many lines of the same container before and after a record, itself among them. */
  onAround: (row: RecordRow, lines: number) => Promise<RecordRow[]>;
}

/** Lines before and after, the first time and the second. */
const AROUND_LINES = [5, 50];
/** Characters of one of them. */
const LINE_CHARS_MAX = 1_000;

export function rowDetail(row: RecordRow, body: string, callbacks: DetailCallbacks): HTMLElement {
  const { record } = row;
  const json = jsonBody(body);
  const link = callbacks.linkTo(row);
  const around = el("div", { class: "detail-around" });
  const actions = el(
    "div",
    { class: "detail-actions" },
    moreAround(row, around, callbacks),
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
    around,
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

/** A button that puts the lines around a record below it, and at the next click more of them. */
function moreAround(row: RecordRow, into: HTMLElement, callbacks: DetailCallbacks): HTMLButtonElement {
  let step = 0;
  const made = button({}, `±${AROUND_LINES[0]} lines`);
  made.addEventListener("click", () => {
    const lines = AROUND_LINES[step];
    if (lines === undefined) return;
    step += 1;
    made.disabled = true;
    callbacks.onAround(row, lines).then(
      (found) => {
        into.replaceChildren(...found.map((one) => aroundLine(one, one.record.seq === row.record.seq)));
        const next = AROUND_LINES[step];
        made.disabled = next === undefined;
        setText(made, next === undefined ? "Lines around" : `±${next} lines`);
      },
      (error: unknown) => {
        into.replaceChildren(el("p", {}, plain(error instanceof Error ? error.message : "logboom does not answer")));
        step -= 1;
        made.disabled = false;
      },
    );
  });
  return made;
}

function aroundLine(row: RecordRow, isHit: boolean): HTMLElement {
  const { body, body_base64: encoded, time } = row.record;
  const { text, cut } = cutBody(body ?? decodeBase64(encoded ?? ""), LINE_CHARS_MAX);
  const end = cut > 0 ? " …" : "";
  return el("pre", { class: isHit ? "around-line is-hit" : "around-line", title: time }, ...codeNodes(text), end);
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
