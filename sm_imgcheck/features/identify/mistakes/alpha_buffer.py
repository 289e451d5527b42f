"""Four channels read as three: the numbers of an RGBA buffer (a canvas, a screen) under the shape of an RGB image."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from sm_imgcheck.core.types import Step
from sm_imgcheck.features.identify.candidates import TensorImage
from sm_imgcheck.features.identify.mistakes import Evidence, Mistake
from sm_imgcheck.features.identify.search import Search
from sm_imgcheck.features.identify.upper_rows import search_upper_rows
from sm_imgcheck.pipeline.measure.value_order import alpha_position

__all__ = ["MISTAKE"]


def _searches(evidence: Evidence) -> Iterator[Search]:
    """The searches for a buffer of the resized image, and for one of the source before its resize."""
    images = [image for image in evidence.images if image.channels == len("RGB")]
    for image in images:
        position = alpha_position(image.pixels)
        if position is not None:
            pixels = _without_alpha(image, position)
            yield search_upper_rows(evidence.search, image, pixels, partial(_misread, position=position))
            return
    for order in ("RGB", "BGR"):
        source = evidence.source
        before = replace(source.preparation, before=(_misread(order, 3),))
        yield from evidence.reread(images, replace(source, preparation=before))


def _misread(order: str, position: int) -> Step:
    return Step(op="alpha_as_color", params={"order": order, "position": position}, why="four channels read as three")


def _without_alpha(image: TensorImage, position: int) -> np.ndarray:
    """The upper three quarters of the image that the buffer holds: complete rows, and three channels."""
    height, width = image.size
    rows = 3 * height // 4
    four = image.pixels.reshape(-1)[: rows * width * 4].reshape(rows, width, 4)
    return np.ascontiguousarray(np.delete(four, position, axis=2))


MISTAKE = Mistake(title="a buffer of four channels", rank=2, distance=(4.0, math.inf), searches=_searches)
