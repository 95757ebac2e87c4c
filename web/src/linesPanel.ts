// The panel of lines: joins the feed's rows with the list that draws them. Knows which rows are open, where a view
// begins, and what stands before and after the rows.

import { button, el, icon, ICONS, setText } from "./components/dom";
import { histogramView } from "./components/histogram";
import { footChildren, headChildren, type EndsCallbacks, type EndsData } from "./components/listEnds";
import { LogList } from "./components/logList";
import { rowText, rowView, type RowCallbacks } from "./components/rowView";
import { tableView } from "./components/tableView";
import { percent } from "./core/answers";
import { formatCursor } from "./core/cursor";
import { markedWords, toggleContainer, toggleMuted } from "./core/query";
import { rowId, type RecordRow, type Row } from "./core/row";
import { DEFAULT_VIEW, formatView, type View } from "./core/url";
import type { Feed } from "./feed/feed";
import { HistogramFeed } from "./feed/histogram";

export interface PanelCallbacks {
  onChange: (part: Partial<View>) => void;
  onCopy: (text: string) => void;
  onLive: () => void;
  /** Something to draw has come. */
  onData: () => void;
  /** Lines of the same container around a record. */
  fetchContext: (row: RecordRow, lines: number) => Promise<RecordRow[]>;
}

export class LinesPanel {
  readonly element: HTMLElement;
  private readonly feed: Feed;
  private readonly callbacks: PanelCallbacks;
  private view: View = DEFAULT_VIEW;
  private words: string[] = [];
  private readonly expanded = new Set<Row>();
  private readonly full = new Set<Row>();
  /** The rows of the view have not come yet. */
  private isExpecting = true;
  private drawnEnds = "";
  private readonly list: LogList;
  private readonly table;
  private readonly chart;
  private readonly bars: HistogramFeed;
  private readonly resumeText = el("span", {});
  private readonly resume: HTMLButtonElement;
  private readonly rowCallbacks: RowCallbacks;
  private readonly endsCallbacks: EndsCallbacks;

  constructor(feed: Feed, callbacks: PanelCallbacks) {
    this.feed = feed;
    this.callbacks = callbacks;
    this.rowCallbacks = this.makeRowCallbacks();
    this.endsCallbacks = {
      onOlder: () => void feed.loadOlder(),
      onNewer: () => feed.loadNewer(),
      onRange: (range) => callbacks.onChange({ range, around: undefined }),
      onQuery: (query) => callbacks.onChange({ query }),
      onCancel: () => feed.cancel(),
    };
    this.list = new LogList({
      source: feed.rows,
      buildRow: (row) => this.buildRow(row),
      rowText: (row) => rowText(row, this.view.utc),
      onFollow: (isFollowing) => feed.follow(isFollowing),
      onNearTop: () => void feed.loadOlder(),
      onNearEnd: () => feed.loadNewer(),
    });
    this.resume = button(
      { class: "resume", title: "Back to the newest lines (End)", on: { click: callbacks.onLive } },
      icon(ICONS.down),
      this.resumeText,
    );
    this.table = tableView(callbacks.onCopy);
    this.chart = histogramView((range) => callbacks.onChange({ range, around: undefined }));
    this.bars = new HistogramFeed(this.chart.barsMax, callbacks.onData);
    this.element = el("main", { class: "main" }, this.chart.element, this.list.element, this.table.element, this.resume);
  }

  /** A view is about to be fetched. */
  expect(view: View): void {
    this.view = view;
    this.words = markedWords(view.query);
    this.isExpecting = true;
    this.bars.open(view);
  }

  /** Something that all rows depend on has changed. */
  rebuild(view: View): void {
    this.view = view;
    this.list.rebuild();
  }

  follow(): void {
    this.feed.follow(true);
    this.list.follow(true);
  }

  moveFocus(step: 1 | -1): void {
    this.list.moveFocus(step);
  }

  /** Opens or closes the row that has the focus; says whether one had. */
  toggleFocused(): boolean {
    const row = this.list.focusedRow();
    if (row?.kind === "record") this.flip(this.expanded, row);
    return row !== undefined;
  }

