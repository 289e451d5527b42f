"""``convert`` on one core against the usual hand-written loop, whole processes, over the same 400 JPEGs.

The loop checks neither its input files nor its output.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from timing import MEMORY, SHARED, TOOL, alternate, busy, claim, middle, one_core

COUNT, HEIGHT, WIDTH = 400, 375, 500
LIMIT = 1.05
"""Speed, times the plain loop."""
LOOP = """
import sys
from pathlib import Path
import numpy as np
from PIL import Image
for path in sorted(Path(sys.argv[1]).glob("*.jpg")):
    pixels = np.asarray(Image.open(path).convert("RGB").resize((224, 224)))
    np.save(Path(sys.argv[2]) / (path.stem + ".npy"), (pixels.astype(np.float32) / 255)[None])
"""


def photo_images() -> Iterator[object]:
    """Pillow images of HEIGHT x WIDTH: photographs where they are at hand, else smooth textures of many frequencies."""
    import numpy as np
    from PIL import Image, ImageOps

    photos = sorted((SHARED / "photos" / "large").glob("*.jpg"))
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    for index in range(COUNT):
        if photos:
            turned = Image.open(photos[index % len(photos)]).rotate(90 * (index // len(photos) % 4), expand=True)
            yield ImageOps.fit(turned, (WIDTH, HEIGHT), centering=(index % 7 / 6, index % 5 / 4))
        else:
            waves = [np.sin(x / (3 + c + index % 11) + index) * np.cos(y / (4 + c + index % 13)) for c in range(3)]
            yield Image.fromarray((np.stack(waves, axis=-1) * 100 + 128).astype(np.uint8))


def main() -> None:
    """Print the claim, and every run."""
    with TemporaryDirectory(dir=MEMORY) as folder:
        source, ours, plain = (Path(folder) / name for name in ("jpegs", "ours", "plain"))
        for path in (source, ours, plain):
            path.mkdir()
        for index, picture in enumerate(photo_images()):
            picture.save(source / f"{index:03}.jpg", quality=90)
        one_core()
        convert = [TOOL, "convert", str(source), "-s", "pillow-rgb-01", "-o", str(ours), "--quiet"]
        loop, tool = alternate(
            [[sys.executable, "-c", LOOP, str(source), str(plain)], convert], rounds=5, empty=(ours, plain)
        )
        same = sum((ours / path.name).read_bytes() == path.read_bytes() for path in plain.iterdir())
    wall, processor = middle(loop) / middle(tool), busy(loop) / busy(tool)
    measured = (
        f"{wall:.2f} times the plain loop's speed by the clock, {processor:.2f} in processor time, "
        f"{COUNT / middle(tool):.0f} against {COUNT / middle(loop):.0f} a second; {same} of {COUNT} files the same"
    )
    what = f"convert of {COUNT} JPEGs of {HEIGHT}x{WIDTH} (HxW) on one core"
    claim(what, measured, f"at least {LIMIT} times", holds=min(wall, processor) >= LIMIT)
    for name, costs in (("loop", loop), ("convert", tool)):
        walls = " ".join(f"{cost.seconds:.2f}" for cost in costs)
        print(f"        {name:8}{walls} s; processor {' '.join(f'{cost.busy:.2f}' for cost in costs)} s")


if __name__ == "__main__":
    main()
