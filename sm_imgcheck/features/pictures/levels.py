"""A sample of the gray levels of an image."""

from __future__ import annotations

from sm_imgcheck.core.types import Candidate

__all__ = ["SIDE", "sample_levels"]

SIDE = 16
"""Most rows and columns of the sample."""


def sample_levels(candidate: Candidate) -> bytes:
    """Return the gray levels of evenly spaced pixels of a decoded image, at most 16x16, in all channels but alpha.

    Without pixels, those of the preview of a JPEG, where each is the mean of 8x8. Values of 16 bits are scaled to 8.
    Empty for tensors, for CMYK, and where no pixels are decoded.
    """
    header = candidate.header
    pixels = candidate.pixels if candidate.preview is None else candidate.preview
    if pixels is None or header is None or pixels.dtype.kind != "u" or header.mode in {"CMYK", "YCCK"}:
        return b""
    height, width = pixels.shape[:2]
    rows, columns = -(-height // SIDE), -(-width // SIDE)
    sample = pixels[::rows, ::columns]
    if sample.ndim == 3 and sample.shape[-1] in {2, 4}:
        sample = sample[..., :-1]
    bits = pixels.dtype.itemsize * 8
    return bytes((sample if bits == 8 else (sample >> (bits - 8)).astype("uint8")).tobytes("F"))
