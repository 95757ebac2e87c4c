// The page's tests in a real browser against the real program.
//
//   npm run e2e                 starts logboom (LOGBOOM_BIN, or cargo's target folder) on containers it makes up
//   npm run e2e -- hostile      only the checks whose name contains the word
//   npm run e2e -- http://…     only looks at a logboom that runs already: opens it and takes pictures
//
// Pictures and logs stay in the temporary folder that is printed; CHROMIUM_BIN names another browser.

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch, newPage } from "./browser.mjs";
import { Daemon, freePort } from "./daemon.mjs";
import { DockerRoot } from "./docker-root.mjs";
import { checks as answerChecks } from "./checks/answers.mjs";
import { checks as liveChecks } from "./checks/live.mjs";
import { checks as lookChecks, look } from "./checks/look.mjs";
import { checks as resumeChecks } from "./checks/resume.mjs";
import { checks as safetyChecks } from "./checks/safety.mjs";
import { checks as searchChecks } from "./checks/search.mjs";
import { checks as wireChecks } from "./checks/wire.mjs";

const CHECKS = [...liveChecks, ...searchChecks, ...answerChecks, ...safetyChecks, ...resumeChecks, ...wireChecks, ...lookChecks];

const argument = process.argv[2] ?? "";
const folder = mkdtempSync(join(tmpdir(), "logboom-page-"));
const pictures = join(folder, "pictures");
mkdirSync(pictures);
console.log(`pictures and logs: ${folder}`);

const browser = await launch(folder);
let failed = 0;
try {
  failed = argument.startsWith("http") ? await lookOnly(argument) : await runChecks(argument);
} finally {
  await browser.close();
}
process.exit(failed === 0 ? 0 : 1);

async function lookOnly(url) {
  const page = await newPage(browser);
  await look({ page, url, pictures });
  for (const offence of page.offences) console.error(offence);
  return page.offences.length;
}

async function runChecks(wanted) {
  const docker = new DockerRoot(join(folder, "docker"));
  const daemon = new Daemon(folder, docker.folder, await freePort());
  await daemon.start();
  let failures = 0;
  try {
    await daemon.assertPage();
    console.log(`testing ${daemon.binary}`);
    for (const [name, check] of CHECKS.filter(([name]) => name.includes(wanted))) {
      const page = await newPage(browser);
      const started = Date.now();
      try {
        const note = await check({ page, url: daemon.url, daemon, docker, pictures });
        if (page.offences.length > 0) throw new Error(page.offences.join("\n"));
        console.log(`ok    ${name} (${Date.now() - started} ms)${note ? `: ${note}` : ""}`);
      } catch (error) {
        failures += 1;
        console.error(`FAIL  ${name}\n${error.stack}`);
        const file = join(pictures, `FAIL-${name.replace(/\W+/g, "-")}`);
        await page.screenshot({ path: `${file}.png` }).catch(() => undefined);
        writeFileSync(`${file}.html`, await page.content().catch(() => ""));
      }
      await page.close();
    }
  } finally {
    await daemon.stop();
  }
  console.log(failures === 0 ? "all checks passed" : `${failures} checks failed`);
  return failures;
}
