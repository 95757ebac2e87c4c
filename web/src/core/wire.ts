// What the server sends, as types. Written by hand after crates/logboom-model (record_json.rs, status.rs) and the
// HTTP API; wire.test.ts holds the server's own samples against it. Decoders check only what the page relies on and
// never throw: what does not fit is `undefined`, and the caller says so.

/** One record of the log, as `/api/v1/search` and `/api/v1/tail` print it. */
export interface LogRecord {
  /** RFC 3339 with nine digits of fraction, UTC. */
  time: string;
  /** Number in the local log; with the store's id it is the record's identity. */
  seq: number;
  /** `trace | debug | info | warn | error | fatal`, or empty when unset. */
  severity: string;
  severity_number: number;
  /** The line, when it is UTF-8 … */
  body?: string;
  /** … else its bytes. */
  body_base64?: string;
  /** `stdout`, `stderr`, or empty. */
  stream: string;
  container_id: string;
  container_name: string;
  /** Present on rows that are no lines of a container. */
  kind?: "gap" | "lifecycle";
  /** A fragment: a piece of a very long line, or a line whose end was never seen. */
  partial?: boolean;
  /** Read from history that existed before logboom's first start. */
  backlog?: boolean;
  observed_time: string;
  attributes: Record<string, unknown>;
  resource: Record<string, string>;
}

/** Rows the reader of the tail missed: `count` of the seqs `from..to`, `to` exclusive. */
export interface GapEvent {
  from: number;
  to: number;
  /** The server leaves it out when it is all of them. */
  count: number;
  reason: string;
}

/** How far the tail has come, also when nothing matched. */
export interface PositionEvent {
  seq: number;
}

/** What the page shows of `/api/v1/status`; the answer has more. */
export interface Status {
  store_id: string;
  version: string;
  records: number;
  seq: number;
  store: {
    bytes: number;
    max_bytes: number;
    segments: number;
    journal_files: number;
    oldest: string | null;
    newest: string | null;
    oldest_seq: number;
    state: string;
    last_error: string | null;
  };
  sources: SourceStatus[];
  sinks: SinkStatus[];
  gaps: GapStatus[];
}

export interface SourceStatus {
  name: string;
  kind: string;
  class: string;
  state: string;
  detail: string | null;
  containers: number;
  records: number;
  bytes: number;
  lag_bytes: number;
  decode_errors: number;
  last_error: string | null;
}

export interface SinkStatus {
  name: string;
  state: string;
  class: string;
  cursor: number;
  lag_records: number;
  lag_seconds: number;
  last_error: string | null;
}

export interface GapStatus {
  time: string;
  source?: string;
  sink?: string;
  resource: string;
  stream: string;
  from: string | null;
  to: string | null;
  count: number;
  count_kind: string;
  reason: string;
}

/** One row of `/api/v1/containers`. */
export interface ContainerStatus {
  id: string;
  name: string;
  image: string;
  service: string;
  /** `running`, `exited`, `removed`. */
  state: string;
  /** `files`, `ignored`, or why it is not collected. */
  via: string;
  lag_bytes: number;
  records: number;
  last_time: string | null;
}

/** The body of an answer that is an error. */
export interface ErrorBody {
  error: { message: string; at?: number | null; hint?: string | null };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads one JSON text; `undefined` instead of an exception. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const RECORD_STRINGS = ["time", "severity", "stream", "container_id", "container_name", "observed_time"] as const;

export function decodeRecord(value: unknown): LogRecord | undefined {
  if (!isObject(value) || typeof value["seq"] !== "number" || typeof value["severity_number"] !== "number") {
    return undefined;
  }
  if (RECORD_STRINGS.some((name) => typeof value[name] !== "string")) return undefined;
  if (typeof value["body"] !== "string" && typeof value["body_base64"] !== "string") return undefined;
  if (!isObject(value["attributes"]) || !isObject(value["resource"])) return undefined;
  return value as unknown as LogRecord;
}

export function decodeGap(value: unknown): GapEvent | undefined {
  if (!isObject(value) || typeof value["from"] !== "number" || typeof value["to"] !== "number") return undefined;
  const reason = typeof value["reason"] === "string" ? value["reason"] : "unknown";
  const { from, to, count } = value as { from: number; to: number; count?: unknown };
  return { from, to, count: typeof count === "number" ? count : Math.max(0, to - from), reason };
}

export function decodeContainers(value: unknown): ContainerStatus[] | undefined {
  const list = isObject(value) ? value["containers"] : value;
  if (!Array.isArray(list)) return undefined;
  return list.filter(
    (item): item is ContainerStatus =>
      isObject(item) && typeof item["name"] === "string" && typeof item["id"] === "string",
  );
}

export function decodeStatus(value: unknown): Status | undefined {
  if (!isObject(value) || typeof value["store_id"] !== "string" || !isObject(value["store"])) return undefined;
  if (!Array.isArray(value["sources"]) || !Array.isArray(value["gaps"])) return undefined;
  return value as unknown as Status;
}

export function decodeError(value: unknown): ErrorBody["error"] | undefined {
  if (!isObject(value) || !isObject(value["error"])) return undefined;
  const { message, at, hint } = value["error"];
  return {
    message: typeof message === "string" ? message : "unknown error",
    at: typeof at === "number" ? at : null,
    hint: typeof hint === "string" ? hint : null,
  };
}
