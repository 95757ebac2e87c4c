"""Watches the bytes that a folder takes on the disk, every 10 ms: watch_disk.py FOLDER MAX_BYTES.

Runs until its standard input ends, then prints one JSON object: samples, the highest sum, and how often the sum was
surely above MAX_BYTES.

A walk is no snapshot: what is freed behind it and used before it counts twice. So everything is looked at twice, and of
each file the smaller figure counts: a file that grew or shrank once had at least that much at the moment between the two
looks. A sum above the limit is therefore a true one. A file that is renamed is known by its inode and counts once.
"""

import json
import os
import select
import sys
import time

PERIOD_SECONDS = 0.010
STAT_BLOCK_BYTES = 512


def walk(folder):
    """(device, inode) -> allocated bytes, of everything below a folder and of itself."""
    found, folders = {}, [folder]
    while folders:
        path = folders.pop()
        try:
            stat = os.lstat(path)
            found[stat.st_dev, stat.st_ino] = stat.st_blocks * STAT_BLOCK_BYTES
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                        continue
                    stat = os.lstat(entry.path)
                    found[stat.st_dev, stat.st_ino] = stat.st_blocks * STAT_BLOCK_BYTES
        except FileNotFoundError:
            continue
    return found


def main():
    folder, limit = sys.argv[1], int(sys.argv[2])
    samples, highest, over, longest_pause, last = 0, 0, [], 0.0, time.monotonic()
    while True:
        first, second = walk(folder), walk(folder)
        total = sum(min(size, second.get(file, 0)) for file, size in first.items())
        samples, highest = samples + 1, max(highest, total)
        if total > limit:
            over.append(total)
        now = time.monotonic()
        longest_pause, last = max(longest_pause, now - last), now
        if select.select([sys.stdin], [], [], PERIOD_SECONDS)[0]:
            break
    print(json.dumps({"samples": samples, "highest": highest, "over": over[:20], "longest_pause": longest_pause}))


if __name__ == "__main__":
    main()
