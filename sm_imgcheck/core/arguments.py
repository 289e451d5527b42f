"""Checks of the arguments of the public functions, before anything is read."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from numbers import Real
from typing import SupportsIndex, TypeGuard

from sm_imgcheck.core.errors import ImgcheckError

__all__ = ["assumption_texts", "check_arguments", "check_jobs", "check_limits"]


_EXAMPLES = {
    "decoded_by": "opencv",
    "content_type": "application/x-npy",
    "envelope": "npy",
    "function": "input_fn",
    "python": "/usr/bin/python3",
}
"""The arguments that are texts; all others are flags."""


def check_arguments(decoded_by: object = "pillow", **arguments: object) -> None:
    """Raise TypeError for a text or a flag (a bool of Python or NumPy) of another type.

    Raises ImgcheckError for an unknown decoder. None is a text that is not given.
    """
    for name, value in {"decoded_by": decoded_by, **arguments}.items():
        if name in _EXAMPLES:
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{name}: got {type(value).__name__}, expected a text such as {_EXAMPLES[name]}")
        elif not isinstance(value, int) and type(value).__name__ not in ("bool", "bool_"):
            raise TypeError(f"{name}: got {type(value).__name__}, expected True or False")
    if decoded_by not in ("pillow", "opencv"):
        raise ImgcheckError(f"decoded_by: got {decoded_by!r}, expected pillow or opencv")


def check_limits(**limits: object) -> None:
    """Raise TypeError for a limit that is not a number, ImgcheckError for one that is not above 0."""
    for name, value in limits.items():
        if not isinstance(value, Real):
            raise TypeError(f"{name}: got {type(value).__name__}, expected a number")
        if not value > 0:  # type: ignore[operator]  # Real declares no comparison with int
            raise ImgcheckError(f"{name}: got {value}, expected a number above 0")


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
    """Return assumptions as texts: a pair as ``value_range`` too. Raises TypeError for other types."""
    if assume is None:
        return {}
    if not isinstance(assume, Mapping):
        raise TypeError(f'assume: got {type(assume).__name__}, expected a mapping such as {{"channel_order": "BGR"}}')
    texts = {
        key: ",".join(map(str, value)) if key == "value_range" and _is_pair(value) else value
        for key, value in assume.items()
    }
    for key, value in texts.items():
        if not isinstance(value, str):
            pair = " or a pair of numbers" if key == "value_range" else ""
            raise TypeError(f"assume {key}: got {type(value).__name__}, expected a text{pair}")
    return texts


def _is_pair(value: object) -> TypeGuard[list[Real] | tuple[Real, ...]]:
    return isinstance(value, list | tuple) and all(isinstance(end, Real) for end in value)
