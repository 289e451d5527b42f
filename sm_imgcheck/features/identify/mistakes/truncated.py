"""A resize in floats whose result lost its fractions: ``resize(image.astype("float32")).astype("uint8")``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sm_imgcheck.core.types import Step
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.plan import FAMILIES, KernelFamily
from sm_imgcheck.features.identify.search import Search

__all__ = ["MISTAKE"]

_FLOATS = tuple(
    KernelFamily(members=members)
    for family in FAMILIES
    if (members := tuple(member for member in family.members if member.dtype == "float32"))
)
"""The kernels in float32."""
_NEAR = 0.1
"""Gray levels by which the nearest pipelines may differ whose framings are tried."""


def _searches(evidence: Evidence) -> Iterator[Search]:
    guesses = [guess for guess in evidence.guesses if guess.place.framing.resizes]
    if guesses and guesses[0].off <= evidence.guesses[0].off + _NEAR:
        step = Step(op="truncate_levels", why="fractions truncated")
        preparation = replace(evidence.source.preparation, after=(step,))
        yield evidence.again(guesses[0], preparation=preparation, families=_FLOATS)


MISTAKE = Mistake(title="truncated fractions", rank=8, distance=(0.1, 1.0), searches=_searches)
