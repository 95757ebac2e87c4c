// The list of lines: draws only the rows in view, keeps what is read in place while rows come and go around it, and
// follows the end when asked to. Data come from outside; this neither fetches nor keeps rows.

import { Heights, type Slice } from "../core/heights";
import type { Row } from "../core/row";
import { el, type Child } from "./dom";

/** The rows, by absolute index (see core/rows.ts). */
export interface RowSource {
  readonly first: number;
  readonly end: number;
  at(index: number): Row | undefined;
}

export interface LogListOptions {
  source: RowSource;
  buildRow: (row: Row) => HTMLElement;
  /** A row as text for the clipboard, when a selection spans several. */
  rowText: (row: Row) => string;
  onFollow: (isFollowing: boolean) => void;
  onNearTop: () => void;
  onNearEnd: () => void;
}

const ROW_ESTIMATE_PX = 21;
const OVERSCAN_PX = 400;
const NEAR_PX = 300;
/** Rounding of scroll positions on fractional displays. */
const AT_END_PX = 3;
/** Measuring may change what is in view, which may need measuring again. */
const LAYOUT_PASSES_MAX = 4;

export class LogList {
  readonly element: HTMLElement;
  private readonly head = el("div", { class: "list-head" });
  private readonly foot = el("div", { class: "list-foot" });
  private readonly options: LogListOptions;
  private readonly before = el("div", { class: "list-space" });
  private readonly window = el("div", { class: "list-window" });
  private readonly after = el("div", { class: "list-space" });
  private readonly heights = new Heights(ROW_ESTIMATE_PX);
  private readonly drawn = new Map<number, { row: Row; element: HTMLElement }>();
  private isFollowing = true;
  /** The row at the top edge and how many pixels of it lie above. */
  private anchor = { index: 0, offset: 0 };
  private lastTop = 0;
  private frame = 0;
  private isOutdated = false;

  constructor(options: LogListOptions) {
    this.options = options;
    this.element = el(
      "div",
      { class: "list", attrs: { role: "feed", "aria-label": "Log lines", tabindex: "0" } },
      this.head,
      this.before,
      this.window,
      this.after,
      this.foot,
    );
    this.element.addEventListener("scroll", () => this.onScroll(), { passive: true });
    this.element.addEventListener("copy", (event) => this.onCopy(event));
    let width = 0;
    new ResizeObserver(() => {
      if (this.element.clientWidth !== width) this.heights.reset(ROW_ESTIMATE_PX);
      width = this.element.clientWidth;
      this.refresh();
    }).observe(this.element);
  }

  /** Draws again in the next frame: rows were added or dropped, or head or foot changed. */
  refresh(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
  }

  /** Builds every row anew at the next drawing: something that all rows depend on has changed. */
  rebuild(): void {
    this.isOutdated = true;
    this.refresh();
  }

  /** Builds one row anew (expanded, collapsed), keeping the focus on it. */
  rebuildRow(row: Row): void {
    for (const [index, entry] of this.drawn) {
      if (entry.row !== row) continue;
      const hadFocus = entry.element.contains(document.activeElement);
      const element = this.options.buildRow(row);
      entry.element.replaceWith(element);
      this.drawn.set(index, { row, element });
      if (hadFocus) element.focus({ preventScroll: true });
    }
    this.refresh();
  }

  /** What stands before the first and after the last row. */
  setEnds(head: Child[], foot: Child[]): void {
    for (const [element, children] of [[this.head, head], [this.foot, foot]] as const) {
      element.replaceChildren(...children.filter((child) => child !== undefined && child !== false));
    }
    this.refresh();
  }

  /** Whether the list sticks to its end as rows come. */
  follow(isFollowing: boolean): void {
    this.isFollowing = isFollowing;
    this.refresh();
  }

  /** The row that has the focus, or whose part has it. */
  focusedRow(): Row | undefined {
    for (const entry of this.drawn.values()) if (entry.element.contains(document.activeElement)) return entry.row;
    return undefined;
  }

  /** Puts a row a third of the way down the view. */
  scrollToRow(index: number): void {
    this.isFollowing = false;
    this.anchor = { index, offset: -this.element.clientHeight / 3 };
    this.refresh();
  }

