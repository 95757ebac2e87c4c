// Editing a query by clicks: which containers it names, which it mutes, which severity it asks for; and the words to
// mark in the lines. The text a person typed stays as it is, only the clicked parts move to its end.

import { filterEnd, isKeyword, terms, type Term } from "./lexer";

const CONTAINER_FIELDS = new Set(["container_name", "container"]);

/** What a query says about one field, taken out of the text. */
interface Parts {
  included: string[];
  excluded: string[];
  /** The filter without those terms. */
  rest: string;
  /** From the first pipe on. */
  pipes: string;
}

function split(query: string): Parts {
  const end = filterEnd(query);
  const filter = query.slice(0, end);
  const list = terms(filter);
  const parts: Parts = { included: [], excluded: [], rest: "", pipes: query.slice(end) };
  const cuts: [number, number][] = [];
  for (let index = 0; index < list.length && !isOred(list); index += 1) {
    const term = list[index]!;
    const group = containerGroup(list, index);
    const isBound = isKeyword(list[index - 1], "AND", "OR", "NOT") || isKeyword(list[(group?.close ?? index) + 1], "AND");
    if (group && !isBound) {
      parts.included.push(...group.names);
      cuts.push([term.start, list[group.close]!.end]);
      index = group.close;
    } else if (isContainer(term) && term.depth === 0 && !isBound) {
      (term.negated ? parts.excluded : parts.included).push(term.value);
      cuts.push([term.start, term.end]);
    }
  }
  parts.rest = without(filter, cuts);
  return parts;
}

/** A text without some spans of it; what is left keeps its inner spaces. */
function without(text: string, cuts: readonly (readonly [number, number])[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const [start, end] of [...cuts, [text.length, text.length] as const]) {
    pieces.push(text.slice(at, start).trim());
    at = end;
  }
  return pieces.filter((piece) => piece !== "").join(" ");
}

/** `(container_name:a OR container_name:b)` starting at `open`: its names, and the index of its end. */
function containerGroup(list: Term[], open: number): { names: string[]; close: number } | undefined {
  const first = list[open]!;
  if (first.kind !== "open" || first.negated || first.depth !== 0) return undefined;
  const names: string[] = [];
  for (let index = open + 1; index < list.length; index += 1) {
    const term = list[index]!;
    if (term.kind === "close") return names.length > 0 ? { names, close: index } : undefined;
    const isOr = (index - open) % 2 === 0;
    if (isOr ? !isKeyword(term, "OR") : !isContainer(term) || term.negated) return undefined;
    if (!isOr) names.push(term.value);
  }
  return undefined;
}

function isContainer(term: Term): boolean {
  return term.kind === "word" && CONTAINER_FIELDS.has(term.field) && term.operator === ":";
}

/** Whether an `OR` stands at the top: it would swallow whatever is added after it. */
function isOred(list: readonly Term[]): boolean {
  return list.some((term) => term.depth === 0 && isKeyword(term, "OR"));
}

function join(parts: Parts): string {
  const names = [...new Set(parts.included)].map((name) => `container_name:${quote(name)}`);
  const include = names.length > 1 ? `(${names.join(" OR ")})` : (names[0] ?? "");
  const exclude = [...new Set(parts.excluded)].map((name) => `-container_name:${quote(name)}`);
  const isAdding = include !== "" || exclude.length > 0;
  const rest = isAdding && isOred(terms(parts.rest)) ? `(${parts.rest})` : parts.rest;
  return [rest, include, ...exclude, parts.pipes].filter((part) => part !== "").join(" ");
}

/** A value as the query language takes it: quoted unless it is a plain word. */
export function quote(value: string): string {
  return /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

/** The names a query includes and mutes. */
export function selectedContainers(query: string): { included: Set<string>; excluded: Set<string> } {
  const { included, excluded } = split(query);
  return { included: new Set(included), excluded: new Set(excluded) };
}

/** Adds a container to those shown, or takes it out again. */
export function toggleContainer(query: string, name: string): string {
  const parts = split(query);
  const isIn = parts.included.includes(name);
  return join({
    ...parts,
    included: isIn ? parts.included.filter((other) => other !== name) : [...parts.included, name],
    excluded: parts.excluded.filter((other) => other !== name),
  });
}

/** Mutes a container, or hears it again. */
export function toggleMuted(query: string, name: string): string {
  const parts = split(query);
  const isMuted = parts.excluded.includes(name);
  return join({
    ...parts,
    included: parts.included.filter((other) => other !== name),
    excluded: isMuted ? parts.excluded.filter((other) => other !== name) : [...parts.excluded, name],
  });
}

/** Neither shown alone nor muted: every container again. */
export function clearContainers(query: string): string {
  return join({ ...split(query), included: [], excluded: [] });
}

export type SeverityFloor = "" | "info" | "warn" | "error";

/** The `severity>=x` of the query's top level, if it is one of those the page offers. */
export function severityFloor(query: string): SeverityFloor {
  const term = terms(query.slice(0, filterEnd(query))).find(isSeverityFloor);
  return (term?.value.toLowerCase() ?? "") as SeverityFloor;
}

/** Replaces the query's `severity>=x`; empty removes it. */
export function withSeverityFloor(query: string, floor: SeverityFloor): string {
  const end = filterEnd(query);
  const filter = query.slice(0, end);
  const list = terms(filter);
  const old = list.find(isSeverityFloor);
  let rest = without(filter, old ? [[old.start, old.end]] : []);
  if (floor && !old && isOred(list)) rest = `(${rest})`;
  return [rest, floor ? `severity>=${floor}` : "", query.slice(end)].filter((part) => part !== "").join(" ");
}

function isSeverityFloor(term: Term): boolean {
  const isField = term.depth === 0 && !term.negated && (term.field === "severity" || term.field === "level");
  return isField && term.operator === ">=" && ["info", "warn", "error"].includes(term.value.toLowerCase());
}

/** Bare words and phrases that are not negated: what to mark in the lines. */
export function markedWords(query: string): string[] {
  const words: string[] = [];
  /** Depth of the outermost negated group that is open. */
  let negatedDepth = Infinity;
  let before: Term | undefined;
  for (const term of terms(query.slice(0, filterEnd(query)))) {
    const isNegated = term.negated || isKeyword(before, "NOT");
    if (term.kind === "open" && isNegated) negatedDepth = Math.min(negatedDepth, term.depth);
    if (term.kind === "close" && term.depth <= negatedDepth) negatedDepth = Infinity;
    before = term;
    const isText = term.kind === "word" && (term.operator === "" || (term.field === "body" && term.operator === ":"));
    if (!isText || isNegated || negatedDepth < Infinity || isKeyword(term, "AND", "OR", "NOT")) continue;
    if (term.value.replace(/\*/g, "") !== "") words.push(term.value);
  }
  return words;
}

/** Whether a query does more than find lines: from its first pipe on. */
export function hasPipes(query: string): boolean {
  return filterEnd(query) < query.length;
}

/** Whether a query has an end: nothing that comes later changes the answer, or makes it worth following. */
export function isQuestion(query: string): boolean {
  const list = terms(query.slice(0, filterEnd(query)));
  const isSeq = (term: Term): boolean => term.field === "seq" && term.operator === ":" && term.depth === 0 && !term.negated;
  return hasPipes(query) || (list.some(isSeq) && !isOred(list));
}

/** UTF-16 index of a byte offset in the UTF-8 form of a text. */
export function indexOfByte(text: string, byte: number): number {
  let bytes = 0;
  let index = 0;
  for (const character of text) {
    if (bytes >= byte) break;
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    index += character.length;
  }
  return index;
}
