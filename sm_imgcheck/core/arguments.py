"""Checks of the arguments of the public functions, before anything is read."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import SupportsIndex

from sm_imgcheck.core.errors import ImgcheckError

__all__ = ["assumption_texts", "check_jobs", "check_text_arguments"]


def check_text_arguments(decoded_by: object = "pillow", content_type: object = None, envelope: object = None) -> None:
    """Raise ImgcheckError for an unknown decoder, TypeError for another argument that is not a text."""
    if decoded_by not in ("pillow", "opencv"):
        raise ImgcheckError(f"decoded_by: got {decoded_by!r}, expected pillow or opencv")
    examples = (("content_type", content_type, "application/x-npy"), ("envelope", envelope, "npy"))
    for name, value, example in examples:
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name}: got {type(value).__name__}, expected a text such as {example}")


def check_jobs(jobs: object) -> int:
    """Return a number of worker processes as an ``int``, also one of NumPy.

    Raises ImgcheckError for what is not an integer from 1.
    """
    try:
        number = operator.index(jobs) if isinstance(jobs, SupportsIndex) and not isinstance(jobs, bool) else 0
    except TypeError:  # an array of several entries has __index__ too
        number = 0
    if number < 1:
        raise ImgcheckError(f"jobs: got {jobs!r}, expected an integer from 1")
    return number


def assumption_texts(assume: object) -> Mapping[str, str]:
    """Return assumptions as texts: a pair as ``value_range`` too. Raises TypeError for what is not a mapping."""
    if assume is None:
        return {}
    if not isinstance(assume, Mapping):
        raise TypeError(f'assume: got {type(assume).__name__}, expected a mapping such as {{"channel_order": "BGR"}}')
    return {
        key: ",".join(map(str, value)) if key == "value_range" and isinstance(value, list | tuple) else value
        for key, value in assume.items()
    }