  draw(isWrapped: boolean, hasContainers: boolean | undefined): void {
    const { state, rows } = this.feed;
    if (this.isExpecting && !state.isStale) this.arrive();
    this.list.element.classList.toggle("is-stale", state.isStale);
    this.list.element.classList.toggle("is-wrapped", isWrapped);
    this.drawEnds({
      state,
      range: this.view.range,
      query: this.view.query,
      rowCount: rows.length,
      hasContainers,
      isSearching: this.feed.isSearching,
    });
    this.resume.hidden = state.mode !== "live" || state.isFollowing;
    setText(this.resumeText, state.fresh > 0 ? `${state.fresh.toLocaleString("en")} new` : "Back to live");
    this.chart.update(this.bars.histogram, this.view.utc);
    this.table.update(state.table);
    this.list.element.hidden = state.table !== undefined;
    this.list.refresh();
  }

  /** Head and foot are built anew only when they say something else: their buttons keep the focus. */
  private drawEnds(data: EndsData): void {
    const { mode, isStale, older, newer, error, connection, progress, incomplete } = data.state;
    const far = progress && percent(progress);
    const parts = [mode, isStale, older, newer, error?.message, connection.state, data.range, data.query, far, incomplete];
    const key = JSON.stringify([...parts, data.rowCount === 0, data.hasContainers, data.isSearching]);
    if (key === this.drawnEnds) return;
    this.drawnEnds = key;
    this.list.setEnds(headChildren(data, this.endsCallbacks), footChildren(data, this.endsCallbacks));
  }

  /** The first rows of a view are here: begin at its end, or at the record it is about. */
  private arrive(): void {
    this.expanded.clear();
    this.full.clear();
    const { rows, state } = this.feed;
    const { around } = this.view;
    if (!around) {
      this.isExpecting = false;
      this.list.rebuild();
      this.list.follow(true);
      return;
    }
    let target: number | undefined;
    for (let index = rows.first; index < rows.end; index += 1) {
      const row = rows.at(index);
      if (row?.kind === "record" && rowId(row) === formatCursor(around)) target = index;
    }
    // The record may come with the next piece, unless the page is complete without it.
    if (target === undefined && state.newer === "loading") return;
    this.isExpecting = false;
    this.list.rebuild();
    this.list.scrollToRow(target ?? rows.first);
  }

  /** Opening a row means to read it: the view stays where it is. */
  private flip(set: Set<Row>, row: Row): void {
    if (!set.delete(row)) {
      set.add(row);
      this.feed.follow(false);
      this.list.follow(false);
    }
    this.list.rebuildRow(row);
  }

  private buildRow(row: Row): HTMLElement {
    const { around } = this.view;
    const context = {
      utc: this.view.utc,
      nowMs: Date.now(),
      words: this.words,
      isExpanded: this.expanded.has(row),
      isFull: this.full.has(row),
      isTarget: around !== undefined && row.kind === "record" && rowId(row) === formatCursor(around),
    };
    return rowView(row, context, this.rowCallbacks);
  }

  private makeRowCallbacks(): RowCallbacks {
    const { callbacks } = this;
    return {
      onExpand: (row) => this.flip(this.expanded, row),
      onFull: (row) => this.flip(this.full, row),
      onContainer: (name, mute) =>
        callbacks.onChange({ query: (mute ? toggleMuted : toggleContainer)(this.view.query, name) }),
      onCopy: callbacks.onCopy,
      onAround: callbacks.fetchContext,
      linkTo: (row) => {
        const around = { storeId: row.storeId, seq: row.record.seq };
        return `${location.origin}${location.pathname}#${formatView({ ...DEFAULT_VIEW, around })}`;
      },
      onContext: (row, onlyContainer) => {
        const query = onlyContainer ? toggleContainer("", row.record.container_name) : "";
        callbacks.onChange({ query, around: { storeId: row.storeId, seq: row.record.seq } });
      },
    };
  }
}
