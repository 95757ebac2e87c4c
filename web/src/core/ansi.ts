// ANSI escape sequences of terminal output: colours become classes, everything else never acts.
//
// SGR (`ESC [ … m`) sets the style of what follows; other CSI sequences (cursor, erase) are left out, they carry no
// text; whatever could hide text (OSC titles and links, DCS, lone escapes) stays in the text, where text.ts shows it.
// 256 and true colours are mapped to the sixteen of the theme, so that no line can paint itself unreadable.

export interface Run {
  text: string;
  /** Class names, e.g. `ansi-fg-1 ansi-bold`; empty for plain text. */
  classes: string;
}

interface Style {
  fg: number | undefined;
  bg: number | undefined;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  inverse: boolean;
}

const PLAIN: Style = {
  fg: undefined,
  bg: undefined,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
};

/** A CSI sequence: parameters, intermediates, final byte. Parameters are bounded; longer ones stay visible. */
const CSI = /\x1b\[([0-9:;<=>?]{0,64})([ -/]{0,4})([@-~])/g;

/** Splits text at its CSI sequences; the common line without any is one run. */
export function ansiRuns(text: string): Run[] {
  if (!text.includes("\x1b[")) return [{ text, classes: "" }];
  const runs: Run[] = [];
  let style = PLAIN;
  let start = 0;
  for (const match of text.matchAll(CSI)) {
    addRun(runs, text.slice(start, match.index), style);
    start = match.index + match[0].length;
    if (match[3] === "m" && match[2] === "") style = applySgr(style, match[1]!);
  }
  addRun(runs, text.slice(start), style);
  return runs;
}

/** The text without its CSI sequences. */
export function stripAnsi(text: string): string {
  return text.includes("\x1b[") ? text.replace(CSI, "") : text;
}

function addRun(runs: Run[], text: string, style: Style): void {
  if (text === "") return;
  const classes = classesOf(style);
  const last = runs.at(-1);
  if (last && last.classes === classes) last.text += text;
  else runs.push({ text, classes });
}

function classesOf(style: Style): string {
  if (style === PLAIN) return "";
  const [fg, bg] = style.inverse ? [style.bg ?? "inverse", style.fg ?? "inverse"] : [style.fg, style.bg];
  const names: string[] = [];
  if (fg !== undefined) names.push(`ansi-fg-${fg}`);
  if (bg !== undefined) names.push(`ansi-bg-${bg}`);
  for (const name of ["bold", "dim", "italic", "underline", "strike"] as const) {
    if (style[name]) names.push(`ansi-${name}`);
  }
  return names.join(" ");
}

function applySgr(before: Style, parameters: string): Style {
  let style = { ...before };
  const codes = parameters.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index]!;
    if (code === 0) style = { ...PLAIN };
    else if (code === 38 || code === 48) {
      const [colour, used] = extendedColour(codes, index + 1);
      if (code === 38) style.fg = colour;
      else style.bg = colour;
      index += used;
    } else applyCode(style, code);
  }
  return style;
}

function applyCode(style: Style, code: number): void {
  if (code === 1) style.bold = true;
  else if (code === 2) style.dim = true;
  else if (code === 3) style.italic = true;
  else if (code === 4 || code === 21) style.underline = true;
  else if (code === 7) style.inverse = true;
  else if (code === 9) style.strike = true;
  else if (code === 22) style.bold = style.dim = false;
  else if (code === 23) style.italic = false;
  else if (code === 24) style.underline = false;
  else if (code === 27) style.inverse = false;
  else if (code === 29) style.strike = false;
  else if (code >= 30 && code <= 37) style.fg = code - 30;
  else if (code === 39) style.fg = undefined;
  else if (code >= 40 && code <= 47) style.bg = code - 40;
  else if (code === 49) style.bg = undefined;
  else if (code >= 90 && code <= 97) style.fg = code - 82;
  else if (code >= 100 && code <= 107) style.bg = code - 92;
}

/** `5;n` or `2;r;g;b` after 38 or 48: one of the sixteen colours, and how many codes it took. */
function extendedColour(codes: number[], at: number): [number | undefined, number] {
  if (codes[at] === 5) return [nearest256(codes[at + 1] ?? 0), 2];
  if (codes[at] === 2) return [nearest(codes[at + 1] ?? 0, codes[at + 2] ?? 0, codes[at + 3] ?? 0), 4];
  return [undefined, 0];
}

function nearest256(code: number): number {
  if (code < 16) return code;
  if (code >= 232) {
    const grey = (code - 232) * 10 + 8;
    return nearest(grey, grey, grey);
  }
  const cube = code - 16;
  const level = (value: number): number => (value === 0 ? 0 : value * 40 + 55);
  return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

/** The closest of the sixteen by which channels are strong, and whether the strongest is bright. */
function nearest(red: number, green: number, blue: number): number {
  const max = Math.max(red, green, blue);
  if (max - Math.min(red, green, blue) < 48) return max < 64 ? 0 : max < 144 ? 8 : max < 224 ? 7 : 15;
  const half = max * 0.6;
  const hue = (red > half ? 1 : 0) | (green > half ? 2 : 0) | (blue > half ? 4 : 0);
  return max > 200 ? hue + 8 : hue;
}
