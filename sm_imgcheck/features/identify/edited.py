"""A tensor of which a part is the spec's result to the last bit: the rest was covered, drawn over or erased."""

from __future__ import annotations

import numpy as np

__all__ = ["as_image", "describe_edited_part"]

_BLOCK = 16
"""Pixels of a side of the blocks that are compared."""
_BAND = 256
"""Rows that are compared together: copies of an image of 12 megapixels have 144 MB each."""
_DETAIL = 0.02
"""Standard deviation of a block with details, as a share of the range: flat blocks survive most changes."""
_MIN_EQUAL = 0.5
"""Share of the blocks with details that must be equal in every pixel."""
_ROUNDING = 0.03
"""Difference of equal values in gray levels."""
_MIN_EDIT = 2.0
"""Gray levels above which a pixel was edited: decoders, rounding and noise of one level change no more."""
_NEARLY_ALL = 0.999
"""Share of equal pixels above which they are counted: three digits of a percentage would be 100 %."""


def describe_edited_part(image: np.ndarray, result: np.ndarray, scale: np.ndarray | float = 1.0) -> str:
    """Return where an image differs from the spec's result, in words; empty unless most of it is equal.

    image, result: HxWxC. scale: the step of a gray level, also one for each channel. Empty too for other shapes, for
    sides under 16 pixels, and where the largest difference is not more than 2 gray levels.
    """
    if image.shape != result.shape:
        return ""
    difference, gray = np.empty(image.shape[:2], np.float32), np.empty(image.shape[:2], np.float32)
    extremes = []
    for top in range(0, len(image), _BAND):
        part = slice(top, top + _BAND)
        band = result[part] / scale
        difference[part] = np.abs(image[part] / scale - band).max(axis=2)
        gray[part] = band.mean(axis=2)
        extremes += [float(band.min()), float(band.max())]
    differs: np.ndarray = difference > _ROUNDING
    changes, details = _blocks(differs), _blocks(gray)
    has_details = details.std(axis=1) > _DETAIL * (max(extremes) - min(extremes))
    is_equal = np.logical_not(changes.any(axis=1))
    if not has_details.any() or is_equal[has_details].mean() < _MIN_EQUAL or not difference.max() > _MIN_EDIT:
        return ""
    rows, columns = (_span(name, np.asarray(differs.any(axis=axis))) for name, axis in (("row", 1), ("column", 0)))
    number, total = int(differs.sum()), differs.size
    equal = 1 - number / total
    share = f"{total - number:,} of {total:,}" if equal > _NEARLY_ALL else f"{100 * equal:.3g} % of the"
    others = "the other is in" if number == 1 else "the others are within"
    return (
        f"{share} pixels are the spec's result; {others} {rows} and {columns} of the tensor "
        f"(largest difference {difference.max():.3g} gray levels)"
    )


def as_image(array: np.ndarray, layout: str) -> np.ndarray | None:
    """Return a tensor of one image as HxWxC float32; None for several."""
    if "N" in layout and len(array) != 1:
        return None
    image = (array[0] if "N" in layout else array).astype(np.float32, copy=False)
    axes = layout.removeprefix("N")
    return image.transpose([axes.index(axis) for axis in "HWC"]) if "C" in axes else image[..., np.newaxis]


def _span(name: str, differs: np.ndarray) -> str:
    """The first and the last of the rows or columns that differ, counted from 0."""
    first, last = np.flatnonzero(differs)[[0, -1]]
    return f"{name} {first}" if first == last else f"{name}s {first} to {last}"


def _blocks(plane: np.ndarray) -> np.ndarray:
    """The pixels of each complete block of HxW, in rows."""
    down, across = (length // _BLOCK for length in plane.shape)
    blocks = plane[: down * _BLOCK, : across * _BLOCK].reshape(down, _BLOCK, across, _BLOCK)
    return blocks.swapaxes(1, 2).reshape(down * across, _BLOCK * _BLOCK)
