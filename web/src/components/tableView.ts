// The table of a query with pipes. Its cells are log content: text nodes, and nothing else.

import type { Cell, Table } from "../core/answers";
import { cutBody, plain } from "../core/text";
import { button, el } from "./dom";

/** Rows in the document; a table of more is for the command line. */
const ROWS_MAX = 1_000;
/** Characters of one cell. */
const CELL_CHARS_MAX = 500;

export interface TableView {
  element: HTMLElement;
  /** Nothing to show hides it. */
  update: (table: Table | undefined) => void;
}

export function tableView(onCopy: (text: string) => void): TableView {
  let shown: Table | undefined;
  let count = -1;
  const element = el("div", { class: "table-view", attrs: { tabindex: "0", role: "region", "aria-label": "Table" } });
  element.hidden = true;
  return {
    element,
    update: (table) => {
      if (table === shown && (table?.rows.length ?? -1) === count) return;
      shown = table;
      count = table?.rows.length ?? -1;
      element.hidden = !table;
      element.replaceChildren(...(table ? content(table, () => onCopy(asText(table))) : []));
    },
  };
}

function content(table: Table, copy: () => void): HTMLElement[] {
  const numeric = table.columns.map((_, index) => isNumeric(table, index));
  const heads = table.columns.map((name, index) => el("th", { class: numeric[index] ? "is-number" : "" }, plain(name)));
  const body = el("tbody", {});
  for (const row of table.rows.slice(0, ROWS_MAX)) {
    body.append(el("tr", {}, ...row.map((cell, index) => el("td", { class: numeric[index] ? "is-number" : "" }, cellText(cell)))));
  }
  const rows = table.rows.length;
  const counted = `${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"}`;
  const shown = rows > ROWS_MAX ? `the first ${ROWS_MAX.toLocaleString("en")} of ${counted}` : counted;
  return [
    el("table", { class: "table" }, el("thead", {}, el("tr", {}, ...heads)), body),
    el("p", { class: "table-foot" }, shown, " ", button({ class: "link", on: { click: copy } }, "Copy table")),
    ...table.notes.map((note) => el("p", { class: "table-note" }, plain(note))),
  ];
}

function isNumeric(table: Table, index: number): boolean {
  const known = table.rows.map((row) => row[index]).filter((cell) => cell !== null);
  return known.length > 0 && known.every((cell) => typeof cell === "number");
}

function cellText(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return cell.toLocaleString("en", { maximumFractionDigits: 6 });
  const { text, cut } = cutBody(cell, CELL_CHARS_MAX);
  return plain(text) + (cut > 0 ? " …" : "");
}

/** Tab-separated, as spreadsheets take it; what would be read as a formula begins with an apostrophe. */
function asText(table: Table): string {
  const safe = (cell: Cell): string => {
    if (typeof cell !== "string") return String(cell ?? "");
    const text = plain(cell);
    return /^\s*[=+\-@]/.test(text) ? `'${text}` : text;
  };
  return [table.columns, ...table.rows].map((row) => row.map(safe).join("\t")).join("\n");
}
