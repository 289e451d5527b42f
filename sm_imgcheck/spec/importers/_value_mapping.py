"""Scale, offset, mean and std in any vocabulary as ``value_range`` or ``normalize`` of the spec language."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._draft import Certainty, DraftBuilder

__all__ = ["add_affine", "add_range_inside", "add_scaled", "numbers"]

_UNIT = 1 / 255
_SAME = 1e-7


def numbers(value: object, *, most: int = 4) -> list[float] | None:
    """A number or a list of 1 to ``most`` finite numbers as a list; None for anything else."""
    entries = value if isinstance(value, list | tuple) else [value]
    if not 1 <= len(entries) <= most:
        return None
    entries_or_none = [_number(entry) for entry in entries]
    finite = [entry for entry in entries_or_none if entry is not None]
    return finite if len(finite) == len(entries) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) < 1e30 else None


def add_scaled(
    builder: DraftBuilder,
    *,
    factor: float,
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
    offset: float = 0.0,
    order: str = "",
    source: str,
    certainty: Certainty = "stated",
    mean_source: str = "",
    std_source: str = "",
    mean_certainty: Certainty | None = None,
    std_certainty: Certainty | None = None,
) -> None:
    """Add y = (x * factor + offset - mean) / std, x in 0..255.

    order: in which mean and std are listed; empty: all entries are equal or the order is the contract's. source: the
    keys of the file; mean_source, mean_certainty, std_source and std_certainty: of each list, where they differ.
    A factor of 0 or a std that is not positive is noted, and the mapping is unknown.
    """
    if not factor > 0 or any(not entry > 0 for entry in std or ()):
        builder.unknown("value_range", f"{source}: got a scale or std that is not positive")
        return
    if mean is None and std is None:
        low, high = offset, 255 * factor + offset
        builder.add("value_range", [_tidy(low), _tidy(high)], source, certainty)
        return
    unit = abs(factor * 255 - 1) < _SAME
    scale = 1.0 if unit else factor
    means: Json = [_tidy((entry - offset) / scale) for entry in mean or (0.0,)]
    stds: Json = [_tidy(entry / scale) for entry in std or (1.0,)]
    builder.add("normalize.units", "unit" if unit else "byte", source, certainty)
    builder.add("normalize.mean", means, mean_source or source, mean_certainty or certainty)
    builder.add("normalize.std", stds, std_source or source, std_certainty or certainty)
    if order:
        builder.add("normalize.order", order, mean_source or source, mean_certainty or certainty)


_BRACKETS = re.compile(r"[\[(]([^\[\]()]*)[\])]")
_LARGEST_OF_UNIT = 2


def add_range_inside(builder: DraftBuilder, values: Iterable[str], source: str) -> None:
    """Add 0..255 for an input that the model itself scales by mean and scale; unknown where they may be those of 0..1.

    values: of the options, such as ``255``, ``[127.5]`` and ``name[104,117,124],other[1]``.
    """
    lists = [entry for value in values for entry in (_BRACKETS.findall(value) or [value])]
    figures = [
        abs(figure) for text in lists for word in re.split(r"[,\s]+", text) if (figure := _number(word)) is not None
    ]
    if not figures:
        builder.unknown("value_range", f"{source}: inside the model, got no number")
    elif max(figures) > _LARGEST_OF_UNIT:
        builder.infer("value_range", [0, 255], f"{source}: inside the model, whose input is pixels")
    else:
        reason = f"no number above {_LARGEST_OF_UNIT}, which fits values up to 1 and pixels"
        builder.unknown("value_range", f"{source}: inside the model, {reason}")


def add_affine(
    builder: DraftBuilder, *, scale: Sequence[float], offset: Sequence[float], order: str, source: str
) -> None:
    """Add y = scale * x + offset per channel, x in 0..255, listed in ``order``."""
    if any(not entry > 0 for entry in scale):
        builder.unknown("value_range", f"{source}: got a scale that is not positive")
        return
    if len(set(scale)) == len(set(offset)) == 1:
        low, high = offset[0], 255 * scale[0] + offset[0]
        builder.add("value_range", [_tidy(low), _tidy(high)], source, "stated")
        return
    count = max(len(scale), len(offset))
    scales = list(scale) * (count // len(scale))
    offsets = list(offset) * (count // len(offset))
    means = [-b / a for a, b in zip(scales, offsets, strict=True)]
    stds = [1 / a for a in scales]
    add_scaled(builder, factor=1.0, mean=means, std=stds, order=order, source=source)


def _tidy(value: float) -> Json:
    """A number without the rounding error of its computation: 0.9999999 is 1."""
    nearest = round(value)
    if abs(value - nearest) < 1e-6 and abs(nearest) < 1e9:
        return nearest
    return float(f"{value:.12g}")
