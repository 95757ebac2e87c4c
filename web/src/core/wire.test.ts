// The server's own samples (crates/logboom-model and logboom-server print these shapes) against the hand-written
// types: the assignments fail `npm run check`, the decoders fail here.

import { describe, expect, test } from "vitest";
import containers from "../../fixtures/containers.json";
import error from "../../fixtures/error.json";
import records from "../../fixtures/records.json";
import status from "../../fixtures/status.json";
import {
  decodeContainers,
  decodeError,
  decodeGap,
  decodeRecord,
  decodeStatus,
  type ContainerStatus,
  type ErrorBody,
  type Status,
} from "./wire";

const typedStatus: Status = status;
const typedContainers: ContainerStatus[] = containers;
const typedError: ErrorBody = error;

describe("what the server sends", () => {
  test("every sample record decodes, and keeps all it has", () => {
    for (const sample of records) expect(decodeRecord(sample)).toEqual(sample);
  });
  test("status, containers and error decode", () => {
    expect(decodeStatus(status)).toBe(typedStatus);
    expect(decodeContainers(containers)).toEqual(typedContainers);
    expect(decodeError(error)).toEqual(typedError.error);
  });
  test("what is no record is refused, not shown half", () => {
    const good = records[0]!;
    for (const bad of [null, 1, "x", [], {}, { ...good, seq: "1" }, { ...good, body: 5 }, { ...good, resource: [] }]) {
      expect(decodeRecord(bad)).toBeUndefined();
    }
    const { body: _, ...bodiless } = good;
    expect(decodeRecord(bodiless)).toBeUndefined();
  });
  test("a gap without a reason is still a gap", () => {
    expect(decodeGap({ from: 1, to: 3 })).toEqual({ from: 1, to: 3, count: 2, reason: "unknown" });
    expect(decodeGap({ from: 1, to: 9, count: 3, reason: "evicted" })?.count).toBe(3);
    expect(decodeGap({ from: "1", to: 3 })).toBeUndefined();
  });
});
