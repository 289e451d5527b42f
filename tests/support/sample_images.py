"""Images created in memory, and their files."""

import io

import numpy as np
from PIL import Image


def picture(height: int = 48, width: int = 64, channels: int = 3, seed: int = 0) -> np.ndarray:
    """A smooth image with edges, HxWxC uint8, which uses most of 0..255 in every channel."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    waves = [np.sin(6 * (x * np.cos(a) + y * np.sin(a)) + b) for a, b in rng.uniform(0, 6, (channels, 2))]
    image = np.stack(waves, axis=-1) * 110 + 128 + rng.normal(0, 6, (height, width, channels))
    image[height // 4 : height // 2, width // 4 : width // 2] = rng.integers(0, 256, channels)
    image[0, :2] = [[0] * channels, [255] * channels]
    return np.clip(image, 0, 255).astype(np.uint8)


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
