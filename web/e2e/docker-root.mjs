// A Docker root directory as dockerd leaves it, written by the test itself: containers/<id>/{config.v2.json,
// hostconfig.json, <id>-json.log}. Lines go in as the json-file driver writes them.

import { appendFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";

export class DockerRoot {
  constructor(folder) {
    this.folder = folder;
    mkdirSync(join(folder, "containers"), { recursive: true });
  }

  /** A running container. */
  container(name, { image = `example/${name}:1.0`, labels = {} } = {}) {
    return new Container(this.folder, name, image, labels);
  }
}

class Container {
  constructor(root, name, image, labels) {
    this.name = name;
    this.id = createHash("sha256").update(`${root}/${name}`).digest("hex");
    this.folder = join(root, "containers", this.id);
    this.log = join(this.folder, `${this.id}-json.log`);
    this.config = {
      State: { Running: true, Paused: false, Restarting: false, OOMKilled: false, Dead: false, Pid: 4242, ExitCode: 0,
        Error: "", StartedAt: new Date().toISOString(), FinishedAt: "0001-01-01T00:00:00Z" },
      ID: this.id,
      Created: new Date().toISOString(),
      Path: "sh",
      Args: [],
      Config: { Hostname: this.id.slice(0, 12), Tty: false, Env: [], Image: image, Labels: labels },
      Image: `sha256:${createHash("sha256").update(image).digest("hex")}`,
      LogPath: this.log,
      Name: `/${name}`,
      Driver: "overlay2",
      RestartCount: 0,
    };
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, "hostconfig.json"), JSON.stringify({ LogConfig: { Type: "json-file", Config: {} } }));
    this.writeConfig();
    appendFileSync(this.log, "");
  }

  writeConfig() {
    writeFileSync(join(this.folder, "config.v2.json"), JSON.stringify(this.config));
  }

  /** Writes lines, now; `stream` is stdout or stderr. */
  print(lines, stream = "stdout") {
    const time = new Date().toISOString();
    const list = Array.isArray(lines) ? lines : [lines];
    const text = list.map((log, index) => {
      const nanoseconds = String(index % 1_000_000).padStart(6, "0");
      return `${JSON.stringify({ log: `${log}\n`, stream, time: time.replace("Z", `${nanoseconds}Z`) })}\n`;
    });
    appendFileSync(this.log, text.join(""));
  }

  /** What a power loss or an eager script does: the file becomes shorter than what was read. */
  truncate() {
    truncateSync(this.log, 0);
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }
}
