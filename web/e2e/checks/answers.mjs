// What the page shows besides lines: tables of pipes, the histogram, suggestions, the lines around a hit.

import assert from "node:assert/strict";
import { line, lines, search, settled, until } from "../browser.mjs";

export const checks = [
  ["a query with pipes shows a table, and hostile values are text", showsTables],
  ["the histogram counts by severity, and a click shows that time", zooms],
  ["what is typed is completed", completes],
  ["the lines around a hit come without leaving the search", showsAround],
  ["a link to one line by its number finds it", findsByNumber],
  ["a search is streamed, and can be stopped", streams],
];

const HOSTILE = "<img src=x onerror=reportOffence(1)>\u202e\u001b[31m";

async function showsTables({ page, url, docker, pictures }) {
  const shop = docker.container("tables");
  shop.print([HOSTILE, HOSTILE, "plain"].map((path, index) => JSON.stringify({ table: "yes", path, ms: index * 10 })));
  await page.goto(url);
  await search(page, "table:yes");
  await until("the lines", async () => (await lines(page)).length === 3);
  await search(page, "table:yes | stats count() as n, max(ms) by path");
  await page.locator(".table").waitFor();
  assert.deepEqual(await page.locator(".table th").allTextContents(), ["path", "n", "max_ms"]);
  const cells = await page.locator(".table td").allTextContents();
  assert.deepEqual(cells.toSorted(), ["1", "10", "2", "20", "<img src=x onerror=reportOffence(1)><U+202E><ESC>[31m", "plain"].toSorted());
  assert.equal(await page.locator(".table img").count(), 0);
  assert.equal(await page.locator(".seg-24h").getAttribute("aria-pressed"), "true", "the range that the table is of");
  await page.screenshot({ path: `${pictures}/table.png` });
  await page.getByRole("button", { name: "Copy table" }).click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^path\tn\tmax_ms\n/);
  await search(page, "table:yes");
  await until("lines again", async () => (await lines(page)).length === 3);
  assert.equal(await page.locator(".table").count(), 0);
}

async function zooms({ page, url, docker }) {
  docker.container("bars").print(["ERROR of the bars", "INFO of the bars", "INFO more of the bars"]);
  await page.goto(`${url}#q=bars`);
  for (const text of ["ERROR of the bars", "INFO more of the bars"]) await line(page, text).waitFor();
  await page.goto(`${url}#q=bars&range=15m`);
  await line(page, "ERROR of the bars").waitFor();
  await page.locator(".chart-error").first().waitFor();
  await page.locator(".chart-info").first().waitFor();
  assert.match(await page.locator(".chart-told").textContent(), /^\d+ lines$/);
  const box = await page.locator(".chart-error").first().boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 1);
  await until("what the bar counts", async () => /1 error/.test(await page.locator(".chart-told").textContent()));
  await page.mouse.down();
  await page.mouse.up();
  await until("the bar's time in the address", async () => /from=.*&to=/.test(page.url()));
  await line(page, "ERROR of the bars").waitFor();
  await page.goBack();
  await until("a step back", async () => page.url().includes("range=15m"));
  await page.goto(`${url}#q=nosuchword&range=15m`);
  await until("no bars", async () => (await page.locator(".chart rect:not(.chart-stretch)").count()) === 0);
}

async function completes({ page, url, docker }) {
  docker.container("complete-me").print('{"level":"info","flavour":"vanilla"}');
  await page.goto(url);
  await line(page, "vanilla").waitFor();
  const input = page.locator(".search-input");
  await input.click();
  await input.pressSequentially("contai");
  await page.locator(".suggestion").first().waitFor();
  await input.press("Tab");
  await until("the field", async () => /^container\w*:$/.test(await input.inputValue()));
  await input.pressSequentially("complete");
  await page.locator(".suggestion", { hasText: "complete-me" }).first().waitFor();
  await input.press("ArrowDown");
  await input.press("Enter");
  await until("the value", async () => /^container\w*:"?complete-me"?\s?$/.test(await input.inputValue()));
  await line(page, "vanilla").waitFor();
  await input.press("Escape");
  assert.equal(await page.locator(".suggestions:visible").count(), 0);
}

async function showsAround({ page, url, docker }) {
  const around = docker.container("around");
  docker.container("elsewhere").print("of another container");
  around.print([...Array.from({ length: 9 }, (_, index) => `step ${index}`), "the very hit", "and after"]);
  await page.goto(`${url}#q=very`);
  await line(page, "the very hit").waitFor();
  await line(page, "the very hit").locator(".row-body").click();
  await page.getByRole("button", { name: "±5 lines" }).click();
  await until("the lines around", async () => (await page.locator(".around-line").count()) === 7);
  assert.deepEqual(await page.locator(".around-line").allTextContents(), [
    "step 4", "step 5", "step 6", "step 7", "step 8", "the very hit", "and after",
  ]);
  assert.equal(await page.locator(".around-line.is-hit").textContent(), "the very hit");
  await page.getByRole("button", { name: "±50 lines" }).click();
  await until("more of them", async () => (await page.locator(".around-line").count()) >= 11);
}

async function findsByNumber({ page, url, docker }) {
  docker.container("numbered").print("known by its number");
  await page.goto(`${url}#q=numbered`);
  const found = await until2(async () => {
    const text = await (await fetch(`${url}api/v1/search?query=%22known+by+its+number%22`)).text();
    return text === "" ? undefined : JSON.parse(text);
  });
  await page.goto(`${url}#q=seq%3A${found.seq}`);
  await settled(page);
  await until("the one line", async () => (await lines(page)).join() === "known by its number");
}

async function until2(look) {
  let found;
  await until("something found", async () => (found = await look()) !== undefined);
  return found;
}

/** The server's answer is replaced by one that does not end: a test's log is searched in no time. */
async function streams({ page, url }) {
  const record = (seq) => ({
    time: `2026-08-12T14:00:0${seq}.000000000Z`, observed_time: `2026-08-12T14:00:0${seq}.000000000Z`, seq,
    severity: "", severity_number: 0, body: `streamed ${seq}`, stream: "stdout", container_id: "", container_name: "",
    attributes: {}, resource: {},
  });
  await page.addInitScript((events) => {
    const real = window.fetch;
    window.fetch = (input, init) => {
      if (!String(input).includes("/search?")) return real(input, init);
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(events));
          init.signal.addEventListener("abort", () => controller.error(new DOMException("stopped", "AbortError")));
        },
      });
      return Promise.resolve(new Response(body, { headers: { "logboom-cursor": `${"ab".repeat(16)}:9` } }));
    };
  }, [
    ...[5, 4].map((seq) => `event: record\ndata: ${JSON.stringify(record(seq))}\n\n`),
    'event: progress\ndata: {"bytes_done":25,"bytes_total":100,"matches":2}\n\n',
  ].join(""));
  await page.goto(`${url}#q=streamed&range=24h`);
  await until("both, oldest first", async () => (await lines(page)).join() === "streamed 4,streamed 5");
  await page.getByText("Searching: 25 %").first().waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Load older lines" }).waitFor();
  assert.equal((await lines(page)).join(), "streamed 4,streamed 5");
}
