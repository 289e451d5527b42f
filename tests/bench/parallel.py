"""``convert`` with two worker processes against one process, and against the usual hand-written loop.

Whole processes, start-up included, alternate over the same 2,000 JPEGs, so that outside load hits all alike. One
process is pinned to one processor where ``taskset`` exists. Two plain loops side by side show what the machine can
gain.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from throughput import COUNT, HEIGHT, LOOP, WIDTH, photo_images
from timing import MEMORY, TOOL, alternate, claim, middle

COPIES, ROUNDS = 5, 3
ALONE, PLAIN, ONE = 1.85, 2.0, 1.1
"""Speed with two processes, times that with one, and times the plain loop's; speed with one, times the plain loop's."""
PIN = ["taskset", "-c", str(max(os.sched_getaffinity(0)))] if which("taskset") else []
SIDE_BY_SIDE = """
import subprocess, sys
half = sys.argv[3].replace('glob("*.jpg"))', 'glob("*.jpg"))[int(sys.argv[3])::2]')
loops = [subprocess.Popen([sys.executable, "-c", half, *sys.argv[1:3], part]) for part in "01"]
sys.exit(any([loop.wait() for loop in loops]))
"""


def fill(folder: Path) -> None:
    """Write COUNT images, each under COPIES names."""
    for index, picture in enumerate(photo_images()):
        first = folder / f"0-{index:03}.jpg"
        picture.save(first, quality=90)
        for copy in range(1, COPIES):
            os.link(first, folder / f"{copy}-{index:03}.jpg")


def main() -> None:
    """Print the claims, and every run."""
    with TemporaryDirectory(dir=MEMORY) as folder:
        source, plain, one, two, twice = (Path(folder) / name for name in ("jpegs", "plain", "one", "two", "twice"))
        for path in (source, plain, one, two, twice):
            path.mkdir()
        fill(source)
        convert = [TOOL, "convert", str(source), "-s", "pillow-rgb-01", "--quiet", "-o"]
        commands = [
            [*PIN, sys.executable, "-c", LOOP, str(source), str(plain)],
            [*PIN, *convert, str(one), "-j", "1"],
            [*convert, str(two), "-j", "2"],
            [sys.executable, "-c", SIDE_BY_SIDE, str(source), str(twice), LOOP],
        ]
        costs = alternate(commands, rounds=ROUNDS, empty=(plain, one, two, twice))
        same = sum(
            (one / path.name).read_bytes() == path.read_bytes() == (two / path.name).read_bytes()
            for path in plain.iterdir()
        )
    what = f"of {COUNT * COPIES:,} JPEGs of {HEIGHT}x{WIDTH} (HxW) on {os.cpu_count()} processors"
    loop, single, double, loops = map(middle, costs)
    print(f"two plain loops side by side: {loop / loops:.2f} times the speed of one")
    for job, own, other, seconds, limit in (
        ("-j 1", single, "the plain loop", loop, ONE),
        ("-j 2", double, "-j 1", single, ALONE),
        ("-j 2", double, "the plain loop", loop, PLAIN),
    ):
        measured = f"{seconds / own:.2f} times the speed of {other}; {same} of {COUNT * COPIES} files the same"
        claim(f"convert {job} {what}", measured, f"at least {limit} times", holds=seconds / own >= limit)
    for name, runs in zip(("loop", "-j 1", "-j 2", "loops"), costs, strict=True):
        print(f"        {name:8}{' '.join(f'{cost.seconds:.2f}' for cost in runs)} s")


if __name__ == "__main__":
    main()
