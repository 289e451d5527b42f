"""The shape of a spec: the length of each axis, and the layout."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING

from sm_imgcheck.core.channels import CHANNELS
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.layouts import LAYOUTS
from sm_imgcheck.core.types import Dim
from sm_imgcheck.spec.key_values import plain_number
from sm_imgcheck.spec.keys import MAX_SIDE
from sm_imgcheck.spec.problems import ProblemList, at, choice_of

if TYPE_CHECKING:
    from sm_imgcheck.spec.given import GivenSpec

__all__ = ["fixed_size", "format_shape", "read"]

_MOST_PIXELS = 178_956_970
"""Height x width of a tensor: the default limit of an image, ``decode.max_pixels``."""

_AXES = {
    **dict.fromkeys(("n", "batch", "batch_size"), "N"),
    **dict.fromkeys(("h", "height"), "H"),
    **dict.fromkeys(("w", "width"), "W"),
    **dict.fromkeys(("c", "channels"), "C"),
    **dict.fromkeys(("?", "*", "any", "none"), ""),
}
_RANGE = re.compile(r"(\d{1,9})?\.\.(\d{1,9})?")
_EXPECTED = 'an integer from 1, N, H, W, -1, null, or a range such as "32..1024"'


@frozen
class _Entry:
    """One entry of ``shape`` as written: its length, and the axis of its symbol."""

    low: int = 1
    high: int | None = None
    axis: str = ""

    def is_channels(self, channels: int) -> bool:
        return self.axis == "C" or (self.low == self.high == channels)

    def may_be(self, axis: str, channels: int) -> bool:
        return self.is_channels(channels) if axis == "C" else self.axis in ("", axis)


def read(keys: GivenSpec, notes: ProblemList) -> tuple[tuple[Dim, ...], str] | None:
    """Return one Dim per axis and the layout; None where one of them is invalid or missing."""
    entries = [_entry(value, at("shape", index), notes) for index, value in enumerate(keys.get("shape", ()))]
    if not entries or None in entries or not notes.fine("shape", "layout"):
        return None
    checked_entries = [entry for entry in entries if entry is not None]
    order, layout = keys.get("channel_order"), keys.get("layout")
    if layout and len(layout) != len(checked_entries):
        notes.add(
            "layout",
            f"{layout} has {len(layout)} axes, but shape {_format_shape(checked_entries)} has {len(checked_entries)}",
        )
        return None
    if order is None:
        return None
    layout = layout or _infer_layout(checked_entries, order, notes)
    if not layout or not _agrees(checked_entries, layout, order, notes):
        return None
    dims = tuple(_dim(entry, axis, CHANNELS[order]) for entry, axis in zip(checked_entries, layout, strict=True))
    size = fixed_size(dims, layout)
    if size is not None and size[0] * size[1] > _MOST_PIXELS:
        notes.add("shape", f"{size[0]}x{size[1]} (HxW) is more than {_MOST_PIXELS} pixels")
        return None
    return dims, layout


def format_shape(dims: tuple[Dim, ...]) -> list[int | str]:
    """Return the shape in the spec language."""
    return [dim.fixed or str(dim) for dim in dims]


def fixed_size(dims: tuple[Dim, ...], layout: str) -> tuple[int, int] | None:
    """Return height and width; None unless both are fixed."""
    height, width = (dims[layout.index(axis)].fixed for axis in "HW")
    return None if height is None or width is None else (height, width)


def _entry(value: object, path: str, notes: ProblemList) -> _Entry | None:
    length = _integer(value)
    if value is None or length == -1:
        return _Entry()
    if length is not None and 1 <= length <= MAX_SIDE:
        return _Entry(low=length, high=length)
    entry = _symbol(value.strip().casefold()) if isinstance(value, str) else None
    if entry is None:
        notes.wrong(path, value, _EXPECTED if length is None else f"{_EXPECTED}; at most {MAX_SIDE}")
    return entry


def _integer(value: object) -> int | None:
    """Return an integer of any number class, also 224.0; None for anything else."""
    number = plain_number(value)
    return int(number) if number is not None and isfinite(number) and number == int(number) else None


def _symbol(word: str) -> _Entry | None:
    if word in _AXES:
        return _Entry(axis=_AXES[word])
    match = _RANGE.fullmatch(word)
    if match is None or match[1] == match[2] is None:
        return None
    low, high = int(match[1] or 1), None if match[2] is None else int(match[2])
    return _Entry(low=low, high=high) if 1 <= low <= (high or MAX_SIDE) <= MAX_SIDE else None


def _dim(entry: _Entry, axis: str, channels: int) -> Dim:
    if axis == "C":
        return Dim(low=channels, high=channels)
    free = entry.low == 1 and entry.high is None
    return Dim(low=entry.low, high=entry.high, name=axis if free else "")


def _infer_layout(entries: list[_Entry], order: str, notes: ProblemList) -> str | None:
    """Return the only layout that fits the shape; None where none or several do."""
    channels = CHANNELS[order]
    fit = [
        layout
        for layout in LAYOUTS
        if len(layout) == len(entries)
        and ("C" in layout or channels == 1)
        and all(entry.may_be(axis, channels) for entry, axis in zip(entries, layout, strict=True))
    ]
    # A layout in which the image has one row or one column is ignored where another fits: GRAY [224, 224, 1].
    likely = [layout for layout in fit if all(entries[layout.index(axis)].high != 1 for axis in "HW")]
    if len(likely or fit) == 1:
        return (likely or fit)[0]
    if fit:
        notes.add("layout", f"missing: shape {_format_shape(entries)} fits {choice_of(fit)}; write one of them")
    else:
        notes.add("shape", _no_layout(entries, order))
    return None


def _no_layout(entries: list[_Entry], order: str) -> str:
    channels = CHANNELS[order]
    if len(entries) not in {len(layout) for layout in LAYOUTS}:
        return f"{_format_shape(entries)} has {len(entries)} axes, expected 2 to 4: {choice_of(LAYOUTS)}"
    if not any(entry.is_channels(channels) for entry in entries):
        return (
            f"{_format_shape(entries)}: {order} has {channels} channel{'s' * (channels > 1)}, but no axis is {channels}"
        )
    return f"{_format_shape(entries)}: no layout fits {order}, expected an order of axes such as {choice_of(LAYOUTS)}"


def _agrees(entries: list[_Entry], layout: str, order: str, notes: ProblemList) -> bool:
    """Return whether a layout fits the shape and the channel order."""
    channels = CHANNELS[order]
    if "C" not in layout and channels > 1:
        notes.add("layout", f"{layout} has no channel axis, but {order} has {channels} channels")
        return False
    wrong = [
        (index, axis)
        for index, (entry, axis) in enumerate(zip(entries, layout, strict=True))
        if not entry.may_be(axis, channels) and not (axis == "C" and entry == _Entry())
    ]
    for index, axis in wrong:
        needs = f"{order} has {channels}" if axis == "C" else f"that axis is {axis}"
        notes.add(at("shape", index), f"{_symbol_of(entries[index])}, but with layout: {layout} {needs}")
    return not wrong


def _symbol_of(entry: _Entry) -> str:
    return entry.axis or str(Dim(low=entry.low, high=entry.high))


def _format_shape(entries: list[_Entry]) -> str:
    return f"[{', '.join(_symbol_of(entry) for entry in entries)}]"
