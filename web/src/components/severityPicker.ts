// Chips that set the query's `severity>=…`.

import type { SeverityFloor } from "../core/query";
import { button, el } from "./dom";

export interface SeverityPicker {
  element: HTMLElement;
  update: (floor: SeverityFloor) => void;
}

const FLOORS: readonly [SeverityFloor, string, string][] = [
  ["", "All", "Every severity"],
  ["info", "Info+", "Info and worse (severity>=info)"],
  ["warn", "Warn+", "Warnings and worse (severity>=warn)"],
  ["error", "Error+", "Errors and worse (severity>=error)"],
];

export function severityPicker(onFloor: (floor: SeverityFloor) => void): SeverityPicker {
  const buttons = FLOORS.map(([floor, label, title]) => ({
    floor,
    element: button({ class: `seg seg-sev-${floor || "all"}`, title, on: { click: () => onFloor(floor) } }, label),
  }));
  return {
    element: el(
      "div",
      { class: "segs", attrs: { role: "group", "aria-label": "Severity" } },
      ...buttons.map(({ element }) => element),
    ),
    update: (current) => {
      for (const { floor, element } of buttons) element.setAttribute("aria-pressed", String(floor === current));
    },
  };
}
