"""Counts of the pixel values of images, from a sample of each."""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.types import Candidate

__all__ = ["BINS", "SIDE", "count_levels"]

BINS = 16
"""Intervals of equal length."""
SIDE = 16
"""Rows and columns of the sample: 20 us an image, of 1.4 ms for the decode of 375x500 pixels."""


def count_levels(candidate: Candidate) -> tuple[int, ...]:
    """Count the gray levels of evenly spaced pixels of a decoded image, about 16x16, in 16 intervals of 0..255.

    Alpha channels are not counted; values of 16 bits are scaled to 8. Empty for tensors, for CMYK, and where no pixels
    are decoded.
    """
    pixels, header = candidate.pixels, candidate.header
    if pixels is None or header is None or pixels.dtype.kind != "u" or header.mode in {"CMYK", "YCCK"}:
        return ()
    rows, columns = (max(1, edge // SIDE) for edge in pixels.shape[:2])
    sample = pixels[::rows, ::columns]
    if sample.ndim == 3 and sample.shape[-1] in {2, 4}:
        sample = sample[..., :-1]
    bits = pixels.dtype.itemsize * 8
    return tuple(np.bincount((sample >> (bits - 4)).ravel(), minlength=BINS).tolist())
