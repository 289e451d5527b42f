"""``convert`` with two worker processes against one process, and against the usual hand-written loop.

Whole processes, start-up included, alternate over the same 2,000 JPEGs, so that outside load hits all alike.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from throughput import COUNT, HEIGHT, LOOP, WIDTH, photo_images
from timing import TOOL, alternate, claim, middle

COPIES, ROUNDS = 5, 3
ALONE, PLAIN = 1.85, 2.0
"""Speed with two processes, times that with one, and times the plain loop's."""


def fill(folder: Path) -> None:
    """Write COUNT images, each under COPIES names."""
    for index, picture in enumerate(photo_images()):
        first = folder / f"0-{index:03}.jpg"
        picture.save(first, quality=90)
        for copy in range(1, COPIES):
            os.link(first, folder / f"{copy}-{index:03}.jpg")


def main() -> None:
    """Print the claims, and every run."""
    with TemporaryDirectory() as folder:
        source, plain, one, two = (Path(folder) / name for name in ("jpegs", "plain", "one", "two"))
        for path in (source, plain, one, two):
            path.mkdir()
        fill(source)
        convert = [TOOL, "convert", str(source), "-s", "pillow-rgb-01", "--quiet", "-o"]
        commands = [
            [sys.executable, "-c", LOOP, str(source), str(plain)],
            [*convert, str(one), "-j", "1"],
            [*convert, str(two), "-j", "2"],
        ]
        costs = alternate(commands, rounds=ROUNDS, empty=(plain, one, two))
        same = sum(
            (one / path.name).read_bytes() == path.read_bytes() == (two / path.name).read_bytes()
            for path in plain.iterdir()
        )
    what = f"convert -j 2 of {COUNT * COPIES:,} JPEGs of {HEIGHT}x{WIDTH} (HxW) on {os.cpu_count()} processors"
    loop, single, double = map(middle, costs)
    for other, seconds, limit in (("-j 1", single, ALONE), ("the plain loop", loop, PLAIN)):
        measured = f"{seconds / double:.2f} times the speed of {other}; {same} of {COUNT * COPIES} files the same"
        claim(what, measured, f"at least {limit} times", holds=seconds / double >= limit)
    for name, runs in zip(("loop", "-j 1", "-j 2"), costs, strict=True):
        print(f"        {name:8}{' '.join(f'{cost.seconds:.2f}' for cost in runs)} s")


if __name__ == "__main__":
    main()
