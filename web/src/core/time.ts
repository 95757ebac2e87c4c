// Times and ranges. Record times are RFC 3339 strings with nanoseconds; JavaScript's Date has milliseconds, so
// arithmetic that must be exact stays on the string.

export type Preset = "15m" | "1h" | "6h" | "24h" | "7d";
export const PRESETS: readonly Preset[] = ["15m", "1h", "6h", "24h", "7d"];

/** What part of the log is shown. */
export type Range =
  | { kind: "live" }
  | { kind: "last"; preset: Preset }
  /** Times as RFC 3339; `to` exclusive, empty for no end. */
  | { kind: "between"; from: string; to: string };

const PRESET_MS: Record<Preset, number> = {
  "15m": 900_000,
  "1h": 3_600_000,
  "6h": 21_600_000,
  "24h": 86_400_000,
  "7d": 604_800_000,
};

/** The wider preset to offer when nothing was found. */
export function wider(range: Range): Preset | undefined {
  if (range.kind !== "last") return range.kind === "live" ? "24h" : undefined;
  return PRESETS[PRESETS.indexOf(range.preset) + 1];
}

/** `since` and `until` of the search API for a range that is not live. */
export function bounds(range: Range, nowMs: number): { since?: string; until?: string } {
  if (range.kind === "last") return { since: new Date(nowMs - PRESET_MS[range.preset]).toISOString() };
  if (range.kind === "between") {
    return { ...(range.from ? { since: range.from } : {}), ...(range.to ? { until: range.to } : {}) };
  }
  return {};
}

/** One nanosecond after an RFC 3339 time in UTC, to the digit. */
export function nanosecondAfter(time: string): string {
  const match = /^(.*:\d\d)(?:\.(\d{1,9}))?Z$/.exec(time);
  if (!match) return time;
  const nanoseconds = Number((match[2] ?? "").padEnd(9, "0")) + 1;
  if (nanoseconds < 1_000_000_000) return `${match[1]}.${String(nanoseconds).padStart(9, "0")}Z`;
  return `${new Date(Date.parse(`${match[1]}Z`) + 1000).toISOString().slice(0, 19)}.000000000Z`;
}

/** `2026-08-12 14:03:22.123`, local or UTC; without the date when it is the day of `nowMs`. */
export function shortTime(time: string, nowMs: number, utc: boolean): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time.slice(0, 23);
  const full = localIso(date, utc);
  const today = localIso(new Date(nowMs), utc).slice(0, 10);
  return full.startsWith(today) ? full.slice(11) : full;
}

/** The value of a `datetime-local` input for a time, and a text for people: local time, no zone. */
export function localIso(date: Date, utc: boolean): string {
  const shifted = utc ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 23).replace("T", " ");
}

/** `3s`, `12m`, `5h`, `2d`: how long ago, coarse. */
export function ago(time: string | null, nowMs: number): string {
  if (!time) return "";
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(time)) / 1000));
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
