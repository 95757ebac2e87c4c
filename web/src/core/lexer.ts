// A tolerant reading of the query language's surface (DESIGN §5), enough to edit a query by clicks and to mark what
// it looks for. What a query means is the server's business; this never refuses a text.

export interface Term {
  /** Position in the query. */
  start: number;
  end: number;
  /** Depth of parentheses; 0 at the top. */
  depth: number;
  kind: "word" | "open" | "close" | "pipe";
  negated: boolean;
  /** `container_name` of `container_name:web`; empty for a bare word or phrase. */
  field: string;
  /** `:`, `>=`, `>`, `<=`, `<`, `~`; empty for a bare word or phrase. */
  operator: string;
  /** Unquoted value. */
  value: string;
  isQuoted: boolean;
}

const TERM =
  /(-?)(?:([\p{L}_@][\p{L}\p{N}_./@-]*)?(>=|<=|:|>|<|~))?("(?:[^"\\]|\\.)*"?|(?<=~)\/(?:[^/\\]|\\.)*\/?i?|[^\s()|"]*)/uy;

export function terms(query: string): Term[] {
  const result: Term[] = [];
  let depth = 0;
  let at = 0;
  while (at < query.length) {
    const character = query[at]!;
    if (/\s/.test(character)) {
      at += 1;
      continue;
    }
    if (character === "(" || (character === "-" && query[at + 1] === "(")) {
      const length = character === "-" ? 2 : 1;
      result.push(punctuation("open", at, at + length, depth, length === 2));
      depth += 1;
      at += length;
      continue;
    }
    if (character === ")") {
      depth = Math.max(0, depth - 1);
      result.push(punctuation("close", at, at + 1, depth, false));
      at += 1;
      continue;
    }
    if (character === "|") {
      result.push(punctuation("pipe", at, at + 1, depth, false));
      at += 1;
      continue;
    }
    TERM.lastIndex = at;
    const match = TERM.exec(query);
    const end = match && match[0].length > 0 ? at + match[0].length : at + 1;
    result.push({
      start: at,
      end,
      depth,
      kind: "word",
      negated: match?.[1] === "-",
      field: match?.[2] ?? "",
      operator: match?.[3] ?? "",
      value: unquote(match?.[4] ?? ""),
      isQuoted: match?.[4]?.startsWith('"') ?? false,
    });
    at = end;
  }
  return result;
}

function punctuation(kind: "open" | "close" | "pipe", start: number, end: number, depth: number, negated: boolean): Term {
  return { start, end, depth, kind, negated, field: "", operator: "", value: "", isQuoted: false };
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  return text.slice(1, text.length > 1 && text.endsWith('"') ? -1 : undefined).replace(/\\(["\\])/g, "$1");
}

/** The end of the filter: where the first pipe outside parentheses stands, else the end of the text. */
export function filterEnd(query: string): number {
  return terms(query).find((term) => term.kind === "pipe")?.start ?? query.length;
}

/** Whether a term is an operator between others: they are upper-case words. */
export function isKeyword(term: Term | undefined, ...words: ("AND" | "OR" | "NOT")[]): boolean {
  if (!term || term.kind !== "word" || term.isQuoted || term.field || term.operator || term.negated) return false;
  return words.some((word) => word === term.value);
}
