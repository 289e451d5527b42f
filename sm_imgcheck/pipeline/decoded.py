"""Facts of a decoded image that is not preprocessed, from its header."""

from __future__ import annotations

from functools import lru_cache

from sm_imgcheck.core.types import Facts, Header, Options, Values
from sm_imgcheck.core.value_mapping import canonical

__all__ = ["decoded_facts"]


def decoded_facts(header: Header, options: Options) -> Facts:
    """Return the facts of ``Image.open(f).convert("RGB")``, or of ``cv2.imread(f)``: decoded, not preprocessed."""
    height, width = header.height, header.width
    by_opencv = options.decoded_by == "opencv"
    applies_exif = by_opencv or header.format == "TIFF"  # Pillow applies the orientation of TIFF files
    if applies_exif and header.orientation.by(options.decoded_by) >= 5:  # these swap height and width
        height, width = width, height
    return _integer_levels(height, width, "BGR" if by_opencv else "RGB")


@lru_cache(512)
def _integer_levels(height: int, width: int, order: str) -> Facts:
    return Facts(
        shape=(height, width, 3),
        layout="HWC",
        dtype="uint8",
        channel_order=order,
        low=0,
        high=255,
        domain=True,
        values=canonical(Values(low=0, high=255), 3),
        recipe="0..255, not scaled",
        whole=True,
    )
