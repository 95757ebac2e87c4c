// Chromium with a profile of its own, and a page that remembers everything that must not happen in it.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function launch(folder) {
  const given = process.env.CHROMIUM_BIN;
  const executablePath = given ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
  if (!executablePath) throw new Error("no Chromium in /usr/bin: install it, or set CHROMIUM_BIN");
  return chromium.launchPersistentContext(join(folder, "profile"), {
    executablePath,
    headless: true,
    args: ARGS,
    viewport: { width: 1360, height: 820 },
    colorScheme: "dark",
    permissions: ["clipboard-read", "clipboard-write"],
  });
}

/** A new page; `page.offences` lists dialogs, script errors and violations of the Content-Security-Policy. */
export async function newPage(context) {
  const page = await context.newPage();
  page.offences = [];
  page.setDefaultTimeout(8_000);
  await page.exposeFunction("reportOffence", (text) => page.offences.push(text));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      window.reportOffence(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  page.on("dialog", (dialog) => {
    page.offences.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => page.offences.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy/.test(message.text())) page.offences.push(message.text());
  });
  return page;
}

/** The texts of the lines that are drawn, in order. */
export function lines(page) {
  return page.locator(".row-body").allTextContents();
}

export function line(page, text) {
  return page.locator(".row", { hasText: text });
}

/** Types into the search box and waits until the answer is drawn. */
export async function search(page, query) {
  await page.locator(".search-input").fill(query);
  await page.locator(".search-input").press("Enter");
  await settled(page);
}

/** The rows of the current view are here and drawn; changes take effect with the next frames. */
export async function settled(page) {
  await frames(page);
  await page.waitForFunction(() => document.querySelector(".list") && !document.querySelector(".list.is-stale"));
  await frames(page);
}

async function frames(page) {
  await page.evaluate(() => new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)));
  }));
}

export async function until(what, check, timeoutMs = 8_000) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const last = await check();
    if (last === true) return;
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what} (last: ${JSON.stringify(last)})`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
