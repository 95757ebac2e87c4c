"""The budget: a container that prints far too much takes its own history away, not that of the quiet ones, and the
disk never holds more than was allowed, not for a moment, not while logboom is killed again and again.

The containers are files only: one is written to at 50 MB/s, twenty print a line now and then and printed all their
history before, yesterday.
"""

import json
import pathlib
import random
import subprocess
import sys
import threading
import time
import unittest
from datetime import datetime, timedelta, timezone

from harness import LONG, ContainerFiles, Logboom, wait_until

HERE = pathlib.Path(__file__).resolve().parent
MIB = 1 << 20
# A gigabyte takes minutes to fill a few times over; the short tier has a budget in proportion.
BUDGET_MIB = 1024 if LONG else 64
FLOOD_SECONDS = 150 if LONG else 20
FLOOD_MB_PER_SECOND = 50
KILLS = 60 if LONG else 8
QUIET = 20
HISTORY_LINES = 300
QUIET_PERIOD_SECONDS = 0.5


class Space(unittest.TestCase):
    def setUp(self):
        self.files = ContainerFiles()
        self.addCleanup(self.files.close)
        self.noisy = self.files.create("noisy")
        self.quiet = {f"quiet-{number}": self.files.create(f"quiet-{number}") for number in range(QUIET)}
        self.printed = dict.fromkeys(self.quiet, 0)
        self.stop_printing = threading.Event()

    def daemon(self, budget_mib):
        daemon = Logboom(self.files.root, max_bytes=f"{budget_mib}MiB")
        self.addCleanup(daemon.close)
        return daemon

    def print_quiet(self, time_of_line):
        """One more line of each quiet container."""
        for name, log in self.quiet.items():
            self.printed[name] += 1
            stamp = time_of_line.strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{self.printed[name] % 1000:03}Z"
            with open(log, "a", encoding="utf-8") as file:
                file.write(json.dumps({"log": f"calm {name} n{self.printed[name]}\n", "stream": "stdout", "time": stamp}) + "\n")

    def print_history(self):
        yesterday = datetime.now(timezone.utc) - timedelta(hours=30)
        for line in range(HISTORY_LINES):
            self.print_quiet(yesterday + timedelta(seconds=line))

    def keep_printing(self):
        while not self.stop_printing.wait(QUIET_PERIOD_SECONDS):
            self.print_quiet(datetime.now(timezone.utc))

    def in_background(self):
        thread = threading.Thread(target=self.keep_printing, daemon=True)
        thread.start()

        def stop():
            self.stop_printing.set()
            thread.join()

        self.addCleanup(stop)
        return stop

    def start(self, script, *arguments):
        """A helper process that ends when its standard input does; ended at the latest with the test."""
        process = subprocess.Popen(
            [sys.executable, HERE / script, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(lambda: process.poll() is not None or process.kill())
        return process

    def finish(self, process, seconds=60):
        """Ends a helper's standard input and returns what it printed."""
        output, _ = process.communicate(timeout=seconds)
        self.assertEqual(process.returncode, 0)
        return json.loads(output)

    def wait_for_all_lines(self, daemon, noise_lines):
        """Until the last line of each container was taken in, and sealing and rewriting have come to rest."""
        wait_until(lambda: daemon.search(f"container_name:noisy n{noise_lines}", limit=5), 120, "the last noisy line")
        for name, count in self.printed.items():
            wait_until(lambda: daemon.search(f"container_name:{name} n{count}", limit=5), 60, f"the last line of {name}")
        wait_until(lambda: daemon.status()["store"]["journal_files"] <= 2, 120, "closed journal files to be sealed")

    def check_quiet_lines(self, daemon):
        """Every line of every quiet container: once, in order."""
        for name, count in self.printed.items():
            rows = daemon.search(f"container_name:{name} kind:log", since="2000-01-01T00:00:00Z")
            rows.sort(key=lambda row: row["seq"])
            bodies = [row["body"] for row in rows]
            self.assertEqual(bodies, [f"calm {name} n{number}" for number in range(1, count + 1)], name)

    def check_noise(self, daemon, noise_lines):
        """What is left of the noise is its newest part, and what is gone was counted to the line."""
        left = daemon.count("container_name:noisy kind:log")
        self.assertLess(left, noise_lines, "the flood was too small to need eviction")
        self.assertGreater(left, 0)
        missing = daemon.missing()
        gaps = daemon.search("kind:gap", since="2000-01-01T00:00:00Z")
        attributes = [gap["attributes"] for gap in gaps]
        self.assertEqual({(row["gap.reason"], row["gap.count_kind"]) for row in attributes}, {("evicted", "exact")})
        told = sum(row["gap.count"] for row in attributes)
        status = daemon.status()
        print(f"{noise_lines} noisy lines, {left} left; {told} told as evicted in {len(gaps)} gap rows; {status['store']['segments']} segments")
        self.assertEqual(told, missing, "seqs that are gone and what the gap rows tell")

    def check_budget(self, seen, budget_mib):
        print(f"{seen['samples']} samples, at most {seen['highest'] / MIB:.1f} of {budget_mib} MiB, longest pause {seen['longest_pause'] * 1e3:.0f} ms")
        self.assertEqual(seen["over"], [], f"bytes on disk passed {budget_mib * MIB}")
        self.assertGreater(seen["highest"], budget_mib * MIB * 0.6, "the budget was hardly used")

    def test_the_quiet_keep_their_history_beside_a_flood(self):
        self.print_history()
        daemon = self.daemon(BUDGET_MIB).start()
        for name in self.quiet:
            wait_until(lambda: daemon.search(f"container_name:{name} n{HISTORY_LINES}", since="48h", limit=5), 30, f"the history of {name}")
        watch = self.start("watch_disk.py", daemon.data, BUDGET_MIB * MIB)
        stop_printing = self.in_background()
        flood = self.start("write_noise.py", self.noisy, FLOOD_MB_PER_SECOND, FLOOD_SECONDS, 1)
        wait_until(lambda: flood.poll() is not None, FLOOD_SECONDS + 60, "the end of the flood")
        noise_lines = self.finish(flood)
        stop_printing()
        self.wait_for_all_lines(daemon, noise_lines)
        self.check_budget(self.finish(watch), BUDGET_MIB)
        self.check_quiet_lines(daemon)
        print(f"peak memory {daemon.memory_peak_mib():.0f} MiB")
        # An orderly stop writes what was added up of the minute's losses.
        daemon.terminate()
        daemon.start()
        self.check_quiet_lines(daemon)
        self.check_noise(daemon, noise_lines)

    def test_kill_9_during_sealing_and_rewriting_loses_and_doubles_nothing(self):
        budget_mib = 48
        seed = random.randrange(1 << 30)
        rng = random.Random(seed)
        print(f"seed {seed}")
        self.print_history()
        daemon = self.daemon(budget_mib).start()
        watch = self.start("watch_disk.py", daemon.data, budget_mib * MIB)
        stop_printing = self.in_background()
        flood = self.start("write_noise.py", self.noisy, 40, 3600, 1)
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.3, 2.5))  # the random moment of the kill
            daemon.kill()
            daemon.spawn()
            if rng.random() < 0.7:
                daemon.wait_ready()
        daemon.wait_ready()
        noise_lines = self.finish(flood)
        stop_printing()
        self.wait_for_all_lines(daemon, noise_lines)
        self.check_budget(self.finish(watch), budget_mib)
        self.check_quiet_lines(daemon)
        # The same once more after an orderly stop, which writes what was added up of the minute's losses.
        daemon.terminate()
        daemon.start()
        self.check_quiet_lines(daemon)
        self.check_noise(daemon, noise_lines)


if __name__ == "__main__":
    unittest.main()
