"""What an image costs at the start and at the end of ``convert`` over 100,000 small files. Linux only: ``/proc``."""

from __future__ import annotations

import os
import subprocess
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep

import numpy as np
from PIL import Image
from timing import MEMORY, TOOL, claim
from tree import busy_seconds

COUNT, PARTS = 100_000, 10
GROWTH, PARENT = 1.03, 150
"""Cost of an image in the second half, times that in the first; microseconds of the process that distributes work."""
SPEC = """version: 1
shape: [N, 16, 16, 3]
layout: NHWC
dtype: float32
channel_order: RGB
value_range: [0, 1]
decode: {library: pillow, exif: ignore}
resize: {mode: stretch, size: [16, 16], interpolation: bicubic, library: pillow}
"""


def main() -> None:
    """Print the claims, and the cost of an image in each part of the run."""
    with TemporaryDirectory(dir=MEMORY) as name:
        folder = Path(name)
        fill(folder / "jpegs")
        (folder / "spec.yaml").write_text(SPEC)
        wholes = measure(folder)
        parent = parent_seconds(folder) / COUNT * 1e6
    # The processes start in the first part, and end in the last.
    ratio = (wholes[-1] - wholes[PARTS // 2]) / (wholes[PARTS // 2] - wholes[1])
    what = f"convert -j 2 of {COUNT:,} JPEGs of 32x32 (HxW)"
    measured = f"{ratio:.3f} times the processor time for an image in the second half of the run"
    claim(what, measured, f"at most {GROWTH}", holds=ratio <= GROWTH)
    claim(what, f"{parent:.0f} us of the parent for an image", f"at most {PARENT}", holds=parent <= PARENT)
    costs = " ".join(f"{(end - start) / COUNT * PARTS * 1e6:.0f}" for start, end in pairwise(wholes))
    print(f"        us for an image in each tenth: {costs}")


def fill(folder: Path) -> None:
    """Write small JPEGs, each under many names."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(COUNT):
        path = folder / f"{number:06}.jpg"
        if number < 200:
            Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)).save(path)
        else:
            os.link(folder / f"{number % 200:06}.jpg", path)


def convert(folder: Path, *more: str) -> list[str]:
    """The command."""
    command = [TOOL, "convert", str(folder / "jpegs"), "-s", str(folder / "spec.yaml"), "-o", str(folder / "out")]
    return [*command, "-j", "2", "--quiet", *more]


def parent_seconds(folder: Path) -> float:
    """Processor seconds of the process that distributes the work, until shortly before its end."""
    seconds = 0.0
    with subprocess.Popen(convert(folder, "--force"), stdout=subprocess.DEVNULL, start_new_session=True) as running:
        while running.poll() is None:
            seconds = max(seconds, busy_seconds(running)[0])
            sleep(0.1)
    return seconds


def measure(folder: Path) -> list[float]:
    """Processor seconds of all processes at the start and at the end of each part of the run but the last."""
    wholes = [0.0]
    with subprocess.Popen(
        convert(folder, "--format", "jsonl"), stdout=subprocess.PIPE, start_new_session=True
    ) as running:
        assert running.stdout is not None
        for number, _ in enumerate(running.stdout, 1):
            if number % (COUNT // PARTS) == 0 and number < COUNT:
                wholes.append(busy_seconds(running)[1])
    return wholes


if __name__ == "__main__":
    main()
