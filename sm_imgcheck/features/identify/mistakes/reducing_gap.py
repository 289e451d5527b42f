"""Pillow's ``reducing_gap``: whole blocks are averaged before the resize."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import FAMILIES, KernelFamily
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_GAPS = (2.0, 3.0, 1.0, 1.5, 4.0)
"""``Image.thumbnail`` has 2 by default, Pillow's documentation recommends 3."""


def _families() -> Iterator[KernelFamily]:
    for family in FAMILIES:
        pillow = next(
            (member for member in family.members if member.library == "pillow" and member.dtype == "uint8"), None
        )
        if pillow is not None and pillow.interpolation != "nearest":
            for gap in _GAPS:
                yield KernelFamily(members=(replace(pillow, reducing_gap=gap),))


def _searches(evidence: Evidence) -> Iterator[Search]:
    guesses = [guess for guess in evidence.guesses if guess.place.framing.resizes]
    if guesses:
        yield evidence.again(guesses[0], families=tuple(_families()))


MISTAKE = Mistake(title="reducing_gap of Pillow", rank=11, distance=(0.05, 6.0), searches=_searches)
