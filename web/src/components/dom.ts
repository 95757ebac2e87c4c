// The only way components make elements. There is no way to pass HTML: text becomes text nodes, so that nothing a
// log contains can become markup (DESIGN: log content is hostile).

export type Child = Node | string | undefined | false;

export interface Props {
  class?: string;
  title?: string;
  /** Plain attributes: role, type, aria-*, … */
  attrs?: Record<string, string>;
  on?: { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (props.class) element.className = props.class;
  if (props.title) element.title = props.title;
  for (const [name, value] of Object.entries(props.attrs ?? {})) element.setAttribute(name, value);
  for (const [name, listener] of Object.entries(props.on ?? {})) {
    element.addEventListener(name, listener as EventListener);
  }
  element.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return element;
}

/** A button that does not submit anything. */
export function button(props: Props, ...children: Child[]): HTMLButtonElement {
  return el("button", { ...props, attrs: { type: "button", ...props.attrs } }, ...children);
}

/** Sets the text only when it differs: selections and screen readers are left in peace. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon of 16 by 16 from one path, drawn as a stroke in the colour of the text. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" })) {
    svg.setAttribute(name, value);
  }
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const ICONS = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.6 10.6 14 14",
  mute: "M2 6v4h3l4 3V3L5 6ZM11.5 6l3 4M14.5 6l-3 4",
  sound: "M2 6v4h3l4 3V3L5 6ZM11.5 5.5a3.5 3.5 0 0 1 0 5",
  down: "M8 2v11M3.5 8.5 8 13l4.5-4.5",
  boxes: "M2 3h12v4H2ZM2 9h12v4H2ZM4.5 5h.01M4.5 11h.01",
  chevron: "M6 4l4 4-4 4",
} as const;
