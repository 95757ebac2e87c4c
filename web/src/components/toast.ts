// Copying to the clipboard, and the small message that says so.

import { el, setText } from "./dom";

export interface Toaster {
  element: HTMLElement;
  copy: (text: string) => Promise<void>;
}

const SHOWN_MS = 1_800;

export function toaster(): Toaster {
  const element = el("div", { class: "toast", attrs: { role: "status" } });
  let timer = 0;
  const say = (text: string): void => {
    window.clearTimeout(timer);
    setText(element, text);
    element.classList.add("is-shown");
    timer = window.setTimeout(() => element.classList.remove("is-shown"), SHOWN_MS);
  };
  return {
    element,
    copy: async (text) => {
      try {
        await navigator.clipboard.writeText(text);
        say("Copied");
      } catch {
        say(copyBySelection(text) ? "Copied" : "The browser does not let this page copy");
      }
    },
  };
}

/** The way that also works where the page is not a secure context (plain HTTP on another machine). */
function copyBySelection(text: string): boolean {
  const area = el("textarea", { class: "offscreen", attrs: { "aria-hidden": "true" } });
  area.value = text;
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  return isDone;
}
