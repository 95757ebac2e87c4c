"""A container that prints far too much: write_noise.py JSON_FILE MEGABYTES_PER_SECOND SECONDS FIRST_NUMBER.

Appends numbered lines of about 1,000 bytes, a third of them random, to a json-file at a steady rate; prints the number of
the last line. Ends early, in order, when its standard input ends.
"""

import os
import select
import sys
import time
from datetime import datetime, timezone

SLICE_SECONDS = 0.02
FILLER = "the quick brown fox jumps over the lazy dog " * 10


def main():
    path, rate, seconds, number = sys.argv[1], float(sys.argv[2]) * 1e6, float(sys.argv[3]), int(sys.argv[4])
    started, written = time.monotonic(), 0
    with open(path, "a", encoding="ascii", buffering=1 << 20) as file:
        while (elapsed := time.monotonic() - started) < seconds:
            due = rate * elapsed - written
            now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
            size = 0
            while size < due:
                line = f'{{"log":"noise n{number} {os.urandom(224).hex()} {FILLER}\\n","stream":"stdout","time":"{now}{number % 1000:03}Z"}}\n'
                file.write(line)
                size += len(line)
                number += 1
            file.flush()
            written += size
            if select.select([sys.stdin], [], [], SLICE_SECONDS)[0]:
                break
    print(number - 1)


if __name__ == "__main__":
    main()
