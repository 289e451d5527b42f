"""Sizes after a resize: the rules of the libraries, in integer pixels, height before width.

Each rule is named after its library, because the libraries differ by one pixel in rare cases.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Required, TypedDict, Unpack

from sm_imgcheck.core.errors import PlanError

__all__ = [
    "SizeRule",
    "blob_factor",
    "check_resized_size",
    "resized_by_opencv",
    "resized_by_tensorflow",
    "resized_size",
    "round_length",
    "single",
]

# A derived edge has no limit: 1x60000 pixels resized to a shorter edge of 256 are 12 GB. A size is rejected if it is
# larger than this, than four times the image and than an image of aspect 4:1 at the requested size. 2**24 pixels: 192
# MiB in float32.
MOST_DERIVED_PIXELS = 1 << 24


def round_length(value: float, rounding: str) -> int:
    """Return ``value`` as an integer: ``floor``, ``ceil``, ``round`` (half to even) or ``half_up``."""
    if rounding == "ceil":
        return math.ceil(value)
    if rounding == "half_up":
        return math.floor(value + 0.5)
    return round(value) if rounding == "round" else math.floor(value)


def single(value: float) -> float:
    """``value`` rounded to float32, for rules that a library computes in it."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


class SizeRule(TypedDict, total=False):
    """The parameters of a resize that select the new size.

    ``size`` is [height, width] for ``stretch``, ``cover`` and ``closest_edge``, one edge for ``shortest_edge``, either
    for ``longest_edge``: the largest image inside [height, width]; None for ``keep``. max_size: limit of the longer
    edge. multiple_of: both sides are rounded to a multiple of it, at least one multiple. ``exchanged`` is
    ``shortest_edge`` with height and width mistaken for each other: no spec has it.
    """

    mode: Required[str]
    size: Required[int | Sequence[int] | None]
    max_size: int | None
    rounding: Required[str]
    multiple_of: int | None
    multiple_rounding: str


def resized_size(
    *,
    mode: str,
    size: int | Sequence[int] | None,
    max_size: int | None = None,
    rounding: str,
    multiple_of: int | None = None,
    multiple_rounding: str = "round",
    height: int,
    width: int,
) -> tuple[int, int]:
    """Height and width after a resize by a ``SizeRule``; never less than one pixel."""
    if mode == "keep":
        exact: tuple[float, float] = (height, width)
    elif mode == "closest_edge":
        assert size is not None
        assert not isinstance(size, int)
        exact = closest_edge(size=size, height=height, width=width)
    else:
        assert size is not None
        exact = scaled_size(mode=mode, size=size, max_size=max_size, rounding=rounding, height=height, width=width)
    return multiple_size(
        exact, multiple_of=multiple_of, rounding=multiple_rounding, spec_size=size, height=height, width=width
    )


def multiple_size(
    exact: tuple[float, float],
    *,
    multiple_of: int | None,
    rounding: str,
    spec_size: int | Sequence[int] | None,
    height: int,
    width: int,
) -> tuple[int, int]:
    """Height and width ``exact``, each rounded to a multiple of ``multiple_of``, at least one multiple.

    spec_size: ``size`` of the spec, for the limit of derived sizes.
    """
    if multiple_of is None and isinstance(exact[0], int) and isinstance(exact[1], int):
        return exact[0], exact[1]
    multiple = multiple_of or 1
    new_height, new_width = (max(round_length(side / multiple, rounding), 1) * multiple for side in exact)
    sides = (spec_size,) * 2 if isinstance(spec_size, int) else spec_size or (multiple, multiple)
    return check_resized_size((new_height, new_width), pixels=sides[0] * sides[1], height=height, width=width)


def closest_edge(*, size: Sequence[int], height: int, width: int) -> tuple[float, float]:
    """Height and width, not rounded, where the edge whose scale is closer to 1 becomes that of ``size``.

    DPT's ``keep_aspect_ratio``, also of Depth Anything: the image is scaled as little as possible.
    """
    scale_height, scale_width = size[0] / height, size[1] / width
    scale = scale_width if abs(1 - scale_width) < abs(1 - scale_height) else scale_height
    return scale * height, scale * width


def scaled_size(
    *, mode: str, size: int | Sequence[int], max_size: int | None, rounding: str, height: int, width: int
) -> tuple[int, int]:
    """``resized_size`` without ``multiple_of``."""
    if mode == "exchanged":
        new_height, new_width = scaled_size(
            mode="shortest_edge", size=size, max_size=max_size, rounding=rounding, height=height, width=width
        )
        return new_width, new_height
    if mode == "stretch":
        assert not isinstance(size, int)
        return size[0], size[1]
    if mode == "cover":
        assert not isinstance(size, int)
        new = cover_size(size=size, rounding=rounding, height=height, width=width)
        return check_resized_size(new, pixels=size[0] * size[1], height=height, width=width)
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
    return check_resized_size(new, pixels=size * size, height=height, width=width)


