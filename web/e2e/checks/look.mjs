// Pictures for people, and what can be checked about looks: a phone's width, both colour schemes, the keyboard.

import assert from "node:assert/strict";
import { settled, until } from "../browser.mjs";

export const checks = [
  ["pictures, dark and light, wide and narrow", look],
  ["everything can be reached by keyboard", keyboard],
];

export async function look({ page, url, pictures, docker }) {
  if (docker) demo(docker);
  await page.goto(url);
  await settled(page);
  await page.waitForTimeout(600);
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${pictures}/wide-${colorScheme}.png` });
  }
  await page.setViewportSize({ width: 390, height: 800 });
  await page.waitForTimeout(300);
  await page.screenshot({ path: `${pictures}/phone.png` });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `the page is ${width} wide on a phone of 390`);
  await page.locator(".drawer").click();
  await page.locator(".side").waitFor();
  await page.waitForTimeout(250);
  await page.screenshot({ path: `${pictures}/phone-containers.png` });
}

async function keyboard({ page, url, pictures }) {
  await page.goto(url);
  await settled(page);
  await page.keyboard.press("/");
  assert.equal(await focusedClass(page), "search-input");
  await page.keyboard.press("Escape");
  await page.keyboard.press("k");
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await page.locator(".row.is-expanded:focus").waitFor();
  await page.keyboard.press("Enter");
  await until("closed", async () => (await page.locator(".is-expanded").count()) === 0);
  await page.keyboard.press("g");
  await page.locator(".resume").waitFor({ state: "hidden" });
  await page.keyboard.press("?");
  await page.locator("dialog[open]").waitFor();
  await page.screenshot({ path: `${pictures}/help.png` });
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "hidden" });
  const unnamed = await page.evaluate(() =>
    [...document.querySelectorAll("button, input")]
      .filter((node) => node.offsetParent && !(node.textContent || node.ariaLabel || node.title || node.labels?.length))
      .map((node) => node.outerHTML));
  assert.deepEqual(unnamed, [], "every control has a name");
}

async function focusedClass(page) {
  return page.evaluate(() => document.activeElement?.className);
}

function demo(docker) {
  const json = (level, msg, more = {}) => JSON.stringify({ level, msg, ...more });
  docker.container("shop-checkout-1").print([
    json("info", "order placed", { order: 48211, user: "u17", took_ms: 31 }),
    json("warn", "payment provider slow", { order: 48212, took_ms: 2104 }),
    json("error", "payment provider timed out", { order: 48212, provider: "bank.example" }),
  ]);
  docker.container("traefik").print([
    '10.0.3.18 - - "GET /api/items/7 HTTP/1.1" 200 512 "-" "curl/8.5.0" 3ms',
    '10.0.3.21 - - "POST /api/orders HTTP/1.1" 502 162 "-" "Mozilla/5.0" 2107ms',
  ]);
  docker.container("payments").print("WARN retry 2 of 5: connection refused (api.bank.example:443)", "stderr");
  docker.container("worker").print("\u001b[32m✔\u001b[0m processed \u001b[1m128\u001b[0m items in \u001b[36m3.2s\u001b[0m");
}
