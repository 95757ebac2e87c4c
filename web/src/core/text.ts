// Log text as segments that are safe to put into the page: every segment's text goes into `textContent`, and no
// character in it acts. Control characters and those that reorder or hide text are replaced by visible names.

import { ansiRuns } from "./ansi";
import { jsonRuns, looksLikeJson } from "./json";

export interface Segment {
  text: string;
  classes: string;
}

/**
 * Characters shown by name: C0 but tab and line feed, DEL, C1, soft hyphen, bidirectional marks, embeddings, overrides
 * and isolates, line and paragraph separators, invisible fillers, tag characters. The joiners of emoji stay.
 */
const SPECIAL =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Cuts a body for the list; `cut` says how many characters are left out. Never splits a surrogate pair. */
export function cutBody(body: string, charsMax: number): { text: string; cut: number } {
  if (body.length <= charsMax) return { text: body, cut: 0 };
  const last = body.charCodeAt(charsMax - 1);
  const end = last >= 0xd800 && last < 0xdc00 ? charsMax - 1 : charsMax;
  return { text: body.slice(0, end), cut: body.length - end };
}

/** The segments of a body: colours, visible names of special characters, marks where `words` occur. */
export function segments(body: string, words: readonly string[] = []): Segment[] {
  const shown = body.endsWith("\r") ? body.slice(0, -1) : body;
  const mark = pattern(words);
  const result: Segment[] = [];
  for (const run of looksLikeJson(shown) ? jsonRuns(shown) : ansiRuns(shown)) {
    let start = 0;
    for (const match of run.text.matchAll(SPECIAL)) {
      addMarked(result, run.text.slice(start, match.index), run.classes, mark);
      result.push({ text: visibleName(match[0]), classes: "special" });
      start = match.index + match[0].length;
    }
    addMarked(result, run.text.slice(start), run.classes, mark);
  }
  return result;
}

/** A short text (a name, a label) without anything that acts. */
export function plain(text: string): string {
  return text.replace(SPECIAL, visibleName).replace(/[\n\t]/g, " ");
}

const C0 = "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(" ");

/** A control character by its ASCII name, any other by its code point. */
export function visibleName(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return `<${C0[code]}>`;
  if (code === 0x7f) return "<DEL>";
  return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
}

function addMarked(result: Segment[], text: string, classes: string, mark: RegExp | undefined): void {
  if (text === "") return;
  let start = 0;
  for (const match of mark ? text.matchAll(mark) : []) {
    if (match.index > start) result.push({ text: text.slice(start, match.index), classes });
    result.push({ text: match[0], classes: classes === "" ? "match" : `${classes} match` });
    start = match.index + match[0].length;
  }
  if (start < text.length) result.push({ text: text.slice(start), classes });
}

function pattern(words: readonly string[]): RegExp | undefined {
  const parts = words
    .filter((word) => word !== "")
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("\\*", "[\\p{L}\\p{N}_]*"));
  if (parts.length === 0) return undefined;
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${parts.join("|")})(?![\\p{L}\\p{N}_])`, "giu");
}

/** The bytes of a body that is not UTF-8, as text with U+FFFD where needed. */
export function decodeBase64(text: string): string {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8").decode(bytes);
  } catch {
    return text;
  }
}
