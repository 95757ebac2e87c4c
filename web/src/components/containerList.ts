// The containers: a click shows only that one (and more with further clicks), the speaker mutes it.

import { hueOf } from "../core/hue";
import { plain } from "../core/text";
import { ago } from "../core/time";
import type { ContainerStatus } from "../core/wire";
import { button, el, icon, ICONS, setText } from "./dom";

export interface ContainerListData {
  /** `undefined` until the first answer. */
  containers: ContainerStatus[] | undefined;
  included: Set<string>;
  excluded: Set<string>;
}

export interface ContainerListCallbacks {
  onToggle: (name: string) => void;
  onMute: (name: string) => void;
  onClear: () => void;
}

export interface ContainerList {
  element: HTMLElement;
  update: (data: ContainerListData) => void;
}

/** Most containers drawn; the filter box finds the others. */
const SHOWN_MAX = 300;
const STATE_ORDER: Record<string, number> = { running: 0, exited: 1, removed: 2 };

export function containerList(callbacks: ContainerListCallbacks): ContainerList {
  let data: ContainerListData = { containers: undefined, included: new Set(), excluded: new Set() };
  const items = new Map<string, Item>();
  const filter = el("input", {
    class: "side-filter",
    attrs: { type: "text", placeholder: "Filter containers", "aria-label": "Filter containers", spellcheck: "false" },
    on: { input: () => draw() },
  });
  const count = el("span", { class: "side-count" });
  const all = button({ class: "link", title: "Show every container again", on: { click: callbacks.onClear } }, "Show all");
  const list = el("ul", { class: "side-list" });
  const note = el("p", { class: "side-note" });

  const draw = (): void => {
    const containers = data.containers ?? [];
    const wanted = filter.value.trim().toLowerCase();
    const found = byName(containers).filter((one) =>
      `${one.name} ${one.image} ${one.service}`.toLowerCase().includes(wanted),
    );
    const shown = found.slice(0, SHOWN_MAX);
    const now = Date.now();
    for (const [name, one] of items) {
      if (!shown.some((container) => container.name === name)) {
        one.element.remove();
        items.delete(name);
      }
    }
    shown.forEach((container, position) => {
      let one = items.get(container.name);
      if (!one) items.set(container.name, (one = item(container.name, callbacks)));
      one.update(container, data, now);
      if (list.children[position] !== one.element) list.insertBefore(one.element, list.children[position] ?? null);
    });
    const running = containers.filter((container) => container.state === "running").length;
    setText(count, data.containers ? `${running} running` : "");
    all.hidden = data.included.size + data.excluded.size === 0;
    setText(note, noteFor(data.containers, found.length));
  };

  const element = el(
    "nav",
    { class: "side", attrs: { "aria-label": "Containers" } },
    el("div", { class: "side-head" }, el("h2", {}, "Containers"), count, all),
    filter,
    list,
    note,
  );
  return {
    element,
    update: (next) => {
      data = next;
      draw();
    },
  };
}

/** One entry a name: a recreated container goes on under its name, the newest one tells the state. */
function byName(containers: ContainerStatus[]): ContainerStatus[] {
  const newest = new Map<string, ContainerStatus>();
  for (const one of containers) {
    const other = newest.get(one.name);
    const isBetter = !other || rank(one) < rank(other) || (rank(one) === rank(other) && lastOf(one) > lastOf(other));
    if (isBetter) newest.set(one.name, one);
  }
  return [...newest.values()].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

const rank = (one: ContainerStatus): number => STATE_ORDER[one.state] ?? 1;
const lastOf = (one: ContainerStatus): string => one.last_time ?? "";

function noteFor(containers: ContainerStatus[] | undefined, found: number): string {
  if (!containers) return "";
  if (containers.length === 0) return "No container seen yet. Those that start now appear here by themselves.";
  if (found === 0) return "No container of that name.";
  return found > SHOWN_MAX ? `and ${found - SHOWN_MAX} more: use the filter` : "";
}

interface Item {
  element: HTMLElement;
  update: (container: ContainerStatus, data: ContainerListData, nowMs: number) => void;
}

function item(name: string, callbacks: ContainerListCallbacks): Item {
  const dot = el("span", { class: "dot" });
  const label = el("span", { class: `side-name hue-${hueOf(name)}` }, plain(name) || "(no name)");
  const last = el("span", { class: "side-last" });
  const main = button(
    {
      class: "side-main",
      on: { click: (event) => (event.altKey ? callbacks.onMute(name) : callbacks.onToggle(name)) },
    },
    dot,
    label,
    last,
  );
  const mute = button({ class: "side-mute", on: { click: () => callbacks.onMute(name) } });
  const element = el("li", { class: "side-item" }, main, mute);
  let wasMuted: boolean | undefined;
  return {
    element,
    update: (container, data, nowMs) => {
      const isMuted = data.excluded.has(name);
      const isShown = data.included.has(name);
      element.classList.toggle("is-shown", isShown);
      element.classList.toggle("is-muted", isMuted);
      element.classList.toggle("is-gone", container.state !== "running");
      dot.className = `dot dot-${container.state === "running" ? "on" : container.state === "exited" ? "off" : "gone"}`;
      const collected = container.via === "files" ? "" : `\ncollected: ${plain(container.via)}`;
      main.title = plain(`${name} · ${container.image} · ${container.state}`) + collected + "\nAlt-click mutes it";
      main.setAttribute("aria-pressed", String(isShown));
      setText(last, container.state === "running" ? ago(container.last_time, nowMs) : container.state);
      if (isMuted === wasMuted) return;
      wasMuted = isMuted;
      mute.title = isMuted ? `Hear ${plain(name)} again` : `Mute ${plain(name)}`;
      mute.setAttribute("aria-label", mute.title);
      mute.setAttribute("aria-pressed", String(isMuted));
      mute.replaceChildren(icon(isMuted ? ICONS.mute : ICONS.sound));
    },
  };
}
