// Losses and restarts: nothing silently missing, nothing twice.

import assert from "node:assert/strict";
import { line, lines, settled, until } from "../browser.mjs";

export const checks = [
  ["a gap in a container's log is a row of its own", marksGaps],
  ["gap and reset events of the tail are marked where they happen", marksEvents],
  ["kill -9 and restart: the page goes on without loss or double", resumes],
];

async function marksGaps({ page, url, docker }) {
  const torn = docker.container("torn");
  torn.print(["before the loss 1", "before the loss 2", "before the loss 3"]);
  await page.goto(`${url}#q=container_name%3Atorn`);
  await line(page, "before the loss 3").waitFor();
  torn.truncate();
  torn.print("after");
  await line(page, "after").first().waitFor();
  await page.locator(".row.is-gap").waitFor();
  assert.match(await page.locator(".row.is-gap").textContent(), /lost/);
  await page.locator(".row.is-gap .row-body").click();
  await page.getByText("What is missing").waitFor();
}

async function marksEvents({ page, url }) {
  const store = "ab".repeat(16);
  const record = (seq, body) => {
    const time = `2026-01-01T00:00:0${seq}.000000000Z`;
    const named = { stream: "stdout", container_id: "", container_name: "made-up", severity: "", severity_number: 0 };
    return `id: ${store}:${seq}\nevent: record\ndata: ${JSON.stringify({
      time, seq, body, ...named, observed_time: time, attributes: {}, resource: {},
    })}\n\n`;
  };
  const body = [
    record(1, "one"),
    `id: ${store}:4\nevent: gap\ndata: {"from":2,"to":5,"reason":"lagged"}\n\n`,
    record(5, "five"),
    record(5, "five"),
    `event: reset\ndata: {"store_id":"${"cd".repeat(16)}","seq":1}\n\n`,
  ].join("");
  let answered = 0;
  await page.route("**/api/v1/tail*", (route) => {
    answered += 1;
    return answered === 1 ? route.fulfill({ contentType: "text/event-stream", body }) : route.abort();
  });
  await page.goto(url);
  await page.locator(".notice").nth(1).waitFor();
  const rows = await page.locator(".row").evaluateAll((nodes) =>
    nodes.map((node) => node.querySelector(".row-body, .notice-text").textContent));
  assert.deepEqual(rows, ["one", "3 records missing here (lagged)", "five", "this is another log from here on"]);
}

async function resumes({ page, url, daemon, docker }) {
  await page.setViewportSize({ width: 1200, height: 2600 });
  const counter = docker.container("counter");
  await page.goto(`${url}#q=container_name%3Acounter`);
  await settled(page);
  let written = 0;
  const write = () => counter.print(`number ${(written += 1)}`);
  const timer = setInterval(write, 50);
  try {
    for (let round = 0; round < 2; round += 1) {
      const before = written;
      await until("lines before the kill", async () => (await lines(page)).includes(`number ${before + 8}`));
      await daemon.kill();
      await new Promise((resolve) => setTimeout(resolve, 300));
      await until("the page says so", async () => /^Lost/.test(await page.locator(".status-connection").textContent()));
      await daemon.start();
      await until("live again", async () => /^Live/.test(await page.locator(".status-connection").textContent()), 15_000);
    }
  } finally {
    clearInterval(timer);
  }
  const last = `number ${written}`;
  await until(last, async () => (await lines(page)).includes(last));
  const all = (await lines(page)).filter((text) => text.startsWith("number "));
  assert.ok(written > 25 && written < 130, `${written} lines: too few to show much, or more than are drawn at once`);
  assert.deepEqual(all, Array.from({ length: written }, (_, index) => `number ${index + 1}`));
  assert.equal(await page.locator(".notice").count(), 0, "no gap was needed");
  return `${written} lines over two kills`;
}
