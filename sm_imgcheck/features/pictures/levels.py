"""A sample of the gray levels of an image."""

from __future__ import annotations

import numpy as np

from sm_imgcheck.core.types import Candidate
from sm_imgcheck.io.images.decode_jpeg import undamaged_preview

__all__ = ["SIDE", "sample_levels"]

SIDE = 16
"""Most rows and columns of the sample."""
_BLOCK = 8
"""Side of the pixels with one value, of which the preview of a JPEG has the means."""


def sample_levels(candidate: Candidate) -> bytes:
    """Return the means of evenly spaced blocks of 8x8 pixels of an image, at most 16x16, in all channels but alpha.

    A JPEG has the values of its preview, even where it was decoded completely: the sample depends on the file and the
    spec alone. Values of 16 bits are scaled to 8. Empty for tensors, for CMYK, and where no pixels are decoded.
    """
    header, pixels, preview = candidate.header, candidate.pixels, candidate.preview
    image = pixels if preview is None else preview
    if image is None or image.dtype.kind != "u" or header is None or header.mode == "CMYK":
        return b""
    preview = undamaged_preview(candidate.data, header) if preview is None else preview
    levels = _block_means(pixels) if preview is None else preview[:: _step(len(preview)), :: _step(preview.shape[1])]
    levels = levels[..., :-1] if levels.shape[-1] in {2, 4} else levels
    bits = levels.dtype.itemsize * 8
    return (levels if bits == 8 else (levels >> (bits - 8)).astype(np.uint8)).tobytes("F")


def _step(blocks: int) -> int:
    return -(-blocks // SIDE)


def _block_means(pixels: np.ndarray) -> np.ndarray:
    """The means of the sampled blocks of an image, HWC; an image under 8 pixels has one block."""
    sums, area = pixels, 1
    for axis in (0, 1):
        length = pixels.shape[axis]
        size, blocks = min(_BLOCK, length), max(1, length // _BLOCK)
        starts = size * np.arange(0, blocks, _step(blocks))
        sums = sums.take((starts[:, np.newaxis] + np.arange(size)).ravel(), axis)
        shape = (*sums.shape[:axis], len(starts), size, -1 if axis == 0 else sums.shape[2])
        sums, area = sums.reshape(shape).sum(axis + 1, dtype=np.uint32), area * size
        sums = sums.reshape(len(sums), -1, pixels.shape[2])
    return ((sums + area // 2) // area).astype(pixels.dtype)