  /** Moves the focus to the next or previous row. */
  moveFocus(step: 1 | -1): void {
    const entries = [...this.drawn.entries()].sort(([a], [b]) => a - b);
    const at = entries.findIndex(([, entry]) => entry.element.contains(document.activeElement));
    const bottom = this.element.getBoundingClientRect().bottom;
    const target =
      at >= 0
        ? entries[at + step]
        : entries.findLast(([, entry]) => entry.element.getBoundingClientRect().bottom <= bottom + 1);
    target?.[1].element.focus({ preventScroll: true });
    target?.[1].element.scrollIntoView({ block: "nearest" });
  }

  private get headHeight(): number {
    return this.head.offsetHeight;
  }

  private draw(): void {
    this.frame = 0;
    const { source } = this.options;
    if (this.isOutdated) {
      this.isOutdated = false;
      this.drawn.clear();
      this.window.replaceChildren();
      this.heights.reset(ROW_ESTIMATE_PX);
    }
    this.heights.sync(source.first, source.end);
    const viewport = this.element.clientHeight;
    for (let pass = 0; pass < LAYOUT_PASSES_MAX; pass += 1) {
      const head = this.headHeight;
      const top = this.isFollowing
        ? this.heights.total + this.foot.offsetHeight - viewport
        : this.heights.offsetOf(this.anchor.index) + this.anchor.offset;
      const slice = this.heights.slice(top, viewport, OVERSCAN_PX);
      this.place(slice);
      const hasChanged = this.measure();
      this.before.style.height = `${this.heights.offsetOf(slice.start)}px`;
      this.after.style.height = `${this.heights.total - this.heights.offsetOf(slice.end)}px`;
      const wanted = this.isFollowing
        ? this.element.scrollHeight - viewport
        : head + this.heights.offsetOf(this.anchor.index) + this.anchor.offset;
      if (Math.abs(this.element.scrollTop - wanted) >= 1) this.element.scrollTop = wanted;
      if (!hasChanged) break;
    }
    this.lastTop = this.element.scrollTop;
    this.takeAnchor();
  }

  private place(slice: Slice): void {
    const { source } = this.options;
    for (const [index, entry] of this.drawn) {
      if (index >= slice.start && index < slice.end && source.at(index) === entry.row) continue;
      if (entry.element.contains(document.activeElement)) this.element.focus({ preventScroll: true });
      entry.element.remove();
      this.drawn.delete(index);
    }
    let next = this.window.firstElementChild;
    for (let index = slice.start; index < slice.end; index += 1) {
      const row = source.at(index);
      if (!row) continue;
      let entry = this.drawn.get(index);
      if (!entry) this.drawn.set(index, (entry = { row, element: this.options.buildRow(row) }));
      if (entry.element === next) next = next.nextElementSibling;
      else this.window.insertBefore(entry.element, next);
    }
  }

  private measure(): boolean {
    let hasChanged = false;
    for (const [index, { element }] of this.drawn) {
      if (this.heights.set(index, element.getBoundingClientRect().height)) hasChanged = true;
    }
    return hasChanged;
  }

  private takeAnchor(): void {
    const top = this.element.scrollTop - this.headHeight;
    const index = this.heights.indexAt(top);
    this.anchor = { index, offset: top - this.heights.offsetOf(index) };
  }

  private onScroll(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    const isUp = scrollTop < this.lastTop - 1;
    const isDown = scrollTop > this.lastTop + 1;
    if (!isUp && !isDown) return;
    this.lastTop = scrollTop;
    this.takeAnchor();
    const isAtEnd = scrollHeight - scrollTop - clientHeight <= AT_END_PX;
    // Up and at the end at once is the browser's doing: what is below has become shorter.
    if (isUp && !isAtEnd && this.isFollowing) this.setFollowing(false);
    else if (isDown && isAtEnd && !this.isFollowing) this.setFollowing(true);
    if (isUp && scrollTop < NEAR_PX + this.headHeight) this.options.onNearTop();
    if (isDown && scrollHeight - scrollTop - clientHeight < NEAR_PX) this.options.onNearEnd();
    this.refresh();
  }

  private setFollowing(isFollowing: boolean): void {
    this.isFollowing = isFollowing;
    this.options.onFollow(isFollowing);
  }

  private onCopy(event: ClipboardEvent): void {
    const selection = window.getSelection();
    if (!selection || selection.isCollapsed || !event.clipboardData) return;
    const rows = [...this.drawn.entries()]
      .filter(([, entry]) => selection.containsNode(entry.element, true))
      .sort(([a], [b]) => a - b);
    if (rows.length < 2) return;
    event.clipboardData.setData("text/plain", rows.map(([, entry]) => this.options.rowText(entry.row)).join("\n"));
    event.preventDefault();
  }
}
