// The time range: live, the last so long, or from–to in a small form. A line of buttons that acts as a radio group.

import { localIso, PRESETS, type Range } from "../core/time";
import { button, el } from "./dom";

export interface RangePicker {
  element: HTMLElement;
  update: (range: Range | undefined, utc: boolean) => void;
}

export function rangePicker(onRange: (range: Range) => void): RangePicker {
  let utc = false;
  const buttons = new Map<string, HTMLButtonElement>();
  const add = (key: string, label: string, title: string, onClick: () => void): HTMLButtonElement => {
    const made = button({ class: `seg seg-${key}`, title, on: { click: onClick } }, label);
    buttons.set(key, made);
    return made;
  };
  const group = el("div", { class: "segs", attrs: { role: "group", "aria-label": "Time range" } });
  group.append(add("live", "Live", "Follow the end of the log (End or g)", () => onRange({ kind: "live" })));
  for (const preset of PRESETS) {
    group.append(add(preset, preset, `The last ${preset}`, () => onRange({ kind: "last", preset })));
  }

  const from = timeInput("From");
  const to = timeInput("To");
  const problem = el("span", { class: "range-problem", attrs: { role: "alert" } });
  const form = el(
    "form",
    { class: "range-form" },
    el("label", {}, "From ", from),
    el("label", {}, "to ", to),
    el("button", { class: "primary", attrs: { type: "submit" } }, "Show"),
    problem,
  );
  form.hidden = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const range: Range = { kind: "between", from: toUtc(from.value, utc), to: toUtc(to.value, utc) };
    const isBackwards = range.from !== "" && range.to !== "" && range.from >= range.to;
    problem.textContent = isBackwards ? "“From” must lie before “to”." : "";
    if (!isBackwards && (range.from || range.to)) onRange(range);
  });
  const custom = add("custom", "Custom", "From one time to another", () => {
    form.hidden = !form.hidden;
    custom.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) {
      const now = new Date();
      if (!from.value) from.value = inputValue(new Date(now.getTime() - 3_600_000), utc);
      if (!to.value) to.value = inputValue(now, utc);
      from.focus();
    }
  });
  custom.setAttribute("aria-expanded", "false");
  group.append(custom);

  return {
    element: el("div", { class: "range" }, group, form),
    update: (range, isUtc) => {
      utc = isUtc;
      const key = !range ? "" : range.kind === "last" ? range.preset : range.kind === "live" ? "live" : "custom";
      for (const [name, one] of buttons) one.setAttribute("aria-pressed", String(name === key));
      if (range?.kind === "between") {
        from.value = range.from ? inputValue(new Date(range.from), utc) : "";
        to.value = range.to ? inputValue(new Date(range.to), utc) : "";
      }
      form.hidden = range?.kind !== "between";
      custom.setAttribute("aria-expanded", String(!form.hidden));
    },
  };
}

function timeInput(label: string): HTMLInputElement {
  return el("input", { attrs: { type: "datetime-local", step: "1", "aria-label": label } });
}

function inputValue(date: Date, utc: boolean): string {
  return Number.isNaN(date.getTime()) ? "" : localIso(date, utc).slice(0, 19).replace(" ", "T");
}

/** The input's value, read as local time or as UTC, in RFC 3339; empty when it is empty. */
function toUtc(value: string, utc: boolean): string {
  const date = new Date(utc && value ? `${value}Z` : value);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
