"""Images created in memory, and their files."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image

from sm_imgcheck.core.types import Orientation


def picture(height: int = 48, width: int = 64, channels: int = 3, seed: int = 0) -> np.ndarray:
    """A smooth image with edges, HxWxC uint8, which uses most of 0..255 in every channel."""
    return _make_image(height, width, channels, seed).copy()


@lru_cache(maxsize=64)  # a few images are used by thousands of tests
def _make_image(height: int, width: int, channels: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    waves = [np.sin(6 * (x * np.cos(a) + y * np.sin(a)) + b) for a, b in rng.uniform(0, 6, (channels, 2))]
    image = np.stack(waves, axis=-1) * 110 + 128 + rng.normal(0, 6, (height, width, channels))
    image[height // 4 : height // 2, width // 4 : width // 2] = rng.integers(0, 256, channels)
    image[0, :2] = [[0] * channels, [255] * channels]
    return np.clip(image, 0, 255).astype(np.uint8)


def landscape(height: int = 96, width: int = 128, seed: int = 0) -> np.ndarray:
    """A blue sky with clouds over rough green and brown ground, HxWx3 uint8 RGB: the colors of a photograph."""
    rng = np.random.default_rng(seed)

    def rough() -> np.ndarray:
        layers = [rng.normal(0, 1, (max(2, height // size), max(2, width // size))) for size in (2, 4, 8, 16, 32)]
        scaled = [np.asarray(Image.fromarray(np.float32(layer)).resize((width, height), 3)) for layer in layers]
        return sum(layer * size**0.7 for layer, size in zip(scaled, (2, 4, 8, 16, 32), strict=True))[..., None] / 16

    down = np.linspace(0, 1, height)[:, None, None]
    high, low, grass, soil = np.array([[95, 140, 205], [200, 215, 235], [98, 104, 58], [135, 112, 82]], float)
    clouds = 0.6 * np.clip(0.6 * rough(), 0, 1)
    sky = (high + (low - high) * np.clip(2 * down, 0, 1)) * (1 - clouds) + 235 * clouds
    share = 1 / (1 + np.exp(-2 * rough()))
    ground = (grass * share + soil * (1 - share)) * np.exp(0.55 * rough()) * rng.uniform(0.95, 1.05, (height, width, 1))
    horizon = 0.45 + 0.04 * np.sin(np.linspace(0, 7, width) + seed)[:, None]
    colors = np.where(down < horizon, sky, ground)
    pale = 0.75 * colors + 0.25 * colors.mean(axis=2, keepdims=True)
    return np.clip(pale + rng.normal(0, 0.5, (height, width, 3)), 0, 255).astype(np.uint8)


def exif_tag(number: int) -> Orientation:
    """An EXIF orientation that every library applies."""
    tags = f"EXIF orientation {number}" if number != 1 else ""
    return Orientation(pillow=number, opencv=number, browser=number, tags=tags)


def jpeg(
    array: np.ndarray | None = None, *, mode: str | None = None, orientation: int | None = None, **options
) -> bytes:
    """The bytes of a JPEG; ``options`` are Pillow's."""
    image = Image.fromarray(picture() if array is None else array.squeeze())
    if mode is not None:
        image = image.convert(mode)
    if orientation is not None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif.tobytes()
    return encode_image(image, "JPEG", **{"quality": 90, **options})


def encode_image(image: Image.Image, format_: str, **options) -> bytes:
    """The bytes of an image file."""
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()
