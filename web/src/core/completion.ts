// Putting a suggestion into a query. The server counts bytes, the input UTF-16 units.

import type { Suggestion } from "./answers";
import { indexOfByte } from "./query";

/** Bytes of the UTF-8 form of the text before an index. */
export function byteOfIndex(text: string, index: number): number {
  return new TextEncoder().encode(text.slice(0, index)).length;
}

/** The text with the suggestion instead of what stands from its beginning to the cursor, and the cursor behind it. */
export function applied(text: string, cursor: number, suggestion: Suggestion): { text: string; cursor: number } {
  const from = Math.min(cursor, indexOfByte(text, suggestion.from));
  const before = text.slice(0, from) + suggestion.insert;
  return { text: before + text.slice(cursor), cursor: before.length };
}

/** Whether a suggestion would change anything. */
export function isNews(text: string, cursor: number, suggestion: Suggestion): boolean {
  return applied(text, cursor, suggestion).text !== text;
}
