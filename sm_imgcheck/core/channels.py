"""Channel orders of tensors and modes of image files, with their number of channels."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ALPHA", "CHANNELS", "COUNTS", "FILE_CHANNELS", "GRAY", "ORDERS", "blue_first", "red_first"]

GRAY = "GRAY"
CHANNELS: Mapping[str, int] = {"RGB": 3, "BGR": 3, GRAY: 1, "RGBA": 4, "BGRA": 4}
"""By channel order of a tensor, in the order in which choices are listed."""
FILE_CHANNELS: Mapping[str, int] = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}
"""By mode of a decoded image file (Pillow's names)."""
COUNTS = (1, 3, 4)
"""Numbers of channels that a tensor of images may have."""
ORDERS: Mapping[int, tuple[str, ...]] = {
    count: tuple(order for order, channels in CHANNELS.items() if channels == count) for count in COUNTS
}
"""Channel orders by number of channels, the usual one first."""
ALPHA = frozenset(order for order in CHANNELS if order.endswith("A"))
"""Channel orders with an alpha channel, which is the last."""


def blue_first(order: str) -> bool:
    """Whether blue comes before green and red: BGR or BGRA."""
    return order.startswith("B")


def red_first(order: str) -> str:
    """Return the channel order in which images are decoded: RGB for BGR, RGBA for BGRA, any other unchanged."""
    return order[2::-1] + order[3:] if blue_first(order) else order
