// Hostile logs: nothing in a line acts, hides or reorders.

import assert from "node:assert/strict";
import { line, settled, until } from "../browser.mjs";

export const checks = [
  ["hostile lines are text and nothing else", staysInert],
  ["a huge line is cut, and shown whole on demand", cutsHuge],
  ["the page asks no other host for anything", staysHome],
];

const HOSTILE = [
  `<img src=x onerror="alert(1)"><script>alert(2)</script><svg onload=alert(3)>`,
  `"><iframe srcdoc="<script>parent.alert(4)</script>"></iframe><a href="javascript:alert(5)">x</a>`,
  "\u001b[31mred\u001b[0m \u001b]8;;http://evil.example/\u0007link\u001b]8;;\u0007 \u001b[2J\u009b1m",
  "invoice\u202egnp.exe \u2066hidden\u2069 zero\u200bwidth \ufeff",
  "{{constructor.constructor('alert(6)')()}} ${alert(7)} %3Cscript%3E",
];

async function staysInert({ page, url, docker, pictures }) {
  await page.setViewportSize({ width: 1360, height: 2400 });
  const evil = docker.container("evil", { image: "<b onmouseover=alert(8)>:1", labels: { "a<i>": "<u>x</u>" } });
  evil.print(HOSTILE, "stderr");
  await page.goto(`${url}#q=container_name%3Aevil`);
  await line(page, "onerror=").waitFor();
  await page.locator(".side-name", { hasText: "evil" }).waitFor();
  for (const row of await page.locator(".row").all()) await row.locator(".row-toggle").click();
  await until("all open", async () => (await page.locator(".detail").count()) >= HOSTILE.length);
  await page.waitForTimeout(300);
  const made = await page.evaluate(() => {
    const foreign = "img, script, svg, iframe, a, b, i, u, object, embed, link, style, form, input";
    return [...document.querySelectorAll(".list *")].filter((node) => node.matches(foreign)).map((node) => node.outerHTML);
  });
  assert.deepEqual(made, [], "no element came out of a line");
  const text = await page.locator(".list").textContent();
  for (const visible of ["<img src=x", "<U+202E>", "<U+2066>", "<U+200B>", "<U+FEFF>", "<U+009B>", "<ESC>", "<b onmouseover"]) {
    assert.ok(text.includes(visible), `${visible} is visible`);
  }
  assert.doesNotMatch(text, /[\u001b\u0007\u202a-\u202e\u2066-\u2069\u200b\ufeff\u009b]/, "no such character is in the page");
  assert.equal(await page.locator(".ansi-fg-1", { hasText: "red" }).first().textContent(), "red");
  await page.screenshot({ path: `${pictures}/hostile.png` });
}

async function cutsHuge({ page, url, docker }) {
  docker.container("huge").print(`start ${"x".repeat(300_000)} end`);
  await page.goto(`${url}#q=container_name%3Ahuge`);
  const row = page.locator(".row", { hasText: "start xxx" });
  await row.waitFor();
  assert.ok((await row.textContent()).length < 2_000);
  await page.locator("body").press("w");
  await row.locator(".row-more").click();
  await until("all of it", async () => (await row.locator(".row-body").textContent()).endsWith(" end"));
}

async function staysHome({ page, url }) {
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  const answer = await page.goto(url);
  await settled(page);
  assert.deepEqual(asked.filter((address) => !address.startsWith(url)), []);
  const policy = answer.headers()["content-security-policy"];
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
}
