// The fixtures that the types are held against are what the program really sends, name for name.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { until } from "../browser.mjs";

export const checks = [["the fixtures have the names that the server sends, no more and no fewer", sameNames]];

const fixture = (name) => JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), "utf8"));
const names = (value) => Object.keys(value).sort();
/** Names that only some records and gaps have. */
const OPTIONAL = ["backlog", "body", "body_base64", "kind", "partial", "source", "sink"];
const required = (value) => names(value).filter((name) => !OPTIONAL.includes(name));

async function sameNames({ url, docker }) {
  const ask = async (path) => (await fetch(`${url}api/v1/${path}`)).text();
  const probe = docker.container("probe");
  probe.print(["one", "two"]);
  const find = async () => (await ask("search?query=container_name:probe")).split("\n").filter(Boolean).map(JSON.parse);
  await until("the probe's lines", async () => (await find()).filter((record) => record.stream === "stdout").length === 2);
  probe.truncate();
  probe.print("three");
  await until("the probe's gap", async () => (await find()).some((record) => record.kind === "gap"));

  for (const record of await find()) assert.deepEqual(required(record), required(fixture("records")[0]));
  const [sent, held] = [JSON.parse(await ask("status")), fixture("status")];
  assert.deepEqual(names(sent), names(held));
  assert.deepEqual(names(sent.store), names(held.store));
  assert.deepEqual(names(sent.sources[0]), names(held.sources[0]));
  assert.deepEqual(required(sent.gaps.at(-1)), required(held.gaps[0]));
  assert.deepEqual(names(JSON.parse(await ask("containers"))[0]), names(fixture("containers")[0]));
  assert.deepEqual(names(JSON.parse(await ask('search?query="x')).error), names(fixture("error").error));
}
