// The real logboom, started and killed like a user and an out-of-memory killer would.

import { spawn } from "node:child_process";
import { openSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/** Where the binary is: LOGBOOM_BIN, or what cargo built last. */
export function binaryPath() {
  const given = process.env.LOGBOOM_BIN;
  if (given) return given;
  const target = process.env.CARGO_TARGET_DIR ?? new URL("../../target", import.meta.url).pathname;
  const built = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const [found] = ["debug", "release"].map((profile) => join(target, profile, "logboom")).sort((a, b) => built(b) - built(a));
  if (built(found) === 0) throw new Error(`no logboom in ${target}: build it (cargo build -p logboom) or set LOGBOOM_BIN`);
  return found;
}

export class Daemon {
  constructor(folder, dockerRoot, port) {
    this.folder = folder;
    this.dockerRoot = dockerRoot;
    this.port = port;
    this.url = `http://127.0.0.1:${port}/`;
    this.logFile = join(folder, "daemon.log");
    this.binary = binaryPath();
  }

  async start() {
    const log = openSync(this.logFile, "a");
    const args = ["up", "--data-dir", join(this.folder, "data"), "--listen", `127.0.0.1:${this.port}`];
    // No engine: an engine of this machine must not be asked about containers that the test made up.
    args.push("--docker-root", this.dockerRoot, "--docker-host", `unix://${this.folder}/no-engine.sock`);
    this.child = spawn(this.binary, args, { cwd: this.folder, stdio: ["ignore", log, log] });
    this.ended = new Promise((resolve) => this.child.once("exit", resolve));
    const deadline = Date.now() + 20_000;
    while (Date.now() < deadline) {
      if (this.child.exitCode !== null) throw new Error(`logboom ended with ${this.child.exitCode}: see ${this.logFile}`);
      try {
        if ((await fetch(`${this.url}readyz`)).ok) return;
      } catch {
        // Not listening yet.
      }
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    throw new Error(`logboom is not ready after 20 s: see ${this.logFile}`);
  }

  /** The page in the binary is the one built last, or what is tested is not what was changed. */
  async assertPage() {
    const built = readFileSync(new URL("../dist/index.html", import.meta.url), "utf8");
    const served = await (await fetch(this.url)).text();
    if (served !== built) throw new Error(`${this.binary} has another page than dist/: build the page, then logboom`);
  }

  /** kill -9. */
  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  async stop() {
    if (this.child?.exitCode === null && this.child.signalCode === null) {
      this.child.kill("SIGTERM");
      await this.ended;
    }
  }
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
