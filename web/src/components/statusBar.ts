// The bottom line: connection, what is shown, the store's state, and the switches of the view.

import type { FeedState } from "../feed/feed";
import type { Status } from "../core/wire";
import { percent } from "../core/answers";
import { plain } from "../core/text";
import { button, el, setText } from "./dom";

export interface StatusBarData {
  state: FeedState;
  rowCount: number;
  status: Status | undefined;
  wrap: boolean;
  utc: boolean;
}

export interface StatusBarCallbacks {
  onRetry: () => void;
  onWrap: () => void;
  onUtc: () => void;
  onHelp: () => void;
}

export interface StatusBar {
  element: HTMLElement;
  update: (data: StatusBarData) => void;
}

export function statusBar(callbacks: StatusBarCallbacks): StatusBar {
  const light = el("span", { class: "light" });
  const connection = el("span", { class: "status-connection", attrs: { role: "status" } });
  const retry = button({ class: "link", on: { click: callbacks.onRetry } }, "Retry now");
  const count = el("span", { class: "status-count" });
  const trouble = el("span", { class: "status-trouble", attrs: { role: "alert" } });
  const store = el("span", { class: "status-store" });
  const wrap = button({ class: "link", title: "Wrap long lines (w)", on: { click: callbacks.onWrap } });
  const utc = button({ class: "link", title: "Local time or UTC", on: { click: callbacks.onUtc } });
  const help = button({ class: "link", title: "Help (?)", on: { click: callbacks.onHelp } }, "Help ?");
  const element = el(
    "footer",
    { class: "status" },
    el("span", { class: "status-group" }, light, connection, retry),
    count,
    trouble,
    el("span", { class: "status-fill" }),
    store,
    wrap,
    utc,
    help,
  );
  return {
    element,
    update: ({ state, rowCount, status, wrap: isWrapped, utc: isUtc }) => {
      const [kind, text] = connectionText(state);
      light.className = `light light-${kind}`;
      setText(connection, text);
      retry.hidden = kind !== "lost";
      const more = state.older === "none" ? "" : state.mode === "search" ? "+" : "";
      setText(count, rowCount === 0 || state.isStale ? "" : `${rowCount.toLocaleString("en")}${more} ${rowCount === 1 ? "line" : "lines"}`);
      setText(trouble, troubleText(status));
      const [short, long] = storeText(status);
      setText(store, short);
      store.title = long;
      setText(wrap, isWrapped ? "Wrapped" : "Cut to width");
      wrap.setAttribute("aria-pressed", String(isWrapped));
      setText(utc, isUtc ? "UTC" : "Local time");
    },
  };
}

function connectionText(state: FeedState): ["live" | "idle" | "busy" | "lost", string] {
  if (state.error) return ["lost", state.error.status === 400 ? "Not searched" : plain(state.error.message)];
  if (state.progress) return ["busy", `Searching: ${percent(state.progress)} %`];
  if (state.mode !== "live") return state.isStale ? ["busy", "Searching …"] : ["idle", state.table ? "Table" : "History"];
  if (state.connection.state === "waiting") return ["lost", `Lost: ${state.connection.reason}. Trying again by itself …`];
  if (state.connection.state === "connecting") return ["busy", "Connecting …"];
  if (state.isStale) return ["busy", "Searching the last 24 h …"];
  return state.isFollowing ? ["live", "Live"] : ["idle", "Paused"];
}

/** What somebody on call should know, whatever they are looking for. */
function troubleText(status: Status | undefined): string {
  if (!status) return "";
  const troubles: string[] = [];
  if (status.store.state !== "running") troubles.push(`store ${status.store.state}: ${status.store.last_error ?? ""}`);
  for (const source of status.sources) {
    if (source.state === "degraded") troubles.push(`${source.name}: ${source.last_error ?? source.detail ?? source.state}`);
  }
  for (const sink of status.sinks) {
    if (sink.state === "retrying" || sink.state === "blocked") troubles.push(`${sink.name} ${sink.state}`);
  }
  return plain(troubles.join(" · ")).slice(0, 300);
}

function storeText(status: Status | undefined): [string, string] {
  if (!status) return ["", ""];
  const { bytes, max_bytes: most, oldest } = status.store;
  const gaps = status.gaps.length > 0 ? ` · ${status.gaps.length} gaps` : "";
  const short = `${size(bytes)} of ${size(most)}${gaps}`;
  const last = status.gaps.at(-1);
  const gapText = last ? `\nlast gap: ${last.time} ${last.resource} (${last.reason})` : "";
  return [
    short,
    plain(`logboom ${status.version}`) +
      `\n${status.records.toLocaleString("en")} records stored in all\noldest kept: ${oldest ?? "none"}${plain(gapText)}`,
  ];
}

function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
