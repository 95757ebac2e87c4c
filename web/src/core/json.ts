// JSON bodies: recognised, indented for the expanded row, and coloured in one pass over the text.

import type { Run } from "./ansi";
import { isObject, parseJson } from "./wire";

/** Longest body that is tried: indenting more than this helps nobody and blocks the page. */
const JSON_CHARS_MAX = 256 * 1024;

/** The value, when a body is a JSON object or array. */
export function jsonBody(body: string): unknown {
  const text = body.trim();
  if (text.length > JSON_CHARS_MAX || !/^[[{]/.test(text)) return undefined;
  const value = parseJson(text);
  return isObject(value) || Array.isArray(value) ? value : undefined;
}

/** Indented by two. */
export function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "";
}

/** Whether a line is worth colouring as JSON; it may be cut. */
export function looksLikeJson(text: string): boolean {
  return /^\s*(?:\{\s*"|\[\s*[{["\d])/.test(text);
}

const PIECE = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g;

/** The text in runs: keys, strings, other scalars, and what stands between. */
export function jsonRuns(text: string): Run[] {
  const runs: Run[] = [];
  let at = 0;
  for (const match of text.matchAll(PIECE)) {
    if (match.index > at) runs.push({ text: text.slice(at, match.index), classes: "json-mark" });
    const isKey = match[2] !== undefined;
    const body = isKey ? match[1]! : match[0];
    runs.push({ text: body, classes: isKey ? "json-key" : match[1] ? "json-text" : "json-scalar" });
    at = match.index + body.length;
  }
  if (at < text.length) runs.push({ text: text.slice(at), classes: "json-mark" });
  return runs;
}
