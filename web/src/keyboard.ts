// The keys of the page. Keys typed into a field are the field's.

export interface KeyActions {
  focusSearch: () => void;
  goLive: () => void;
  moveRow: (step: 1 | -1) => void;
  /** Opens or closes the row that has the focus; says whether one had. */
  toggleRow: () => boolean;
  toggleWrap: () => void;
  toggleHelp: () => void;
  escape: () => void;
}

export function bindKeys(actions: KeyActions): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target instanceof Element ? event.target : undefined;
    if (target?.closest("dialog")) return;
    if (target?.closest("input, textarea, select") && event.key !== "Escape") return;
    if (act(event.key, target, actions)) event.preventDefault();
  });
}

function act(key: string, target: Element | undefined, actions: KeyActions): boolean {
  const isInRow = target?.closest(".row") !== null && target !== undefined;
  switch (key) {
    case "/":
      actions.focusSearch();
      return true;
    case "End":
    case "g":
      actions.goLive();
      return true;
    case "j":
    case "k":
      actions.moveRow(key === "j" ? 1 : -1);
      return true;
    case "ArrowDown":
    case "ArrowUp":
      if (!isInRow) return false;
      actions.moveRow(key === "ArrowDown" ? 1 : -1);
      return true;
    case "Enter":
      return target?.closest("button, a") ? false : actions.toggleRow();
    case "w":
      actions.toggleWrap();
      return true;
    case "?":
      actions.toggleHelp();
      return true;
    case "Escape":
      actions.escape();
      return true;
    default:
      return false;
  }
}
