// The search box: one line, searched as typed (after a pause) and at once on Enter; an error of the query is shown
// below the character that the server points at.

import { indexOfByte } from "../core/query";
import { completion, type Ask } from "./completion";
import { button, el, icon, ICONS, setText } from "./dom";

export interface QueryError {
  message: string;
  hint: string | undefined;
  /** Byte offset in the query. */
  at: number | undefined;
}

export interface SearchBox {
  element: HTMLElement;
  /** Shows a query that came from elsewhere (a click, the address). */
  setQuery: (query: string) => void;
  setError: (error: QueryError | undefined) => void;
  setBusy: (isBusy: boolean) => void;
  focus: () => void;
}

/** As-you-type waits for a pause of this length. */
const TYPING_PAUSE_MS = 300;

export function searchBox(onQuery: (query: string, isFinal: boolean) => void, ask: Ask): SearchBox {
  let timer = 0;
  let shown = "";
  const input = el("input", {
    class: "search-input",
    attrs: {
      type: "text",
      enterkeyhint: "search",
      placeholder: 'Search: error  "connection refused"  severity>=warn | count by container',
      "aria-label": "Search all lines",
      "aria-describedby": "search-error",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      maxlength: "2000",
    },
  });
  const clear = button({ class: "search-clear", title: "Clear the search", on: { click: () => submit("", true) } }, "×");
  const caret = el("span", { class: "search-caret", attrs: { "aria-hidden": "true" } });
  const message = el("span", { class: "search-message" });
  const error = el("div", { class: "search-error", attrs: { id: "search-error", role: "alert" } }, caret, message);
  error.hidden = true;

  const submit = (query: string, isFinal: boolean): void => {
    window.clearTimeout(timer);
    if (input.value !== query) input.value = query;
    clear.hidden = query === "";
    const isNew = query !== shown;
    shown = query;
    if (isNew || isFinal) onQuery(query, isFinal);
  };
  const typed = (): void => {
    window.clearTimeout(timer);
    clear.hidden = input.value === "";
    timer = window.setTimeout(() => submit(input.value, false), TYPING_PAUSE_MS);
  };
  const suggestions = completion(input, ask, typed);
  input.addEventListener("input", typed);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (suggestions.key(event)) return event.stopPropagation();
    if (event.key === "Enter") {
      suggestions.close();
      submit(input.value, true);
    }
    else if (event.key === "Escape") {
      event.stopPropagation();
      input.blur();
    }
  });

  const setError = (problem: QueryError | undefined): void => {
    error.hidden = !problem;
    input.setAttribute("aria-invalid", String(problem !== undefined));
    if (!problem) return;
    const before = problem.at === undefined ? "" : shown.slice(0, indexOfByte(shown, problem.at));
    // The caret's line repeats what stands before the character, invisibly, in the input's own font.
    setText(caret, problem.at === undefined ? "" : before);
    caret.classList.toggle("is-pointing", problem.at !== undefined);
    setText(message, problem.hint ? `${problem.message} — ${problem.hint}` : problem.message);
  };

  const element = el(
    "div",
    { class: "search", attrs: { role: "search" } },
    el("div", { class: "search-line" }, icon(ICONS.search), input, clear, el("kbd", { class: "search-key" }, "/")),
    suggestions.element,
    error,
  );
  clear.hidden = true;
  return {
    element,
    setQuery: (query) => {
      window.clearTimeout(timer);
      shown = query;
      clear.hidden = query === "";
      if (input.value !== query) input.value = query;
    },
    setError,
    setBusy: (isBusy) => element.classList.toggle("is-busy", isBusy),
    focus: () => {
      input.focus();
      input.select();
    },
  };
}
