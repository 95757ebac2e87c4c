// Suggestions below the search box (a combobox of WAI-ARIA): they come as one types, the arrows choose, Enter or Tab
// takes, Escape puts them away. Nothing is chosen until an arrow says so: Enter goes on meaning "search".

import type { Suggestion } from "../core/answers";
import { applied, byteOfIndex, isNews } from "../core/completion";
import { plain } from "../core/text";
import { el } from "./dom";

/** Asks for suggestions at a place, in bytes. */
export type Ask = (text: string, at: number, signal: AbortSignal) => Promise<Suggestion[]>;

export interface Completion {
  element: HTMLElement;
  /** Takes a key; says whether it was meant for the suggestions. */
  key: (event: KeyboardEvent) => boolean;
  close: () => void;
}

const PAUSE_MS = 120;

export function completion(input: HTMLInputElement, ask: Ask, onTaken: () => void): Completion {
  let timer = 0;
  let request: AbortController | undefined;
  let shown: Suggestion[] = [];
  let chosen = -1;
  const element = el("div", { class: "suggestions", attrs: { id: "suggestions", role: "listbox", "aria-label": "Suggestions" } });
  element.hidden = true;
  for (const [name, value] of Object.entries({ role: "combobox", "aria-controls": "suggestions", "aria-autocomplete": "list" })) {
    input.setAttribute(name, value);
  }

  const show = (suggestions: Suggestion[]): void => {
    shown = suggestions;
    chosen = -1;
    element.hidden = shown.length === 0;
    input.setAttribute("aria-expanded", String(!element.hidden));
    element.replaceChildren(...shown.map((suggestion, index) => option(suggestion, index, () => take(index))));
    choose(-1);
  };
  const close = (): void => {
    window.clearTimeout(timer);
    request?.abort();
    show([]);
  };
  const choose = (index: number): void => {
    chosen = index;
    for (const [place, child] of [...element.children].entries()) child.setAttribute("aria-selected", String(place === index));
    element.children[index]?.scrollIntoView({ block: "nearest" });
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `suggestion-${index}`);
  };
  const take = (index: number): void => {
    const suggestion = shown[index];
    if (!suggestion) return;
    const result = applied(input.value, input.selectionStart ?? input.value.length, suggestion);
    input.value = result.text;
    input.setSelectionRange(result.cursor, result.cursor);
    close();
    input.focus();
    onTaken();
    later();
  };
  const fetchNow = async (): Promise<void> => {
    const at = input.selectionStart ?? input.value.length;
    const text = input.value;
    if (document.activeElement !== input || input.selectionEnd !== at) return;
    const mine = new AbortController();
    request = mine;
    try {
      const found = await ask(text, byteOfIndex(text, at), mine.signal);
      if (request === mine && !mine.signal.aborted && input.value === text) show(found.filter((one) => isNews(text, at, one)));
    } catch {
      // No suggestions: the search itself says what is wrong.
    }
  };
  const later = (): void => {
    request?.abort();
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void fetchNow(), PAUSE_MS);
  };
  input.addEventListener("input", later);
  input.addEventListener("blur", close);

  return {
    element,
    close,
    key: (event) => {
      if (element.hidden) return false;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const step = event.key === "ArrowDown" ? 1 : -1;
        choose(((chosen + step + 1 + shown.length + 1) % (shown.length + 1)) - 1);
      } else if ((event.key === "Enter" && chosen >= 0) || (event.key === "Tab" && !event.shiftKey)) take(Math.max(0, chosen));
      else if (event.key === "Escape") close();
      else return false;
      event.preventDefault();
      return true;
    },
  };
}

function option(suggestion: Suggestion, index: number, onTake: () => void): HTMLElement {
  const { label, kind, count } = suggestion;
  const element = el(
    "div",
    { class: "suggestion", attrs: { role: "option", id: `suggestion-${index}`, "aria-selected": "false" } },
    el("span", { class: "suggestion-label" }, plain(label)),
    el("span", { class: "suggestion-kind" }, count === null ? plain(kind) : `${plain(kind)} · ${count.toLocaleString("en")}`),
  );
  // Before the input loses the focus, which would close the list.
  element.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    onTake();
  });
  return element;
}
