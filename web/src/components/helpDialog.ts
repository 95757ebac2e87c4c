// The help: how to search, and the keys.

import { button, el } from "./dom";

const SEARCHES: readonly [string, string][] = [
  ["error", "the word, in any case, in any line"],
  ['"connection refused"', "the words in this order"],
  ["time*", "words that begin so"],
  ["container_name:web", "lines of one container; also service:, image:, stream:"],
  ["severity>=warn", "warnings and worse"],
  ["status>=500", "a field of a JSON or logfmt line"],
  ["body~/user=\\w+/", "a regular expression"],
  ["-path:/healthz", "not these"],
  ["a (b OR c)", "a, and b or c"],
  ["error | count by container", "a table: how many of each; also timechart, top, stats, fields …"],
];

const KEYS: readonly [string, string][] = [
  ["/", "search box"],
  ["Enter", "search now; on a line: its details"],
  ["End  g", "live: follow the newest lines"],
  ["j  k  ↓  ↑", "next, previous line"],
  ["w", "wrap long lines"],
  ["Esc", "leave the box; stop a search"],
  ["Alt-click", "on a container: mute it"],
  ["?", "this help"],
];

export interface HelpDialog {
  element: HTMLDialogElement;
  toggle: () => void;
}

export function helpDialog(onQuery: (query: string) => void): HelpDialog {
  const element = el("dialog", { class: "help", attrs: { "aria-label": "Help" } });
  const examples = SEARCHES.map(([query, meaning]) =>
    el(
      "tr",
      {},
      el(
        "td",
        {},
        button(
          {
            class: "help-query",
            title: "Search for this",
            on: {
              click: () => {
                element.close();
                onQuery(query);
              },
            },
          },
          query,
        ),
      ),
      el("td", {}, meaning),
    ),
  );
  const keys = KEYS.map(([key, meaning]) =>
    el("tr", {}, el("td", {}, ...key.split("  ").map((one) => el("kbd", {}, one))), el("td", {}, meaning)),
  );
  element.append(
    el("h2", {}, "Search"),
    el("table", {}, ...examples),
    el("h2", {}, "Keys"),
    el("table", {}, ...keys),
    button({ class: "primary help-close", attrs: { autofocus: "" }, on: { click: () => element.close() } }, "Close"),
  );
  element.addEventListener("click", (event) => {
    if (event.target === element) element.close();
  });
  return { element, toggle: () => (element.open ? element.close() : element.showModal()) };
}
