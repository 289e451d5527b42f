"""Image sizes that fit a number of values: 150528 is 224 x 224 x 3."""

from __future__ import annotations

from math import isqrt

__all__ = ["factors", "image_sizes"]

_SMALLEST, _LARGEST = 16, 4096
_MAX_RATIO = 3
"""Largest ratio of the longer to the shorter side."""

_COMMON = (
    28,
    32,
    64,
    96,
    112,
    128,
    160,
    192,
    196,
    200,
    224,
    227,
    240,
    256,
    260,
    288,
    299,
    300,
    320,
    331,
    336,
    380,
    384,
)
_COMMON_LARGE = (416, 448, 456, 480, 512, 518, 528, 560, 600, 608, 640, 720, 768, 800, 896, 960, 1024, 1080, 1280, 1920)
_SIDES = frozenset(_COMMON + _COMMON_LARGE)


def image_sizes(values: int, channels: int = 3) -> list[tuple[int, int]]:
    """Return sizes (height, width) of images with this number of values, the most common first; at most 4.

    A square comes first, then sizes of common sides, then sides that are multiples of 16.
    """
    pixels, rest = divmod(values, channels)
    if rest or not _SMALLEST**2 <= pixels <= _LARGEST**2:
        return []
    side = isqrt(pixels)
    sizes = [(side, side)] if side * side == pixels else []
    for height in range(max(isqrt(pixels // _MAX_RATIO), _SMALLEST), side + 1):
        width = pixels // height
        if height * width == pixels and height != width and _is_likely(height) and _is_likely(width):
            sizes.append((height, width))
    return sorted(sizes, key=_rank)[:4]


def _is_likely(side: int) -> bool:
    return side in _SIDES or side % 16 == 0


def _rank(size: tuple[int, int]) -> tuple[bool, bool, int]:
    height, width = size
    return height != width, not _SIDES.issuperset(size), width - height


def factors(values: int) -> str:
    """Return ``224 x 224 x 3`` for 150528, with the batch size where there is one; empty: no image size fits."""
    for channels in (3, 1, 4):
        squares = [size for size in image_sizes(values, channels) if size[0] == size[1]]
        if squares and squares[0][0] in _SIDES:
            return f"{squares[0][0]} x {squares[0][0]} x {channels}"
    for batch in (2, 4, 8, 16, 32):
        squares = [size for size in image_sizes(values // batch, 3) if size[0] == size[1] and values % batch == 0]
        if squares and squares[0][0] in _SIDES:
            return f"{batch} x {squares[0][0]} x {squares[0][0]} x 3"
    sizes = image_sizes(values)
    return f"{sizes[0][0]} x {sizes[0][1]} x 3" if sizes else ""
