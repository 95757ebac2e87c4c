// What happens while lines come.

import assert from "node:assert/strict";
import { line, lines, settled, until } from "../browser.mjs";

/** From opening to the first line drawn, and from writing a line to seeing it. */
const OPEN_MS_MAX = 1_000;
const LATENCY_MS_MAX = 500;

export const checks = [
  ["before the first container the page says what to do", greets],
  ["opens to the newest lines of everything within a second", opens],
  ["a line appears by itself, soon", appears],
  ["scrolling up pauses, and End resumes", pauses],
  ["a flood keeps the page small and in order", floods],
  ["lines before the first come when scrolled to, each once", pagesBack],
];

async function greets({ page, url, pictures }) {
  await page.goto(url);
  await page.getByText("No container has logged anything yet").waitFor();
  await line(page, "logboom started").waitFor();
  await page.screenshot({ path: `${pictures}/empty.png` });
}

async function opens({ page, url, docker }) {
  docker.container("web").print(["first of web", "second of web"]);
  docker.container("db", { image: "postgres:16" }).print("first of db", "stderr");
  await page.goto(url);
  await line(page, "first of db").waitFor();
  // Warm: what counts is the page and its data, not the discovery of the containers just made.
  const started = Date.now();
  await page.reload({ waitUntil: "commit" });
  await line(page, "first of db").waitFor();
  const took = Date.now() - started;
  await line(page, "second of web").waitFor();
  assert.equal(await page.locator(".row", { hasText: "first of db" }).locator(".row-tag").first().textContent(), "stderr");
  assert.ok(took < OPEN_MS_MAX, `took ${took} ms`);
  await until("the light says live", async () => (await page.locator(".status-connection").textContent()) === "Live");
  return `first lines after ${took} ms`;
}

async function appears({ page, url, docker }) {
  const web = docker.container("web");
  await page.goto(url);
  await settled(page);
  const latencies = [];
  for (let number = 0; number < 10; number += 1) {
    const text = `fresh line ${number} of ${Date.now()}`;
    const started = Date.now();
    web.print(text);
    await until(text, async () => (await lines(page)).includes(text));
    latencies.push(Date.now() - started);
  }
  latencies.sort((a, b) => a - b);
  assert.ok(latencies.at(-1) < LATENCY_MS_MAX, `took ${latencies}`);
  return `written to seen in ${latencies[5]} ms (median), ${latencies.at(-1)} ms (most)`;
}

async function pauses({ page, url, docker }) {
  const web = docker.container("web");
  web.print(Array.from({ length: 150 }, (_, index) => `before the pause ${index}`));
  await page.goto(url);
  await line(page, "before the pause 149").waitFor();
  await page.mouse.move(700, 400);
  await page.mouse.wheel(0, -1200);
  await page.locator(".resume").waitFor();
  await page.waitForTimeout(200);
  const held = await lines(page);
  web.print(["while paused 1", "while paused 2", "while paused 3"]);
  await until("three new", async () => (await page.locator(".resume").textContent()) === "3 new");
  assert.deepEqual(await lines(page), held, "what is read stays in place");
  await page.keyboard.press("End");
  await line(page, "while paused 3").waitFor();
  await page.locator(".resume").waitFor({ state: "hidden" });
  web.print("after the pause");
  await line(page, "after the pause").waitFor();
}

async function floods({ page, url, docker }) {
  const shouter = docker.container("shouter");
  await page.goto(url);
  await settled(page);
  for (let block = 0; block < 20; block += 1) {
    shouter.print(Array.from({ length: 1000 }, (_, index) => `flood ${block * 1000 + index}`));
  }
  shouter.print("the flood is over");
  await until("the end of the flood", async () => (await line(page, "the flood is over").count()) === 1, 20_000);
  const drawn = await lines(page);
  const numbers = drawn.map((text) => /^flood (\d+)$/.exec(text)?.[1]).filter((number) => number !== undefined);
  assert.ok(numbers.length > 20);
  numbers.forEach((number, index) => assert.equal(Number(number), Number(numbers[0]) + index, "in order, none missing"));
  const rows = await page.locator(".row").count();
  assert.ok(rows < 200, `${rows} rows in the document`);
  const held = Number((await page.locator(".status-count").textContent()).replace(/\D/g, ""));
  assert.ok(held <= 5_000, `${held} lines held`);
  return `${rows} rows drawn, ${held} held`;
}

async function pagesBack({ page, url, docker }) {
  const history = docker.container("history");
  history.print(Array.from({ length: 2500 }, (_, index) => `old ${String(index).padStart(4, "0")}`));
  await page.goto(`${url}#q=container_name%3Ahistory`);
  await line(page, "old 2499").waitFor();
  await page.mouse.move(700, 400);
  const seen = new Set();
  for (let step = 0; step < 400 && !seen.has("old 0000"); step += 1) {
    const drawn = (await lines(page)).filter((text) => text.startsWith("old "));
    drawn.forEach((text, index) => {
      if (index > 0) assert.equal(Number(text.slice(4)), Number(drawn[index - 1].slice(4)) + 1, "in order, none twice");
      seen.add(text);
    });
    await page.mouse.wheel(0, -700);
    await page.waitForTimeout(25);
  }
  assert.equal(seen.size, 2500);
}
