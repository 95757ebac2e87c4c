"""The segments are ordinary Parquet files: DuckDB and pyarrow read fifty and more of them as one table, with the same rows
as each other and as `logboom search`, while logboom runs and when it does not.

The lines are as unlike each other as real ones: one name with values of every type, names that differ only by a dot, an
underscore or their case, names that logboom's own columns have, 200 rare names, numbers that no float holds, and
bytes that are no text.
"""

import itertools
import json
import os
import subprocess
import threading
import time
import unittest

from harness import ContainerFiles, Logboom, python_with_readers, wait_until

SEGMENTS = 50
# A journal file holds a sixteenth of it: a few thousand lines make a segment.
BUDGET = "24MiB"
CONTAINERS = 4
LINES_AT_ONCE = 200
RARE_NAMES = 200
PAD = "all work and no play makes a dull log " * 20
READER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "read_segments.py")

# The same key with every type; a name whose type changes from line to line must not lose a value.
ANY_TYPE = ['"7"', "7", "7.5", "true", '{"id":7,"name":"x"}', "[1,\"two\",null]", "null", "{}", '""', "-0", "-0.0"]
NUMBERS = [
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "123456789012345678901234567890",
    "0.1", "0.30000000000000004", "1e400", "1E-400", "1.0", "100000000000000000000.5", "12.50",
]


def json_body(number):
    fields = {
        "n": str(number), "any": ANY_TYPE[number % len(ANY_TYPE)], "exact": NUMBERS[number % len(NUMBERS)],
        "time": f'"2020-01-01T00:00:{number % 60:02}Z"', "level": '"warn"' if number % 3 else str(number % 7),
        "seq": '"mine"', "body": "1", "resource": '{"a":1}', "attributes": '"x"', "stream": "true",
        f"rare_{number * 7 % RARE_NAMES}": str(number), "pad": json.dumps(PAD), "user_i64": '"text with a suffix"',
    }
    # The dot and the underscore never in one line: `a.b` is also what {"a":{"b":…}} is called.
    fields |= [{"a.b": '"dot"'}, {"a_b": '"underscore"'}, {"a": '{"b":"nested"}'}, {"A_b": "1"}, {"a.b": "2"}][number % 5]
    fields |= [{"user": '{"id":12,"tags":{"k":"v"}}'}, {"user": '"bob"'}, {"User": "true"}, {"usér ✓": '"é\\u0000\\ud83d\\ude00"'}][number % 4]
    return ("{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in fields.items()) + "}").encode()


def body(number):
    """The bytes of one line."""
    kind = number % 8
    if kind < 4:
        return json_body(number)
    if kind == 4:
        return f'ts=2026-11-22 level=info n={number} user=bob dur={number % 100}.5 ok=true msg="all \\"well\\"" {PAD}'.encode()
    if kind == 5:
        return f"plain line {number} ERROR {PAD}".encode()
    if kind == 6:
        return b"\xff\xfe not text \xc3\x28 %d " % number + PAD.encode()
    return f'{{"half": "of an object", {number} {PAD}'.encode()


def json_file_record(number):
    """A line as Docker's json-file driver writes it, with any bytes in it, and now and then with the driver's own attributes."""
    escaped = body(number).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    attributes = b'"attrs":{"tag":"t%d","env":"prod","any":"source"},' % (number % 3) if number % 16 < 2 else b""
    stamp = f"2026-11-22T10:{number // 60000 % 60:02}:{number // 1000 % 60:02}.{number % 1000:03}{number * 7919 % 10**6:06}Z"
    stream = b"stderr" if number % 5 == 0 else b"stdout"
    return b'{"log":"%s\\n","stream":"%s",%s"time":"%s"}\n' % (escaped, stream, attributes, stamp.encode())


class Openness(unittest.TestCase):
    def setUp(self):
        self.python = python_with_readers()
        self.files = ContainerFiles()
        self.addCleanup(self.files.close)
        self.logs = [self.files.create(f"writer-{number}") for number in range(CONTAINERS)]
        self.daemon = Logboom(self.files.root, max_bytes=BUDGET)
        self.addCleanup(self.daemon.close)

    def write(self, numbers):
        for log, start in zip(itertools.cycle(self.logs), numbers[::LINES_AT_ONCE]):
            with open(log, "ab") as file:
                file.write(b"".join(map(json_file_record, range(start, start + LINES_AT_ONCE))))

    def read(self, rows):
        """Reads and compares in a process of its own; returns what it says of itself."""
        result = subprocess.run(
            [self.python, READER, self.daemon.data, rows, str(SEGMENTS)], text=True, capture_output=True, timeout=300, check=False
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def save_rows(self, end):
        """Every record below a seq, in a file."""
        path = os.path.join(self.daemon.folder, "rows.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            for first in range(1, end, 5000):
                query = f"seq>={first} seq<{min(first + 5000, end)}"
                lines = self.daemon.cli(
                    "search", query, "--since", "2000-01-01T00:00:00Z", "--limit", "10000", "--output", "json"
                ).splitlines()
                file.writelines(line + "\n" for line in sorted(lines, key=lambda line: int(line.split('"seq":')[1].split(",")[0])))
        return path

    def test_duckdb_and_pyarrow_read_what_logboom_finds(self):
        self.daemon.start()
        number = 0
        while (store := self.daemon.status()["store"])["segments"] + store["journal_files"] < SEGMENTS + 5:
            self.assertLess(number, 400_000, "no files come")
            self.write(range(number, number + 8 * LINES_AT_ONCE))
            number += 8 * LINES_AT_ONCE
            time.sleep(0.02)
        wait_until(lambda: self.daemon.status()["store"]["segments"] >= SEGMENTS, 120, "closed files to be sealed")
        # It goes on writing and sealing while others read.
        stop, written = threading.Event(), [number]

        def go_on():
            while not stop.wait(0.3):
                self.write(range(written[0], written[0] + LINES_AT_ONCE))
                written[0] += LINES_AT_ONCE

        writer = threading.Thread(target=go_on)
        writer.start()
        try:
            end = self.daemon.status()["seq"] + 1
            rows = self.save_rows(end)
            seen = self.read(rows)
        finally:
            stop.set()
            writer.join()
        print(f"while it runs: {seen['segments']} segments, {seen['rows']} rows, {seen['compared']} compared")
        self.assertEqual(seen["compared"], min(seen["rows"], end - 1))
        self.check_columns(seen["columns"])

        wait_until(lambda: self.daemon.search(f"{written[0] - 1}", since="2000-01-01T00:00:00Z", limit=5), 60, "the last line")
        self.assertEqual(self.daemon.status()["gaps"], [], "nothing was evicted")
        self.daemon.terminate()
        # Nobody runs: `logboom search` reads the directory itself.
        seen = self.read(self.save_rows(end))
        print(f"when it is stopped: {seen['segments']} segments, {seen['rows']} rows, {seen['compared']} compared")
        self.assertEqual(seen["compared"], min(seen["rows"], end - 1))

    def check_columns(self, columns):
        """A type for each name, the same in all files."""
        suffixes = {"int64": "_i64", "double": "_f64", "bool": "_bool"}
        for name, kind in columns.items():
            self.assertTrue(name.endswith(suffixes.get(kind, "")), f"{name} is {kind}")
            if kind == "string":
                self.assertFalse(name.endswith(("_i64", "_f64", "_bool")), name)
        for name in ("attr_n_i64", "attr_any", "attr_any_i64", "attr_time", "attr_level", "attr_level_i64", "attr_pad"):
            self.assertIn(name, columns)


if __name__ == "__main__":
    unittest.main()
