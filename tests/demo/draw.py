"""Draw the demo's photograph: a red barn next to a blue lake. ``python tests/demo/draw.py`` writes ``barn.jpg``.

Large areas of strong red and strong blue, so that an image with its channels reversed is obvious.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

HEIGHT, WIDTH = 480, 640
HORIZON, SHORE = 250, 352
"""Rows, from the top: where the hills meet the lake, and where the lake meets the meadow."""


def noise(rng: np.random.Generator, *, cell: int) -> np.ndarray:
    """Smooth noise HxW in -1..1 whose blobs are about ``cell`` pixels wide."""
    coarse = rng.uniform(-1, 1, (HEIGHT // cell + 2, WIDTH // cell + 2)).astype(np.float32)
    return np.asarray(Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))


def blend(top: tuple[int, int, int], bottom: tuple[int, int, int], share: np.ndarray) -> np.ndarray:
    """Colors HxWx3 from ``top`` (share 0) to ``bottom`` (share 1)."""
    return np.float32(top) + (np.float32(bottom) - np.float32(top)) * np.clip(share, 0, 1)[..., None]


def landscape(rng: np.random.Generator) -> np.ndarray:
    """Sky with clouds and a sun, two rows of hills, the lake and the meadow: HxWx3 float32 in 0..255."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    clouds = 0.6 * noise(rng, cell=90) + 0.3 * noise(rng, cell=34) + 0.15 * noise(rng, cell=12)
    scene = blend((38, 96, 190), (196, 220, 240), y / HORIZON)
    scene = blend_onto(scene, (250, 250, 252), np.clip(clouds * 1.5 - 0.1, 0, 0.9) * (y < HORIZON))
    sun = np.hypot(y - 84, x - 520)
    scene = blend_onto(scene, (255, 236, 170), np.exp(-sun / 60) + (sun < 26))
    far = HORIZON - 46 - 22 * np.sin(x / 70) - 12 * np.sin(x / 23 + 1)
    near = HORIZON - 16 - 14 * np.sin(x / 95 + 2.2) - 5 * np.sin(x / 17)
    scene[y > far] = blend((112, 142, 176), (140, 168, 182), (y - far) / 70)[y > far]
    scene[y > near] = blend((46, 92, 62), (74, 118, 70), (y - near) / 40 + 0.4 * noise(rng, cell=6))[y > near]
    ripples = np.sin(y * 1.1 + 3 * noise(rng, cell=40)) * noise(rng, cell=9)
    lake = blend((92, 150, 214), (14, 52, 132), (y - HORIZON) / (SHORE - HORIZON) + 0.22 * ripples)
    scene[y > HORIZON] = lake[y > HORIZON]
    shore = SHORE + 10 * np.sin(x / 120)
    grass = blend(
        (120, 160, 60), (38, 92, 30), (y - shore) / 130 + 0.5 * noise(rng, cell=3) + 0.25 * noise(rng, cell=20)
    )
    scene[y > shore] = grass[y > shore]
    return scene


def blend_onto(scene: np.ndarray, color: tuple[int, int, int], share: np.ndarray) -> np.ndarray:
    """The scene covered by ``color`` with opacity ``share`` (0..1, HxW)."""
    return scene + (np.float32(color) - scene) * np.clip(share, 0, 1)[..., None]


def shape(draw: ImageDraw.ImageDraw, color: tuple[int, int, int], *corners: tuple[float, float]) -> None:
    """Fill a polygon; corners are (x, y) of the image, drawn at twice its size."""
    draw.polygon([(2 * x, 2 * y) for x, y in corners], fill=color)


def stroke(draw: ImageDraw.ImageDraw, *corners: tuple[float, float], color: tuple[int, int, int], width: int) -> None:
    """Draw a line through the corners, at twice the size of the image."""
    draw.line([(2 * x, 2 * y) for x, y in corners], fill=color, width=2 * width)


def barn(draw: ImageDraw.ImageDraw) -> None:
    """A red barn with a gray roof and white trim."""
    white, shade = (240, 236, 228), (150, 22, 20)
    shape(draw, (176, 28, 24), (60, 400), (60, 262), (150, 186), (240, 262), (240, 400))
    shape(draw, (128, 18, 18), (240, 262), (240, 400), (330, 380), (330, 250))
    for x in range(72, 240, 12):
        stroke(draw, (x, 400), (x, 190 + abs(x - 150) * 76 / 90), color=shade, width=1)
    shape(draw, (98, 92, 96), (150, 186), (252, 180), (342, 254), (244, 268))
    stroke(draw, (52, 270), (150, 187), (248, 270), color=white, width=7)
    shape(draw, (146, 20, 18), (116, 316), (184, 316), (184, 400), (116, 400))
    stroke(draw, (118, 318), (182, 398), color=white, width=4)
    stroke(draw, (182, 318), (118, 398), color=white, width=4)
    stroke(draw, (116, 400), (116, 316), (184, 316), (184, 400), color=white, width=5)
    shape(draw, (40, 44, 60), (132, 238), (168, 238), (168, 280), (132, 280))
    stroke(draw, (132, 280), (132, 238), (168, 238), (168, 280), (130, 280), color=white, width=4)


def boat(draw: ImageDraw.ImageDraw) -> None:
    """A red hull under a white sail."""
    shape(draw, (206, 30, 30), (430, 304), (540, 304), (520, 324), (448, 324))
    shape(draw, (246, 242, 230), (484, 300), (484, 222), (536, 294))
    stroke(draw, (484, 304), (484, 218), color=(70, 50, 36), width=3)


def poppies(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Red flowers, larger towards the lower edge."""
    for y in np.sort(rng.uniform(404, HEIGHT, 150)):
        x, r = rng.uniform(0, WIDTH), 1 + (y - 396) / 16
        draw.ellipse(
            [(2 * (x - r), 2 * y - 1.6 * r), (2 * (x + r), 2 * y + 1.6 * r)], fill=(int(rng.uniform(190, 230)), 30, 26)
        )


def scene() -> Image.Image:
    """The image, 480x640 (HxW) RGB; the same on every run. Drawn at twice the size, so that edges are smooth."""
    rng = np.random.default_rng(20)
    picture = Image.fromarray(np.clip(landscape(rng), 0, 255).astype(np.uint8)).resize((2 * WIDTH, 2 * HEIGHT))
    draw = ImageDraw.Draw(picture)
    barn(draw)
    boat(draw)
    poppies(draw, rng)
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.BOX)


def write(path: Path) -> None:
    """Save the image as a camera does: baseline JPEG, 4:2:0, EXIF orientation 1 (not rotated)."""
    exif = Image.Exif()
    exif[0x0112] = 1
    scene().save(path, "JPEG", quality=85, subsampling="4:2:0", exif=exif)


if __name__ == "__main__":
    write(Path(__file__).with_name("barn.jpg"))
