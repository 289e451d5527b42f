"""The table of forms, sizes and limits: as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from sm_imgcheck.core import phrases
from sm_imgcheck.features.requests import RequestTarget
from sm_imgcheck.features.requests.limits import Bound, bounds
from sm_imgcheck.features.requests.sizes import Load, Size, cheapest
from sm_imgcheck.report import _records
from sm_imgcheck.report.payload import to_whom

__all__ = ["sizes_as_json", "sizes_as_text"]


def sizes_as_text(route: RequestTarget, load: Load, rows: Sequence[Size], *, shapes: int = 1) -> str:
    """A line for each form, those first that the stack takes, then the limits, then the cheapest that fits."""
    largest = f" (the largest of {shapes:,} shapes)" if shapes > 1 else ""
    images = "1 image" if load.images == 1 else f"{load.images:,} images in one body"
    lines = [f"{images}, {load.dtype} {list(load.shape)}{largest}, to {to_whom(route)}:"]
    ordered = sorted(rows, key=lambda row: (not row.taken, row.bytes is None, row.bytes))
    lines += phrases.columns((row.envelope, _bytes(row), row.content_type, _verdict(row, route)) for row in ordered)
    lines += ["Limits, in bytes:"]
    lines += phrases.columns(
        (f"{one.bytes:>13,}", one.severity, f"{one.source}; {one.remedy}") for one in bounds(route)
    )
    lines += [f"Not checked: {one}." for one in route.unchecked]
    return "\n".join(line.rstrip() for line in [*lines, _best(tuple(rows), route)]) + "\n"


def _bytes(row: Size) -> str:
    if row.bytes is None:
        return "unknown".rjust(20)
    return f"{'' if row.exact else 'at most '}{row.bytes:,}".rjust(20)


def _verdict(row: Size, route: RequestTarget) -> str:
    if not row.taken:
        return f"not taken by {route.stack}"
    if row.note:
        return row.note
    picture = "" if row.tensor else ", for a handler that makes the tensor"
    if not row.over:
        return f"fits{picture}"
    return f"{_broken(row.over[-1], row)}{picture}"


def _broken(bound: Bound, row: Size) -> str:
    errors = [one for one in row.over if one.severity == "error"]
    may = "" if row.exact else "may be "
    return f"{may}TOO LARGE: over {errors[0].bytes:,}" if errors else f"{may}over {bound.bytes:,}, a warning"


def _best(rows: tuple[Size, ...], route: RequestTarget) -> str:
    best = cheapest(rows)
    if best is None:
        return f"No form of the tensor fits on the way to {to_whom(route)}."
    return f"The cheapest that fits: {best.envelope}, {'' if best.exact else 'at most '}{best.bytes:,} bytes."


def sizes_as_json(route: RequestTarget, load: Load, rows: Sequence[Size], *, shapes: int = 1) -> str:
    """One document."""
    best = cheapest(tuple(rows))
    document = {
        "version": _records.VERSION,
        "images": load.images,
        "shape": list(load.shape),
        "dtype": load.dtype,
        "shapes": shapes,
        "stack": route.stack or None,
        "endpoint": route.endpoint,
        "sizes": _records.plain([*rows]),
        "limits": _records.plain(bounds(route)),
        "unchecked": list(route.unchecked),
        "cheapest": best and best.envelope,
    }
    return _records.encode(document, indent=1) + "\n"
