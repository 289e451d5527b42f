"""The image on which differences are measured where the user names none."""

from __future__ import annotations

import io

import numpy as np

__all__ = ["BUILT_IN", "built_in_image"]

BUILT_IN = "built-in test image 427x640 (HxW)"
_HEIGHT, _WIDTH = 427, 640
_GRAINS = (4, 9, 23, 64)


def built_in_image() -> bytes:
    """A JPEG with edges, gradients and noise of every scale, and different colors, as photographs have them."""
    from PIL import Image

    random = np.random.default_rng(7)
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH] / _WIDTH
    pixels: np.ndarray = np.zeros((_HEIGHT, _WIDTH, 3))
    for grain in _GRAINS:
        small = random.uniform(-1, 1, (grain, grain, 3))
        pixels += small[(y * grain).astype(int) % grain, (x * grain).astype(int) % grain] * 90 / np.log2(grain)
    pixels += 60 * np.sin(40 * (x * 0.7 + y))[:, :, None] + random.normal(0, 3, pixels.shape)
    pixels += np.array([140, 120, 95])
    body = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(body, "JPEG", quality=90)
    return body.getvalue()
