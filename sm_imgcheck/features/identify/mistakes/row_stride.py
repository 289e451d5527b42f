"""A row stride read as pixels: each row of the buffer ends in padding, which the shape does not have."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from sm_imgcheck.core.types import Step
from sm_imgcheck.features.identify.misread import row_length, rows_of
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.search import Search
from sm_imgcheck.features.identify.upper_rows import search_upper_rows

__all__ = ["MISTAKE"]


def _searches(evidence: Evidence) -> Iterator[Search]:
    for image in evidence.images:
        length, width = row_length(image.pixels), image.size[1] * image.channels
        if length > width:
            pixels = np.ascontiguousarray(rows_of(image.pixels, length))
            yield search_upper_rows(evidence.search, image, pixels, partial(_misread, padding=length - width))


def _misread(order: str, padding: int) -> Step:
    return Step(op="misread_rows", params={"padding": padding, "order": order}, why="row stride")


MISTAKE = Mistake(title="a row stride", rank=2, distance=(4.0, math.inf), searches=_searches)
