// The page's one controller: the view (kept in the address), the feed that fetches for it, and the components that
// draw. Data go down, callbacks come up; nothing else holds state that matters.

import { fetchContext, fetchSuggestions } from "./api/questions";
import { fetchContainers, fetchStatus, poll } from "./api/status";
import { containerList } from "./components/containerList";
import { button, el, icon, ICONS } from "./components/dom";
import { helpDialog } from "./components/helpDialog";
import { rangePicker } from "./components/rangePicker";
import { searchBox } from "./components/searchBox";
import { severityPicker } from "./components/severityPicker";
import { statusBar } from "./components/statusBar";
import { toaster } from "./components/toast";
import {
  clearContainers,
  hasPipes,
  isQuestion,
  selectedContainers,
  severityFloor,
  toggleContainer,
  toggleMuted,
  withSeverityFloor,
} from "./core/query";
import type { Range } from "./core/time";
import { DEFAULT_VIEW, formatView, parseView, type View } from "./core/url";
import type { ContainerStatus, Status } from "./core/wire";
import { Feed } from "./feed/feed";
import { bindKeys } from "./keyboard";
import { LinesPanel } from "./linesPanel";

const CONTAINERS_INTERVAL_MS = 4_000;
const STATUS_INTERVAL_MS = 10_000;
const CONTEXT_TIMEOUT_MS = 30_000;
/** Suggestions below the search box. */
const SUGGESTIONS = 12;
/** Below this width long lines wrap unless told otherwise. */
const NARROW = window.matchMedia("(max-width: 700px)");

export class App {
  private readonly root: HTMLElement;
  private view: View = DEFAULT_VIEW;
  private status: Status | undefined;
  private containers: ContainerStatus[] | undefined;
  private frame = 0;

  private readonly feed = new Feed(() => this.refresh());
  private readonly toast = toaster();
  private readonly help = helpDialog((query) => this.change({ query }, true));
  private readonly search = searchBox(
    (query, isFinal) => this.submit(query, isFinal),
    (text, at, signal) => fetchSuggestions(text, at, SUGGESTIONS, signal),
  );
  private readonly range = rangePicker((range) => this.change({ range, around: undefined }, true));
  private readonly severity = severityPicker((floor) =>
    this.change({ query: withSeverityFloor(this.view.query, floor) }, true),
  );
  private readonly side = containerList({
    onToggle: (name) => this.change({ query: toggleContainer(this.view.query, name) }, true),
    onMute: (name) => this.change({ query: toggleMuted(this.view.query, name) }, true),
    onClear: () => this.change({ query: clearContainers(this.view.query) }, true),
  });
  private readonly lines = new LinesPanel(this.feed, {
    onChange: (part) => this.change(part, true),
    onCopy: (text) => void this.toast.copy(text),
    onLive: () => this.goLive(),
    onData: () => this.refresh(),
    fetchContext: (row, lines) => fetchContext(row, lines, AbortSignal.timeout(CONTEXT_TIMEOUT_MS)),
  });
  private readonly bar = statusBar({
    onRetry: () => (this.feed.state.error ? this.feed.open(this.view) : this.feed.retryNow()),
    onWrap: () => this.toggleWrap(),
    onUtc: () => this.change({ utc: !this.view.utc }, false),
    onHelp: () => this.help.toggle(),
  });
  constructor(root: HTMLElement) {
    this.root = root;
  }

  start(): void {
    this.layOut();
    this.bindKeys();
    window.addEventListener("hashchange", () => this.show(parseView(location.hash)));
    window.addEventListener("online", () => this.feed.retryNow());
    document.addEventListener("visibilitychange", () => !document.hidden && this.feed.retryNow());
    NARROW.addEventListener("change", () => {
      this.lines.rebuild(this.view);
      this.refresh();
    });
    this.show(parseView(location.hash), true);
    poll(fetchContainers, CONTAINERS_INTERVAL_MS, (containers) => {
      this.containers = containers ?? this.containers;
      this.refresh();
    });
    poll(fetchStatus, STATUS_INTERVAL_MS, (status) => {
      this.status = status ?? this.status;
      this.refresh();
    });
  }

