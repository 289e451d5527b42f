"""What a resize works on and what it hands back: whole grey levels or float32.

The ``dtype`` of a resize step: ``uint8`` resizes whole levels in the library's own integer arithmetic; ``float32``
resizes and hands back float32; ``float32-rounded`` resizes float32 and hands back whole levels, as torchvision's v1
transforms do on tensors.
"""

from __future__ import annotations

import numpy as np

__all__ = ["finished", "rounded_levels", "working"]


def rounded_levels(image: np.ndarray) -> np.ndarray:
    """As uint8: rounded half to even and clipped to 0..255. A uint8 image comes back as it is."""
    return image if image.dtype == np.uint8 else np.clip(np.rint(image), 0, 255).astype(np.uint8)


def working(image: np.ndarray, dtype: str) -> np.ndarray:
    """The image as the resize works on it, contiguous: uint8 or float32."""
    return np.ascontiguousarray(rounded_levels(image) if dtype == "uint8" else image.astype(np.float32, copy=False))


def finished(image: np.ndarray, dtype: str) -> np.ndarray:
    """The resized image as its step promises it: float32 for ``float32``, else uint8."""
    return np.ascontiguousarray(image.astype(np.float32, copy=False) if dtype == "float32" else rounded_levels(image))
