"""A tensor of which a part is the spec's result to the last bit: the rest was covered, drawn over or erased."""

from __future__ import annotations

import numpy as np

__all__ = ["describe_edited_part"]

_BLOCK = 16
"""Pixels of a side of the blocks that are compared."""
_DETAIL = 0.02
"""Standard deviation of a block with details, as a share of the range: flat blocks survive most changes."""
_MIN_EQUAL = 0.5
"""Share of the blocks with details that must be equal in every pixel."""
_ROUNDING = 1e-4
"""Difference of equal values, as a share of the range: 0.03 gray levels."""


def describe_edited_part(tensor: np.ndarray, expected: np.ndarray, layout: str) -> str:
    """Return where a tensor differs from the spec's result, in words; empty unless most of it is equal.

    tensor, expected: of one layout; empty too for other shapes, and for several images.
    """
    if tensor.shape != expected.shape or ("N" in layout and len(tensor) != 1):
        return ""
    pixels, result = (_as_image(array, layout) for array in (tensor, expected))
    differs: np.ndarray = np.abs(pixels - result).max(axis=2) > _ROUNDING * float(np.ptp(result))
    changes, details = (_blocks(plane) for plane in (differs, result.mean(axis=2)))
    has_details = details.std(axis=1) > _DETAIL * float(np.ptp(result))
    is_equal = np.logical_not(changes.any(axis=1))
    if not has_details.any() or is_equal[has_details].mean() < _MIN_EQUAL or not differs.any():
        return ""
    rows, columns = (np.flatnonzero(differs.any(axis=axis)) for axis in (1, 0))
    share = f"{100 * (1 - differs.mean()):.3g} %"
    return (
        f"{share} of its pixels are the spec's result; the others are in rows {rows[0]} to {rows[-1] + 1} and columns "
        f"{columns[0]} to {columns[-1] + 1} of the tensor"
    )


def _as_image(array: np.ndarray, layout: str) -> np.ndarray:
    """HxWxC float32 of the first image."""
    image = (array[0] if "N" in layout else array).astype(np.float32)
    axes = layout.removeprefix("N")
    return image.transpose([axes.index(axis) for axis in "HWC"]) if "C" in axes else image[..., np.newaxis]


def _blocks(plane: np.ndarray) -> np.ndarray:
    """The pixels of each complete block of HxW, in rows."""
    down, across = (length // _BLOCK for length in plane.shape)
    blocks = plane[: down * _BLOCK, : across * _BLOCK].reshape(down, _BLOCK, across, _BLOCK)
    return blocks.swapaxes(1, 2).reshape(down * across, _BLOCK * _BLOCK)
