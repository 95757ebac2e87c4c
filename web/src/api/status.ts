// `/api/v1/status` and `/api/v1/containers`, asked for again and again while the page is visible.

import { decodeContainers, decodeStatus, type ContainerStatus, type Status } from "../core/wire";
import { get } from "./http";

export async function fetchStatus(signal: AbortSignal): Promise<Status | undefined> {
  return decodeStatus(await (await get("status", {}, signal)).json());
}

export async function fetchContainers(signal: AbortSignal): Promise<ContainerStatus[] | undefined> {
  return decodeContainers(await (await get("containers", {}, signal)).json());
}

/** Longest a poll may take before it counts as failed. */
const POLL_TIMEOUT_MS = 8_000;

/** Asks at once and then every `interval_ms`, not while hidden; failures are skipped, the tail shows the connection. */
export function poll<T>(ask: (signal: AbortSignal) => Promise<T>, intervalMs: number, use: (value: T) => void): void {
  let timer = 0;
  const run = async (): Promise<void> => {
    window.clearTimeout(timer);
    if (!document.hidden) {
      try {
        use(await ask(AbortSignal.timeout(POLL_TIMEOUT_MS)));
      } catch {
        // The connection's state is the tail's to show.
      }
    }
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void run(), intervalMs);
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void run();
  });
  void run();
}
