"""Types of the output of ``key_values.mapping``: the keys of a spec with values of their kinds.

For type checkers only: an import at run time would cost a command a millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

from sm_imgcheck.core.types import PayloadKeys, Probe

__all__ = ["GivenNormalize", "GivenQuantize", "GivenSpec", "StepKeys", "WrittenStep"]


class GivenNormalize(TypedDict, total=False):
    """``normalize``."""

    units: str
    mean: float | list[float]
    std: float | list[float]
    order: str


class GivenQuantize(TypedDict, total=False):
    """``quantize``."""

    scale: float
    zero_point: int
    rounding: Literal["half_even", "half_away"]


class StepKeys(TypedDict, total=False):
    """The keys of ``crop``, ``resize`` and ``pad`` together; each has some of them."""

    mode: str
    size: int | list[int]
    max_size: int
    rounding: str
    crop: str
    crop_rounding: str
    interpolation: str
    library: str
    dtype: str
    antialias: bool
    fill: float | list[float]
    multiple_of: int
    multiple_rounding: str
    fraction: float
    aspect: list[int]
    square: float | bool
    pad_side: str
    position: str
    units: str


WrittenStep = Mapping[str, StepKeys]
"""A step of ``geometry``: a mapping with one key, ``crop``, ``resize`` or ``pad``."""


class GivenSpec(TypedDict, total=False):
    """The top level."""

    version: int
    name: str
    description: str
    source: str
    extends: str
    shape: list[object]
    layout: str
    dtype: str
    channel_order: str
    value_range: list[float]
    normalize: GivenNormalize
    quantize: GivenQuantize
    expect_range: list[float]
    decode: Mapping[str, object]
    resize: StepKeys
    geometry: list[WrittenStep]
    payload: PayloadKeys
    golden: list[Probe]