  private layOut(): void {
    const drawer = button({ class: "drawer", title: "Containers", attrs: { "aria-label": "Containers" } }, icon(ICONS.boxes));
    drawer.addEventListener("click", () => document.body.classList.toggle("has-drawer"));
    const veil = el("div", { class: "veil", on: { click: () => document.body.classList.remove("has-drawer") } });
    this.root.append(
      el(
        "header",
        { class: "top" },
        drawer,
        el("h1", { class: "brand" }, "logboom"),
        this.search.element,
        el("div", { class: "tools" }, this.range.element, this.severity.element),
      ),
      el("div", { class: "body" }, this.side.element, veil, this.lines.element),
      this.bar.element,
      this.help.element,
      this.toast.element,
    );
  }

  private bindKeys(): void {
    bindKeys({
      focusSearch: () => this.search.focus(),
      goLive: () => this.goLive(),
      moveRow: (step) => this.lines.moveFocus(step),
      toggleRow: () => this.lines.toggleFocused(),
      toggleWrap: () => this.toggleWrap(),
      toggleHelp: () => this.help.toggle(),
      escape: () => {
        document.body.classList.remove("has-drawer");
        this.feed.cancel();
      },
    });
  }

  /** Goes to another view and puts it into the address; `push` makes a step that Back undoes. */
  private change(part: Partial<View>, push: boolean): void {
    const next = { ...this.view, ...part };
    const fragment = formatView(next);
    if (fragment !== formatView(this.view)) {
      history[push ? "pushState" : "replaceState"](null, "", fragment ? `#${fragment}` : location.pathname + location.search);
    }
    this.show(next);
  }

  private show(next: View, isForced = false): void {
    const before = this.view;
    this.view = next;
    const isOther = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);
    const needsData = isOther([before.query, before.range, before.around], [next.query, next.range, next.around]);
    this.search.setQuery(next.query);
    this.range.update(shownRange(next), next.utc);
    this.severity.update(severityFloor(next.query));
    document.title = next.query ? `${next.query} · logboom` : "logboom";
    if (isOther([before.wrap, before.utc], [next.wrap, next.utc])) this.lines.rebuild(next);
    if (needsData || isForced) {
      this.lines.expect(next);
      this.feed.open(next);
    }
    this.refresh();
  }

  /** From the search box; Enter on the same text asks again. */
  private submit(query: string, isFinal: boolean): void {
    const around = query === this.view.query ? this.view.around : undefined;
    const isAgain = isFinal && query === this.view.query && this.feed.state.mode !== "around";
    if (isAgain) this.show(this.view, true);
    else this.change({ query, around }, isFinal);
  }

  private goLive(): void {
    if (this.feed.state.mode !== "live") return this.change({ range: { kind: "live" }, around: undefined }, true);
    this.lines.follow();
  }

  private toggleWrap(): void {
    this.change({ wrap: !this.isWrapped }, false);
  }

  private get isWrapped(): boolean {
    return this.view.wrap ?? NARROW.matches;
  }

  private refresh(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.frame = 0;
    const { state, rows } = this.feed;
    const { error } = state;
    this.search.setError(error?.status === 400 ? { message: error.message, hint: error.hint, at: error.at } : undefined);
    this.search.setBusy(this.feed.isSearching);
    this.lines.draw(this.isWrapped, this.containers && this.containers.length > 0);
    this.side.update({ containers: this.containers, ...selectedContainers(this.view.query) });
    this.bar.update({ state, rowCount: rows.length, status: this.status, wrap: this.isWrapped, utc: this.view.utc });
  }
}

/** The range that the answer has: pipes in a live view take the server's day, one record has none. */
function shownRange(view: View): Range | undefined {
  if (view.around) return undefined;
  if (view.range.kind !== "live" || !isQuestion(view.query)) return view.range;
  return hasPipes(view.query) ? { kind: "last", preset: "24h" } : undefined;
}
