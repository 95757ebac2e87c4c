"""Exactly once: every line of real containers is found once, in order per stream, over `kill -9` of logboom.

Eight containers write numbered lines on both streams, among them stdout lines of 40,000 bytes (three partials) mixed
with short stderr lines, into files that rotate many times. The short tier kills a few times, the long one a hundred. Once with all the space
there is, and once with so little, beside a container that prints far too much, that files are sealed, rewritten and
evicted all the while.
"""

import random
import time
import unittest

from harness import IMAGE, LONG, EngineTest, wait_until

CONTAINERS = 8
KILLS = 100 if LONG else 12
# Lines carry their block, so that one search stays below the limit of results.
LINES_PER_BLOCK = 500
LONG_LINE_BYTES = 40_000
SMALL_BUDGET = "64MiB" if LONG else "48MiB"

WRITER = r"""
name=$1
pad=$(head -c 39950 /dev/zero | tr '\0' 'x')
n=0
while [ ! -e /tmp/stop ]; do
  i=0
  while [ $i -lt 20 ]; do
    i=$((i + 1)); n=$((n + 1)); b=blk$((n / 500))
    if [ $((n % 40)) -eq 0 ]; then line="out $b n$n $pad"; printf '%s\n' "$line"; else echo "out $b n$n short"; fi
    echo "err $b n$n" >&2
  done
  usleep $2
done
echo "done $name last=$n"
"""


# Some MB/s that no compression makes much smaller: most of what every segment holds, so that it is worth a rewrite.
FLOOD = "while [ ! -e /tmp/stop ]; do head -c 400000 /dev/urandom | base64 -w 1000 | sed 's/^/noise /'; usleep 20000; done; echo the flood is over"


class ExactlyOnce(EngineTest):
    def test_every_line_once_and_in_order_over_kill_9(self):
        daemon = self.logboom().start()
        self.write_and_kill(daemon, "once")
        self.assertEqual(daemon.status()["gaps"], [], "nothing was lost, so nothing may be called lost")

    def test_every_line_once_and_in_order_over_kill_9_while_segments_are_sealed_rewritten_and_evicted(self):
        daemon = self.logboom(max_bytes=SMALL_BUDGET).start()
        # Its file is never rotated away unread.
        self.engine.run("-d", "--name", "flood", IMAGE, "sh", "-c", FLOOD)
        self.write_and_kill(daemon, "spared", pause=500_000, flood="flood")
        # An orderly stop writes what was added up of the minute's losses.
        daemon.terminate()
        daemon.start()
        status = daemon.status()
        self.assertGreater(status["store"]["segments"], 0)
        missing = daemon.missing()
        gaps = daemon.search("kind:gap")
        self.assertEqual({gap["attributes"]["gap.reason"] for gap in gaps}, {"evicted"})
        told = sum(gap["attributes"]["gap.count"] for gap in gaps)
        print(f"{status['store']['segments']} segments, {told} evicted records told in {len(gaps)} gap rows")
        self.assertEqual(told, missing, "seqs that are gone and what the gap rows tell")

    def write_and_kill(self, daemon, prefix, pause=60_000, flood=None):
        """Containers print while logboom is killed again and again; then each line is looked for, once the container
        that printed too much was read to its end."""
        seed = random.randrange(1 << 30)
        rng = random.Random(seed)
        print(f"seed {seed}")
        names = [f"{prefix}-{number}" for number in range(CONTAINERS)]
        for name in names:
            self.engine.run(
                "-d", "--name", name, "--log-opt", "max-size=300k", "--log-opt", "max-file=900",
                IMAGE, "sh", "-c", WRITER, "writer", name, str(pause),
            )
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.05, 1.0))  # the random moment of the kill
            daemon.kill()
            time.sleep(rng.uniform(0.0, 0.4))  # lines go on while nobody reads
            daemon.spawn()
            if rng.random() < 0.5:
                daemon.wait_ready()
        daemon.wait_ready()
        everyone = names + [flood] * bool(flood)
        for name in everyone:
            self.engine.docker("exec", name, "touch", "/tmp/stop")
        if flood:
            wait_until(lambda: daemon.search(f'container_name:{flood} "the flood is over"'), 60, "the end of the flood")
        for name in names:
            with self.subTest(container=name):
                self.check(daemon, name)
        for name in everyone:
            self.engine.docker("rm", "-f", name)
        for name in everyone:
            wait_until(lambda: daemon.search(f"container_name:{name} kind:lifecycle removed"), 20, f"the removal of {name}")

    def check(self, daemon, name):
        done = wait_until(lambda: daemon.search(f"container_name:{name} done"), 60, f"the last line of {name}")
        self.assertEqual(len(done), 1)
        last = int(done[0]["body"].split("last=")[1])
        for block in range(last // LINES_PER_BLOCK + 1):
            first, end = max(1, block * LINES_PER_BLOCK), min(last + 1, (block + 1) * LINES_PER_BLOCK)
            records = daemon.search(f"container_name:{name} blk{block}")
            for stream, mark in (("stdout", "out"), ("stderr", "err")):
                rows = [r for r in records if r["stream"] == stream]
                numbers = [int(r["body"].split(" n")[1].split()[0]) for r in sorted(rows, key=lambda r: r["seq"])]
                self.assertEqual(numbers, list(range(first, end)), f"{name} {stream} block {block}")
                for row in rows:
                    self.assertTrue(row["body"].startswith(f"{mark} blk{block} n"), row["body"][:60])
                    number = int(row["body"].split(" n")[1].split()[0])
                    if stream == "stdout" and number % 40 == 0:
                        self.assertGreater(len(row["body"]), 39_950)
                        self.assertTrue(row["body"].endswith("x"))


if __name__ == "__main__":
    unittest.main()
