"""How large an image becomes: the rules of the libraries, in whole pixels, height before width.

Each rule bears the name of the library whose it is, because they differ by a pixel just where nobody looks.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

from sm_imgcheck.core.errors import PlanError

__all__ = ["blob_factor", "resized", "resized_by_opencv", "resized_by_tensorflow", "single", "whole"]

# A derived edge may grow without end: 1x60000 pixels to a shorter edge of 256 are 12 GB. What is larger than this, than
# four times the image and than a picture of aspect 4:1 at the wanted size is refused. 2**24 pixels: 192 MiB in float32.
MOST_DERIVED_PIXELS = 1 << 24


def whole(value: float, rounding: str) -> int:
    """``value`` as a whole number: ``floor``, ``ceil``, ``round`` (half to even) or ``half_up``."""
    if rounding == "ceil":
        return math.ceil(value)
    if rounding == "half_up":
        return math.floor(value + 0.5)
    return round(value) if rounding == "round" else math.floor(value)


def single(value: float) -> float:
    """``value`` rounded to float32, for rules that a library computes in it."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def resized(
    *, mode: str, size: int | Sequence[int], max_size: int | None, rounding: str, height: int, width: int
) -> tuple[int, int]:
    """Height and width after a resize; never less than one pixel.

    ``size`` is [height, width] for ``stretch`` and ``cover``, one edge for ``shortest_edge``, either for
    ``longest_edge``: the largest image inside [height, width].
    """
    if mode == "stretch":
        assert not isinstance(size, int)
        return size[0], size[1]
    if mode == "cover":
        assert not isinstance(size, int)
        new = covered(size=size, rounding=rounding, height=height, width=width)
        return bounded(new, wanted=size[0] * size[1], height=height, width=width)
    if mode == "longest_edge" and not isinstance(size, int):
        return inside(size=size, rounding=rounding, height=height, width=width)
    assert isinstance(size, int)
    short, long = sorted((height, width))
    if mode == "longest_edge":
        new_short, new_long = longest_edge(size=size, rounding=rounding, short=short, long=long)
    else:
        new_short, new_long = shortest_edge(size=size, max_size=max_size, rounding=rounding, short=short, long=long)
    new_short, new_long = max(new_short, 1), max(new_long, 1)
    new = (new_short, new_long) if height <= width else (new_long, new_short)
    return bounded(new, wanted=size * size, height=height, width=width)


def bounded(new: tuple[int, int], *, wanted: int, height: int, width: int) -> tuple[int, int]:
    """The size ``new``. Raises PlanError where a long and thin image makes it absurd. ``wanted``: pixels asked for."""
    most = max(MOST_DERIVED_PIXELS, 4 * wanted, 4 * height * width)
    if new[0] * new[1] > most:
        raise PlanError(
            f"the picture is so long and thin that {height}x{width} would become {new[0]}x{new[1]} (HxW), and at most "
            f"{most} pixels are made of it; leave it out, or use mode: stretch or letterbox"
        )
    return new


def shortest_edge(*, size: int, max_size: int | None, rounding: str, short: int, long: int) -> tuple[int, int]:
    """New lengths of the shorter and the longer edge when the shorter becomes ``size``.

    ``floor`` is torchvision's ``_compute_resized_output_size``, which shrinks once more from the floored edge where
    ``max_size`` is passed; ``detr`` is transformers' ``get_size_with_aspect_ratio``, which starts afresh from it.
    """
    if rounding == "detr":
        return detr_edges(size=size, max_size=max_size, short=short, long=long)
    new_long = whole(size * long / short, rounding)
    if max_size is None or new_long <= max_size:
        return size, new_long
    share = max_size * size / new_long if rounding == "floor" else max_size * short / long
    return whole(share, rounding), max_size


def detr_edges(*, size: int, max_size: int | None, short: int, long: int) -> tuple[int, int]:
    """The rule of DETR and its kin: floors, but rounds the shorter edge where ``max_size`` holds it back."""
    exact: float = size
    if max_size is not None and long / short * size > max_size:
        exact = max_size * float(short) / long
    new_short = round(exact)
    return (short, long) if new_short == short else (new_short, int(exact * long / short))


def longest_edge(*, size: int, rounding: str, short: int, long: int) -> tuple[int, int]:
    """New lengths of the shorter and the longer edge when the longer becomes ``size``.

    ``floor`` is torchvision v2's ``Resize(None, max_size)``, ``round`` timm's ``ResizeKeepRatio(longest=1)``,
    ``half_up`` the rule of Segment Anything.
    """
    if rounding == "round":
        return round(short / (long / size)), size
    if rounding == "half_up":
        return whole(short * (size / long), rounding), size
    return whole(size * short / long, rounding), size


def covered(*, size: Sequence[int], rounding: str, height: int, width: int) -> tuple[int, int]:
    """Height and width at which the image just covers ``size``; ``round`` is timm's ``ResizeKeepRatio``."""
    tight_height = height * size[1] <= width * size[0]
    if rounding == "floor":
        new_height = size[0] if tight_height else height * size[1] // width
        return new_height, (width * size[0] // height if tight_height else size[1])
    ratio = min(height / size[0], width / size[1])
    return whole(height / ratio, rounding), whole(width / ratio, rounding)


def inside(*, size: Sequence[int], rounding: str, height: int, width: int) -> tuple[int, int]:
    """Height and width of the largest image inside ``size``; ``round`` is timm's ``ResizeKeepRatio(longest=1)``."""
    ratio = max(height / size[0], width / size[1])
    if rounding == "floor":
        tight_height = height * size[1] >= width * size[0]
        new_height = size[0] if tight_height else height * size[1] // width
        return max(new_height, 1), max(width * size[0] // height if tight_height else size[1], 1)
    return max(whole(height / ratio, rounding), 1), max(whole(width / ratio, rounding), 1)


def blob_factor(*, size: Sequence[int], height: int, width: int) -> float:
    """The float32 scale factor with which ``cv2.dnn.blobFromImage(crop=True)`` covers ``size``."""
    return max(single(size[1] / width), single(size[0] / height))


def resized_by_opencv(
    *, mode: str, size: int | Sequence[int], max_size: int | None, rounding: str, height: int, width: int
) -> tuple[int, int]:
    """As ``resized``, but a rounded ``cover`` is ``cv2.dnn.blobFromImage(crop=True)``: its float32 factor decides."""
    if mode != "cover" or rounding != "round":
        return resized(mode=mode, size=size, max_size=max_size, rounding=rounding, height=height, width=width)
    assert not isinstance(size, int)
    factor = blob_factor(size=size, height=height, width=width)
    new = (max(round(height * factor), 1), max(round(width * factor), 1))
    return bounded(new, wanted=size[0] * size[1], height=height, width=width)


def resized_by_tensorflow(
    *, mode: str, size: int | Sequence[int], max_size: int | None, rounding: str, height: int, width: int
) -> tuple[int, int]:
    """As ``resized``, but a rounded ``longest_edge`` is ``tf.image.resize(preserve_aspect_ratio=True)``, in float32."""
    if mode != "longest_edge" or rounding != "round":
        return resized(mode=mode, size=size, max_size=max_size, rounding=rounding, height=height, width=width)
    if isinstance(size, int):
        factor = single(size / max(height, width))
    else:
        factor = min(single(size[0] / height), single(size[1] / width))
    return max(round(single(factor * height)), 1), max(round(single(factor * width)), 1)
