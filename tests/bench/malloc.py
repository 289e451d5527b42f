"""Processor time of 400 JPEGs decoded with freed blocks kept, against without."""

from __future__ import annotations

import sys

from timing import alternate, busy, one_core

ROUNDS = 11
DECODE = """
import io
import numpy as np
from PIL import Image
from sm_imgcheck.run import malloc
if {kept}: malloc.keep_freed_blocks()
body = io.BytesIO()
noise = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)
Image.fromarray(noise).resize((800, 600)).save(body, 'JPEG')
for _ in range(400):
    pixels = np.asarray(Image.open(io.BytesIO(body.getvalue())))
    (pixels.astype(np.float32) / 255).sum()
"""


def main() -> None:
    """Print the ratio."""
    one_core()
    commands = [[sys.executable, "-c", DECODE.format(kept=kept)] for kept in (0, 1)]
    without, kept = map(busy, alternate(commands, rounds=ROUNDS))
    print(f"400 JPEGs of 600x800 (HxW): {without / kept:.2f} times the processor time without kept blocks")


if __name__ == "__main__":
    main()
