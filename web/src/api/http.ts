// Requests to the daemon that served this page, and what an error answer says. Where a token is needed the browser
// has a login cookie (`/?token=…` sets it); the page itself never sees the token.

import { decodeError, parseJson } from "../core/wire";

/** An answer that is an error; `at` is a byte offset in the query, where the server knows it. */
export class ApiError extends Error {
  readonly status: number;
  readonly at: number | undefined;
  readonly hint: string | undefined;

  constructor(status: number, message: string, at?: number, hint?: string) {
    super(message);
    this.status = status;
    this.at = at;
    this.hint = hint;
  }
}

/** Whether asking again later may help. */
export function isPassing(error: ApiError): boolean {
  return error.status >= 500 || error.status === 408 || error.status === 429;
}

export type Params = Record<string, string | number | undefined>;

/** Sends a GET below `api/v1/`; throws `ApiError` for an error answer, what fetch throws when there is none. */
export async function get(path: string, params: Params, signal: AbortSignal, accept = "*/*"): Promise<Response> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const response = await fetch(`api/v1/${path}?${query.toString()}`, {
    signal,
    headers: { accept },
    cache: "no-store",
    credentials: "same-origin",
  });
  if (response.ok) return response;
  const text = (await response.text()).slice(0, 4096);
  const error = decodeError(parseJson(text));
  throw new ApiError(
    response.status,
    error?.message ?? (text.trim() || `the server answered ${response.status}`),
    error?.at ?? undefined,
    error?.hint ?? undefined,
  );
}

/** How often a question that found the server busy with others is asked again, and after how long. */
const BUSY_RETRIES = 5;
const BUSY_WAIT_MS = 700;

/** The same, asked again for a while when too many others ask. */
export async function getWhenFree(path: string, params: Params, signal: AbortSignal, accept?: string): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await get(path, params, signal, accept);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 429) || attempt > BUSY_RETRIES) throw error;
    }
    await new Promise((resolve) => window.setTimeout(resolve, BUSY_WAIT_MS));
    signal.throwIfAborted();
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** The pieces of an answer as text. */
export async function* textOf(response: Response): AsyncGenerator<string> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      yield decoder.decode(piece.value, { stream: true });
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
