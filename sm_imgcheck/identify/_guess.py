"""Whose resize it was: one of each family of kernels first, then the kin of those that come near."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sm_imgcheck.errors import PlanError
from sm_imgcheck.identify._arithmetic import FAMILIES, Arithmetic, Family, with_arithmetic
from sm_imgcheck.identify._framing import Part, geometry, traced
from sm_imgcheck.identify._places import Place
from sm_imgcheck.identify._plan import ORDERS, picture_steps
from sm_imgcheck.identify._reading import Seen
from sm_imgcheck.identify._values import Line, fitted
from sm_imgcheck.identify._views import Source
from sm_imgcheck.model import Decode, Step
from sm_imgcheck.pixels import carried_out

__all__ = ["Guess", "guess", "kin", "near"]

_SAMPLE = 1 << 14
"""Pixels that a first comparison looks at."""
_PLACES, _PAIRS = 16, 8
"""So many places are tried with the kernels that do best, and so many pairs of place and kernel are looked into."""
_KIN = 0.6
"""Grey levels, on average, that the arithmetics of one kernel differ by: up to 0.3 by rounding, more in overshoot."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guess:
    """One way to make the picture, the value mapping left open."""

    place: Place
    arithmetic: Arithmetic
    decode: Decode
    geometry: tuple[Step, ...]
    """As a spec has it; a frame is black."""
    part: Part
    orders: tuple[tuple[str, Line], ...]
    """Channel orders that go with it and the line from pixels to numbers, the better first; both for a gray picture."""
    rank: tuple[int, ...] = ()

    @property
    def off(self) -> float:
        """Mean difference from the better line, in grey levels."""
        return self.orders[0][1].off


def near(seen: Seen, source: Source, places: list[Place], decode: Decode) -> list[tuple[Guess, Family]]:
    """The pairs of place and family that come nearest, nearest first, each by the family's first member."""
    found: list[tuple[Guess, Family]] = []
    families: Iterable[Family] = FAMILIES
    for place in places[:_PLACES]:
        if found and place.misfit > 3 * places[0].misfit + 1e-4:
            break
        for family in families:
            made = next((one for member in family.members if (one := guess(seen, source, place, member, decode))), None)
            if made is not None:
                found.append((made, family))
            if not place.framing.resizes:
                break
        found.sort(key=lambda pair: pair[0].off)
        if place.framing.resizes:
            families = list(dict.fromkeys(family for _, family in found[:4]))
        if found and found[0][0].off < 1e-3 and place.misfit > 1.2 * places[0].misfit:
            break
    return [pair for pair in found if pair[0].off <= found[0][0].off + 2 * _KIN][:_PAIRS]


def kin(
    seen: Seen, source: Source, pair: tuple[Guess, Family], decode: Decode, *, whole: bool | None
) -> Iterator[Guess]:
    """The guesses of a family on one place; ``whole``: the tensor holds whole levels, or does not; None: who knows."""
    first, family = pair
    members = family.members if first.place.framing.resizes else family.members[:1]
    for member in members:
        if whole is None or whole == (member.dtype != "float32") or not first.place.framing.resizes:
            made = guess(seen, source, first.place, member, decode, sample=False)
            if made is not None:
                yield made


def guess(
    seen: Seen, source: Source, place: Place, arithmetic: Arithmetic, decode: Decode, *, sample: bool = True
) -> Guess | None:
    """The picture of one place by one arithmetic, and the lines that go with it; None where it cannot be made."""
    written = with_arithmetic(place.framing, arithmetic)
    if written is None:
        return None
    view, order = place.view, ORDERS[seen.channels][0]
    steps = geometry(written, size=seen.size, order=order)
    part = traced(steps, view.height, view.width)
    if part is None or part.size != seen.size:
        return None
    try:
        whole = picture_steps(source.header, decode, steps, seen.channels, turn=view.turn, mirrored=view.mirrored)
        picture = carried_out(whole, source.remembered)
    except PlanError:
        return None
    orders = lines(picture, seen, part, mirrored=view.mirrored, sample=sample)
    if not orders:
        return None
    return Guess(place=place, arithmetic=arithmetic, decode=decode, geometry=steps, part=part, orders=orders)


def lines(picture: np.ndarray, seen: Seen, part: Part, *, mirrored: bool, sample: bool) -> tuple[tuple[str, Line], ...]:
    """The channel orders in which the picture goes with the tensor: the better one, or both where they are alike."""
    top, left, height, width = part.inner
    if mirrored:
        left = seen.size[1] - left - width
    stride = max(int((height * width / _SAMPLE) ** 0.5), 1) if sample else 1
    window = (slice(top, top + height, stride), slice(left, left + width, stride))
    tensor, pixels = seen.pixels[window], picture[window]
    found = []
    for order in ORDERS[seen.channels]:
        stored = pixels[..., [ORDERS[seen.channels][0].index(channel) for channel in order]]
        line = fitted(stored, tensor)
        if line is not None:
            found.append((order, line))
    found.sort(key=lambda pair: pair[1].off)
    return tuple(pair for pair in found if pair[1].off <= found[0][1].off + 1e-4)
