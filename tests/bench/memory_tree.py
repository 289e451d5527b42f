"""The most memory that ``validate`` and all its workers take, of few files and of many. Linux only: ``/proc``."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from throughput import photo_images
from timing import TOOL, claim
from tree import peak_of

FEW, MANY, LARGE = 500, 50_000, 40
GROWTH, MOST = 1.1, 300 << 20
"""Peak with MANY files, times that with FEW; bytes with two workers on images of 12 megapixels."""


def peak(folder: Path) -> int:
    """Bytes, of ``validate -j 2`` of a folder."""
    command = [TOOL, "validate", str(folder), "-s", "pillow-rgb-01", "--quiet", "-j", "2"]
    return peak_of(subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True))


def fill(folder: Path, count: int) -> None:
    """Write 50 images, and link them until there are enough."""
    folder.mkdir()
    for index, picture in zip(range(50), photo_images(), strict=False):
        picture.save(folder / f"{index:06}.jpg", quality=90)
    for index in range(50, count):
        os.link(folder / f"{index % 50:06}.jpg", folder / f"{index:06}.jpg")


def main() -> None:
    """Print the claims."""
    with TemporaryDirectory() as name:
        few, many, large = (Path(name) / part for part in ("few", "many", "large"))
        fill(few, FEW)
        fill(many, MANY)
        fill(large, LARGE)
        for index, path in enumerate(sorted(large.iterdir())):
            from PIL import Image

            picture = Image.open(path).resize((4000, 3000))
            path.unlink()
            picture.save(path, quality=90, progressive=index % 2 == 0)
        small, much, huge = map(peak, (few, many, large))
    claim(
        f"memory of validate -j 2, {MANY:,} files against {FEW}",
        f"{much / small:.2f} times: {much >> 20} against {small >> 20} MiB",
        f"at most {GROWTH} times",
        holds=much <= GROWTH * small,
    )
    what = f"memory of validate -j 2 of {LARGE} JPEGs of 3000x4000 (HxW)"
    claim(what, f"{huge >> 20} MiB", f"under {MOST >> 20} MiB", holds=huge < MOST)


if __name__ == "__main__":
    main()
