"""Docker's own doings around a file, with the real engine: rotation while logboom is away, runs without a last newline,
an engine that is restarted."""

import collections
import pathlib
import unittest

from harness import IMAGE, EngineTest, wait_until

COUNTER = "n=0; while [ $n -lt {lines} ]; do n=$((n+1)); echo mark n$n; done; echo last"


class Rotation(EngineTest):
    def test_no_newline_at_exit_run_after_run_while_logboom_was_away(self):
        daemon = self.logboom().start()
        daemon.kill()
        self.engine.run("--name", "crashing", IMAGE, "sh", "-c", "echo begin; printf 'panic: no config'")
        for _ in range(4):
            self.engine.docker("start", "--attach", "crashing")
        daemon.start()
        rows = wait_until(
            lambda: (r := daemon.search("container_name:crashing kind:log")) and len(r) >= 10 and r, 20, "all runs"
        )
        self.assertEqual([row["body"] for row in rows], ["begin", "panic: no config"] * 5)
        self.assertEqual([row.get("partial", False) for row in rows], [False, True] * 5)

    def test_rotated_and_compressed_while_logboom_was_away(self):
        daemon = self.logboom().start()
        daemon.kill()
        lines = 5000
        options = ["--log-opt", "max-size=40k", "--log-opt", "max-file=50", "--log-opt", "compress=true"]
        self.engine.run("--name", "packed", *options, IMAGE, "sh", "-c", COUNTER.format(lines=lines))
        folder = pathlib.Path(self.engine.root, "containers", self.engine.docker("inspect", "-f", "{{.Id}}", "packed"))
        wait_until(lambda: len(list(folder.glob("*.gz"))) > 3, 20, "compressed files")
        daemon.start()
        wait_until(lambda: daemon.search("container_name:packed last"), 30, "the last line")
        rows = daemon.search("container_name:packed mark")
        self.assertEqual([row["body"] for row in rows], [f"mark n{n}" for n in range(1, lines + 1)])
        self.assertEqual(daemon.status()["gaps"], [])

    def test_rotated_away_while_logboom_was_away_is_a_gap(self):
        daemon = self.logboom().start()
        options = ["--log-opt", "max-size=20k", "--log-opt", "max-file=2"]
        script = "echo first; while [ ! -e /tmp/go ]; do usleep 20000; done; " + COUNTER.format(lines=3000)
        self.engine.run("-d", "--name", "hasty", *options, IMAGE, "sh", "-c", script)
        wait_until(lambda: daemon.search("container_name:hasty first"), 20)
        daemon.kill()
        self.engine.docker("exec", "hasty", "touch", "/tmp/go")
        self.engine.docker("wait", "hasty")
        daemon.start()
        wait_until(lambda: daemon.search("container_name:hasty last"), 20)
        numbers = [int(row["body"].split(" n")[1]) for row in daemon.search("container_name:hasty mark")]
        self.assertEqual(numbers, list(range(numbers[0], 3001)), "what Docker kept is whole")
        self.assertGreater(numbers[0], 1)
        gaps = daemon.status()["gaps"]
        self.assertEqual([(gap["reason"], gap["resource"]) for gap in gaps], [("source_rotated_away", "hasty")])

    def test_the_engine_is_restarted(self):
        daemon = self.logboom().start()
        script = "r=$(cat /proc/sys/kernel/random/uuid); n=0; while :; do n=$((n+1)); echo tick $r $n; usleep 5000; done"
        self.engine.run("-d", "--name", "steady", "--restart", "always", IMAGE, "sh", "-c", script)
        wait_until(lambda: len(daemon.search("container_name:steady tick")) > 50, 20)
        self.engine.restart()
        runs = lambda: {row["body"].split()[1] for row in daemon.search("container_name:steady tick")}
        wait_until(lambda: len(runs()) == 2, 30, "the second run")
        self.engine.docker("rm", "-f", "steady")
        wait_until(lambda: daemon.search("container_name:steady kind:lifecycle removed"), 20, "the removal")
        by_run = collections.defaultdict(list)
        for row in daemon.search("container_name:steady tick"):
            _, run, number = row["body"].split()
            by_run[run].append(int(number))
        for numbers in by_run.values():
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        self.assertEqual(daemon.status()["gaps"], [])


if __name__ == "__main__":
    unittest.main()
