"""What several kinds use: gray, noise, random colors, gradients of colors."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

Kind = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def luma(photo: np.ndarray) -> np.ndarray:
    """HxW uint8."""
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(photo), cv2.COLOR_RGB2GRAY))


def clip(values: np.ndarray) -> np.ndarray:
    """Uint8 of 0..255."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def blur(values: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur, sigma in pixels."""
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma))


def color(rng: np.random.Generator) -> tuple[int, int, int]:
    """A random color that is neither dark nor pale."""
    hsv = np.uint8([[[rng.integers(0, 180), rng.integers(60, 256), rng.integers(90, 256)]]])
    red, green, blue = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].tolist()
    return red, green, blue


def cloud(shape: tuple[int, ...], rng: np.random.Generator, sigma: float) -> np.ndarray:
    """Smooth noise, HxW float32 of mean 0 and deviation 1."""
    noise = blur(rng.normal(0, 1, shape[:2]).astype(np.float32), sigma)
    return np.asarray((noise - noise.mean()) / max(noise.std(), 1e-6), np.float32)


def gradient(values: np.ndarray, *stops: str) -> np.ndarray:
    """0..1 as HxWx3 uint8: colors ``#rrggbb`` at equal distances, linear between them."""
    colors = np.array([[int(stop[at : at + 2], 16) for at in (1, 3, 5)] for stop in stops], float)
    places = np.linspace(0, 1, len(stops))
    return clip(np.stack([np.interp(values, places, channel) for channel in colors.T], axis=-1))
