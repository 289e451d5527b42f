"""The report of ``payload --sizes``: envelopes, sizes and limits."""

from __future__ import annotations

from sm_imgcheck.core import phrases
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.features.requests import RequestTarget, SizeLimit, bounds
from sm_imgcheck.features.requests.sizes import BodyContent, EnvelopeSize, cheapest
from sm_imgcheck.report import ReportContent, _records
from sm_imgcheck.report.payload import target_description

__all__ = ["SizeTable", "SizesContent"]


@frozen
class SizeTable:
    """How large each form of one request is."""

    load: BodyContent
    sizes: tuple[EnvelopeSize, ...]
    shapes: int
    """Distinct shapes of the candidates, of which the load is the largest."""


class SizesContent(ReportContent[SizeTable]):
    """One table."""

    indent = 1
    folds = True

    def __init__(self, route: RequestTarget) -> None:
        self.route = route

    def record(self, row: SizeTable) -> dict[str, object]:
        """The table with its limits."""
        best = cheapest(row.sizes)
        return {
            "version": _records.VERSION,
            "images": row.load.images,
            "shape": list(row.load.shape),
            "dtype": row.load.dtype,
            "shapes": row.shapes,
            "stack": self.route.stack or None,
            "endpoint": self.route.endpoint,
            "sizes": _records.plain(row.sizes),
            "limits": _records.plain(bounds(self.route)),
            "unchecked": list(self.route.unchecked),
            "cheapest": best and best.envelope,
        }

    def words(self, row: SizeTable) -> str:
        """A line for each envelope, accepted ones first, then the limits, then the smallest that fits."""
        route, load = self.route, row.load
        largest = f" (the largest of {row.shapes:,} shapes)" if row.shapes > 1 else ""
        images = "1 image" if load.images == 1 else f"{load.images:,} images in one body"
        lines = [f"{images}, {load.dtype} {list(load.shape)}{largest}, to {target_description(route)}:"]
        sizes = sorted(row.sizes, key=lambda size: (not size.accepted, size.bytes is None, size.bytes))
        lines += phrases.columns((size.envelope, _bytes(size), _verdict(size), size.content_type) for size in sizes)
        lines += ["Limits, in bytes:"] if bounds(route) else []
        lines += phrases.columns(
            (f"{bound.bytes:>13,}", bound.severity, f"{bound.source}; {bound.remedy}") for bound in bounds(route)
        )
        lines += [f"Not checked: {limit}." for limit in route.unchecked]
        return "\n".join(line.rstrip() for line in [*lines, _best(row.sizes, route)]) + "\n"


def _bytes(row: EnvelopeSize) -> str:
    if row.bytes is None:
        return "unknown".rjust(20)
    return f"{'' if row.exact else 'at most '}{row.bytes:,}".rjust(20)


def _verdict(row: EnvelopeSize) -> str:
    if not row.accepted:
        return "not accepted"
    if row.note:
        return row.note
    picture = "" if row.tensor else ", for a handler that makes the tensor"
    if not row.over:
        return f"fits{picture}"
    return f"{_excess(row.over[-1], row)}{picture}"


def _excess(bound: SizeLimit, row: EnvelopeSize) -> str:
    errors = [bound for bound in row.over if bound.severity == "error"]
    may = "" if row.exact else "may be "
    return f"{may}TOO LARGE: over {errors[0].bytes:,}" if errors else f"{may}over {bound.bytes:,}, a warning"


def _best(rows: tuple[EnvelopeSize, ...], route: RequestTarget) -> str:
    best = cheapest(rows)
    if best is None:
        return f"No envelope of the tensor fits the limits of {target_description(route)}."
    return f"The cheapest that fits: {best.envelope}, {'' if best.exact else 'at most '}{best.bytes:,} bytes."