def check_resized_size(new: tuple[int, int], *, pixels: int, height: int, width: int) -> tuple[int, int]:
    """Return the size ``new``. Raises PlanError where a long, thin image makes it too large. ``pixels``: requested."""
    most = max(MOST_DERIVED_PIXELS, 4 * pixels, 4 * height * width)
    if new[0] * new[1] > most:
        raise PlanError(
            f"aspect ratio: {height}x{width} would become {new[0]}x{new[1]} (HxW), and at most "
            f"{most} pixels are supported; remove it, or use mode: stretch or letterbox"
        )
    return new


def shortest_edge(*, size: int, max_size: int | None, rounding: str, short: int, long: int) -> tuple[int, int]:
    """Return the new lengths of the shorter and the longer edge when the shorter becomes ``size``.

    ``floor`` is torchvision's ``_compute_resized_output_size``, which scales the floored edge again where ``max_size``
    is passed; ``detr`` is transformers' ``get_size_with_aspect_ratio``, which starts from the original edges.
    """
    if rounding == "detr":
        return detr_edges(size=size, max_size=max_size, short=short, long=long)
    new_long = round_length(size * long / short, rounding)
    if max_size is None or new_long <= max_size:
        return size, new_long
    share = max_size * size / new_long if rounding == "floor" else max_size * short / long
    return round_length(share, rounding), max_size


def detr_edges(*, size: int, max_size: int | None, short: int, long: int) -> tuple[int, int]:
    """Return the edges by DETR's rule: floor, but round the shorter edge where ``max_size`` limits the longer one."""
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
        return round_length(short * (size / long), rounding), size
    return round_length(size * short / long, rounding), size


def cover_size(*, size: Sequence[int], rounding: str, height: int, width: int) -> tuple[int, int]:
    """Height and width at which the image just covers ``size``; ``round`` is timm's ``ResizeKeepRatio``."""
    tight_height = height * size[1] <= width * size[0]
    if rounding == "floor":
        new_height = size[0] if tight_height else height * size[1] // width
        return new_height, (width * size[0] // height if tight_height else size[1])
    ratio = min(height / size[0], width / size[1])
    return round_length(height / ratio, rounding), round_length(width / ratio, rounding)


def inside(*, size: Sequence[int], rounding: str, height: int, width: int) -> tuple[int, int]:
    """Height and width of the largest image inside ``size``; ``round`` is timm's ``ResizeKeepRatio(longest=1)``."""
    ratio = max(height / size[0], width / size[1])
    if rounding == "floor":
        tight_height = height * size[1] >= width * size[0]
        new_height = size[0] if tight_height else height * size[1] // width
        return max(new_height, 1), max(width * size[0] // height if tight_height else size[1], 1)
    return max(round_length(height / ratio, rounding), 1), max(round_length(width / ratio, rounding), 1)


def resized_by_opencv(*, height: int, width: int, **rule: Unpack[SizeRule]) -> tuple[int, int]:
    """As ``resized_size``, but a rounded ``cover`` is ``cv2.dnn.blobFromImage(crop=True)``, by a float32 factor."""
    factor = blob_factor(height=height, width=width, **rule)
    if not factor:
        return resized_size(height=height, width=width, **rule)
    sides = _sides(rule)
    new = (max(round(height * factor), 1), max(round(width * factor), 1))
    return check_resized_size(new, pixels=sides[0] * sides[1], height=height, width=width)


def blob_factor(*, height: int, width: int, **rule: Unpack[SizeRule]) -> float:
    """The float32 scale factor with which ``cv2.dnn.blobFromImage(crop=True)`` covers a size; 0 for other rules."""
    if rule["mode"] != "cover" or rule["rounding"] != "round" or rule.get("multiple_of") is not None:
        return 0.0
    sides = _sides(rule)
    return max(single(sides[1] / width), single(sides[0] / height))


def resized_by_tensorflow(*, height: int, width: int, **rule: Unpack[SizeRule]) -> tuple[int, int]:
    """As ``resized_size``, but a rounded ``longest_edge`` is that of ``tf.image.resize(preserve_aspect_ratio=True)``.

    It is computed in float32.
    """
    if rule["mode"] != "longest_edge" or rule["rounding"] != "round":
        return resized_size(height=height, width=width, **rule)
    size = rule["size"]
    if isinstance(size, int):
        factor = single(size / max(height, width))
    else:
        sides = _sides(rule)
        factor = min(single(sides[0] / height), single(sides[1] / width))
    return multiple_size(
        (max(round(single(factor * height)), 1), max(round(single(factor * width)), 1)),
        multiple_of=rule.get("multiple_of"),
        rounding=rule.get("multiple_rounding", "round"),
        spec_size=size,
        height=height,
        width=width,
    )


def _sides(rule: SizeRule) -> Sequence[int]:
    """Height and width of a rule whose size has both."""
    size = rule["size"]
    assert size is not None
    assert not isinstance(size, int)
    return size
