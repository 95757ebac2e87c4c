"""Discovery: containers that print one line and are removed are found, with their metadata, every time; and latency."""

import json
import threading
import time
import unittest
import urllib.request
from datetime import datetime, timezone

from harness import IMAGE, LONG, EngineTest, wait_until

RUNS = 100 if LONG else 30
LATENCY_LINES = 200
LATENCY_P99_MS = 150


class Discovery(EngineTest):
    def test_docker_run_rm_printing_one_line(self):
        for docker_host in (self.engine.host, "unix:///nonexistent/docker.sock"):
            with self.subTest(docker_host=docker_host):
                daemon = self.logboom(docker_host=docker_host).start()
                mark = "withsocket" if docker_host == self.engine.host else "withoutsocket"
                for number in range(RUNS):
                    self.engine.run(
                        "--rm", "--name", f"one-{number}", "--label", f"number={number}", IMAGE, "echo", f"{mark}{number}"
                    )
                found = wait_until(
                    lambda: (rows := daemon.search(f"{mark}* kind:log")) and len(rows) >= RUNS and rows, 20, "all lines"
                )
                by_body = {row["body"]: row for row in found}
                self.assertEqual(len(found), RUNS)
                for number in range(RUNS):
                    row = by_body[f"{mark}{number}"]
                    self.assertEqual(row["container_name"], f"one-{number}")
                    self.assertEqual(row["resource"]["container.label.number"], str(number))
                    self.assertIn(IMAGE, row["resource"]["container.image.name"])
                self.assertEqual(daemon.status()["gaps"], [])
                daemon.close()

    def test_latency_from_a_line_to_its_event(self):
        daemon = self.logboom().start()
        delays = []
        ready = threading.Event()

        def follow():
            request = urllib.request.urlopen(f"{daemon.address}/api/v1/tail?query=tick", timeout=60)
            ready.set()
            for line in request:
                if line.startswith(b"data:") and b"tick" in line:
                    arrived = time.time()
                    record = json.loads(line[5:])
                    written = datetime.fromisoformat(record["time"][:26]).replace(tzinfo=timezone.utc).timestamp()
                    delays.append((arrived - written) * 1000)
                    if len(delays) == LATENCY_LINES:
                        return

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        self.assertTrue(ready.wait(10))
        self.engine.run(
            "-d", "--rm", "--name", "ticker", IMAGE,
            "sh", "-c", f"n=0; while [ $n -lt {LATENCY_LINES} ]; do n=$((n+1)); echo tick $n; usleep 47000; done",
        )
        thread.join(60)
        self.assertEqual(len(delays), LATENCY_LINES)
        delays.sort()
        p50, p99 = delays[len(delays) // 2], delays[int(len(delays) * 0.99)]
        print(f"line to event on /api/v1/tail: p50 {p50:.0f} ms, p99 {p99:.0f} ms")
        self.assertLess(p99, LATENCY_P99_MS)

    def test_metadata_restart_and_rename(self):
        daemon = self.logboom().start()
        self.engine.run(
            "-d", "--name", "before", "--label", "com.docker.compose.project=shop", "--label",
            "com.docker.compose.service=cart", IMAGE, "sh", "-c", "echo life one; echo oops >&2; exit 3",
        )
        wait_until(lambda: daemon.search("life"), 20)
        self.engine.docker("rename", "before", "after")
        self.engine.docker("start", "after")
        rows = wait_until(lambda: (rows := daemon.search("life")) and len(rows) == 2 and rows, 20, "the second life")
        self.assertEqual([row["container_name"] for row in rows], ["before", "after"])
        self.assertEqual({row["resource"]["service.name"] for row in rows}, {"cart"})
        deaths = wait_until(lambda: (r := daemon.search("kind:lifecycle code (container_name:before OR container_name:after)")) and len(r) == 2 and r, 20, "two deaths")
        self.assertEqual([row["attributes"]["container.exit_code"] for row in deaths], [3, 3])
        renames = daemon.search("kind:lifecycle renamed container_name:after")
        self.assertEqual(len(renames), 1)
        self.engine.docker("rm", "after")
        wait_until(lambda: len(daemon.search("kind:lifecycle removed container_name:after")) == 1, 20, "the removal")

    def test_tty_and_no_newline_at_exit_and_bytes(self):
        daemon = self.logboom().start()
        self.engine.run("-d", "-t", "--name", "tty", IMAGE, "sh", "-c", "echo tty line; printf 'end of tty'")
        self.engine.run("-d", "--name", "raw", IMAGE, "sh", "-c", r"printf 'esc \033[31mred\033[0m nul\000 bytes\n'; printf 'no newline'")
        self.engine.run("-d", "--name", "edge", IMAGE, "sh", "-c", "head -c 16384 /dev/zero | tr '\\0' y; echo; echo after")
        rows = wait_until(lambda: (r := daemon.search("container_name:tty kind:log")) and len(r) == 2 and r, 20, "both TTY lines")
        self.assertEqual([row["body"].rstrip("\r") for row in rows], ["tty line", "end of tty"])
        rows = wait_until(lambda: (r := daemon.search("container_name:raw kind:log")) and len(r) == 2 and r, 20, "both raw lines")
        self.assertEqual(rows[0]["body"], "esc \x1b[31mred\x1b[0m nul\0 bytes")
        self.assertTrue(rows[1]["partial"])
        rows = wait_until(lambda: (r := daemon.search("container_name:edge kind:log")) and len(r) == 2 and r, 20, "a line of exactly 16,384 bytes")
        self.assertEqual([len(row["body"]) for row in rows], [16384, 5])
        text = daemon.cli("search", "container_name:raw esc")
        self.assertNotIn("\x1b", text)


if __name__ == "__main__":
    unittest.main()
