// Finding: the search box, containers, time ranges, and the address that holds it all.

import assert from "node:assert/strict";
import { line, lines, search, settled, until } from "../browser.mjs";

export const checks = [
  ["the search box finds, filters what comes live, and marks the words", finds],
  ["a mistake in a query is shown under its character", pointsAtMistakes],
  ["a click on a container shows only it, another adds, mute takes out", picksContainers],
  ["time ranges", picksTimes],
  ["the address holds the whole view", reloads],
  ["a line opens, and its link shows it among its neighbours", opensLines],
  ["nothing found says what to do", findsNothing],
];

async function finds({ page, url, docker }) {
  const shop = docker.container("shop");
  shop.print(['{"level":"error","msg":"payment refused","order":17}', "all is well", "PAYMENT accepted"]);
  await page.goto(url);
  await search(page, "payment");
  await line(page, "payment refused").waitFor();
  await line(page, "PAYMENT accepted").waitFor();
  assert.equal(await line(page, "all is well").count(), 0);
  assert.equal(await page.locator("mark").first().textContent(), "payment");
  shop.print(["not this one", "a late payment"]);
  await line(page, "a late payment").waitFor();
  assert.equal(await line(page, "not this one").count(), 0);
  await page.locator(".seg-sev-error").click();
  await settled(page);
  assert.equal(await page.locator(".search-input").inputValue(), "payment severity>=error");
  await until("only the error", async () => (await lines(page)).length === 1);
  await page.locator(".search-input").fill("well");
  await line(page, "all is well").waitFor();
}

async function pointsAtMistakes({ page, url }) {
  await page.goto(url);
  await settled(page);
  const before = await lines(page);
  await page.locator(".search-input").fill('payment "never closed');
  await page.locator(".search-error").waitFor();
  assert.match(await page.locator(".search-message").textContent(), /never closed/);
  assert.equal(await page.locator(".search-caret").textContent(), "payment ");
  assert.deepEqual((await lines(page)).slice(-20), before.slice(-20), "what was shown stays");
  await page.locator(".search-input").fill("payment");
  await page.locator(".search-error").waitFor({ state: "hidden" });
}

async function picksContainers({ page, url, docker }) {
  docker.container("alpha").print("of alpha");
  docker.container("beta").print("of beta");
  await page.goto(url);
  await line(page, "of beta").waitFor();
  const item = (name) => page.locator(".side-item", { has: page.locator(`.side-name:text-is("${name}")`) });
  await item("alpha").waitFor();
  await item("alpha").locator(".side-main").click();
  await until("only alpha", async () => (await names(page)).join() === "alpha");
  await item("beta").locator(".side-main").click();
  await until("alpha and beta", async () => (await names(page)).join() === "alpha,beta");
  assert.equal(await page.locator(".search-input").inputValue(), "(container_name:alpha OR container_name:beta)");
  await page.locator(".side-head .link").click();
  await until("all again", async () => (await page.locator(".search-input").inputValue()) === "");
  await item("alpha").hover();
  await item("alpha").locator(".side-mute").click();
  await until("no alpha", async () => !(await names(page)).includes("alpha") && (await names(page)).includes("beta"));
  await page.locator(".side-filter").fill("bet");
  await until("only beta in the list", async () => (await page.locator(".side-item").count()) === 1);
}

async function names(page) {
  await settled(page);
  return [...new Set(await page.locator(".row-name").allTextContents())].sort();
}

async function picksTimes({ page, url, docker }) {
  const clock = docker.container("clock");
  clock.print("inside the range");
  await page.goto(`${url}#q=container_name%3Aclock`);
  await line(page, "inside the range").waitFor();
  await page.waitForTimeout(1100);
  const to = new Date().toISOString();
  await page.waitForTimeout(1100);
  clock.print("after the range");
  await line(page, "after the range").waitFor();
  await page.locator(".seg-15m").click();
  await settled(page);
  await until("both", async () => (await lines(page)).filter((text) => text.includes("the range")).length === 2);
  clock.print("not part of a search");
  await page.waitForTimeout(400);
  assert.equal(await line(page, "not part of a search").count(), 0, "a search stands still");
  await page.goto(`${url}#q=container_name%3Aclock&to=${encodeURIComponent(to)}`);
  await until("only what was before", async () => (await lines(page)).includes("inside the range") &&
    !(await lines(page)).includes("after the range"));
  await page.locator(".seg-live").click();
  await line(page, "not part of a search").waitFor();
}

async function reloads({ page, url, docker }) {
  docker.container("state").print(["keep this", "drop that"]);
  await page.goto(url);
  await search(page, "keep container_name:state");
  await page.locator(".seg-1h").click();
  await page.locator("body").press("w");
  await until("the address", async () => page.url().includes("range=1h") && page.url().includes("wrap=1"));
  const address = page.url();
  await page.reload();
  await line(page, "keep this").waitFor();
  assert.equal(page.url(), address);
  assert.equal(await page.locator(".search-input").inputValue(), "keep container_name:state");
  assert.equal(await page.locator(".seg-1h").getAttribute("aria-pressed"), "true");
  assert.equal(await page.locator(".list.is-wrapped").count(), 1);
  assert.equal(await line(page, "drop that").count(), 0);
  await page.goBack();
  await until("a step back", async () => (await page.locator(".seg-live").getAttribute("aria-pressed")) === "true");
}

async function opensLines({ page, url, docker, pictures }) {
  const api = docker.container("api", { labels: { "com.example.team": "<b>red</b>" } });
  api.print([...Array.from({ length: 20 }, (_, index) => `before ${index}`), '{"level":"warn","msg":"odd","n":7}']);
  api.print(Array.from({ length: 20 }, (_, index) => `behind ${index}`));
  await page.goto(`${url}#q=odd`);
  await line(page, "odd").waitFor();
  await line(page, "odd").locator(".row-body").click();
  await page.locator(".detail-json").waitFor();
  assert.match(await page.locator(".detail-json").textContent(), /"msg": "odd"/);
  assert.match(await page.locator(".detail").textContent(), /container\.id/);
  await page.getByRole("button", { name: "Copy line" }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '{"level":"warn","msg":"odd","n":7}');
  await page.screenshot({ path: `${pictures}/opened.png` });
  await page.getByRole("button", { name: "Show around" }).click();
  await page.locator(".is-target").waitFor();
  for (const text of ["before 19", "behind 0"]) await line(page, text).first().waitFor();
  await page.reload();
  await page.locator(".is-target").waitFor();
  assert.match(await page.locator(".is-target").textContent(), /odd/);
}

async function findsNothing({ page, url }) {
  await page.goto(`${url}#q=nosuchword&range=15m`);
  await page.getByText("No match in this time range").waitFor();
  await page.getByRole("button", { name: "Clear the search" }).click();
  await until("lines again", async () => (await lines(page)).length > 0);
}
