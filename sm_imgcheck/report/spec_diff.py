"""The report of ``spec diff``."""

from __future__ import annotations

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.features.spec_diff import FieldDifference, SpecDiff
from sm_imgcheck.features.spec_diff.measure import PixelChange
from sm_imgcheck.report import ReportContent, _records

__all__ = ["DiffContent"]


class DiffContent(ReportContent[SpecDiff]):
    """One comparison."""

    indent = 2

    def record(self, row: SpecDiff) -> dict[str, object]:
        """Differences, the largest change of pixels first."""
        record: dict[str, object] = {
            "version": 1,
            "first": row.first,
            "second": row.second,
            "equal": row.equal,
            "differences": _records.plain(row.differences),
            "unknown": list(row.unknown),
            "total": _records.plain(row.total),
            "image": row.image,
        }
        return record

    def words(self, row: SpecDiff) -> str:
        """A paragraph for each difference."""
        names = f"{row.first} and {row.second}"
        if row.equal:
            return f"{names}: equal in effect\n"
        lines = [f"{names}: {len(row.differences)} difference{'s' * (len(row.differences) != 1)}"]
        for difference in row.differences:
            lines += ["", f"{difference.field}: {_effect(difference)}"]
            lines += [f"  - {for_terminal(difference.first)}", f"  + {for_terminal(difference.second)}"]
        if row.unknown:
            lines += ["", f"not compared, unknown in one of them: {', '.join(row.unknown)}"]
        if row.total is not None and row.total.mean is not None and len(row.differences) > 1:
            lines += ["", f"all differences together: {_levels(row.total)}"]
        if row.differences:
            lines += ["", f"Changes in gray levels (0..255) of {row.first}, measured on: {for_terminal(row.image)}"]
        return "\n".join(lines) + "\n"

    def failure(self, row: SpecDiff) -> str:
        """One line where they differ."""
        if row.equal:
            return ""
        fields = ", ".join(difference.field for difference in row.differences) or "none known"
        return f"{row.first} and {row.second} differ: {fields}\n"


def _effect(difference: FieldDifference) -> str:
    change, note = difference.change, difference.note
    if change is None:
        return f"no change of pixels ({note})" if note else "change not measured"
    if change.mean is None:
        first, second = change.first_size, change.second_size
        return f"size {first[0]}x{first[1]} becomes {second[0]}x{second[1]} (HxW)"
    if note and not change.maximum:
        return f"only {note}"
    return _levels(change)


def _levels(change: PixelChange) -> str:
    if not change.maximum:
        return "no change on the image"
    return f"mean {change.mean:.3g}, maximum {change.maximum:.3g} gray levels"
