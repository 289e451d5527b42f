"""Specs for tests: a valid one with changes, and the problems of an invalid one."""

from collections.abc import Mapping
from typing import Any

from sm_imgcheck.core.errors import Problem, SpecError
from sm_imgcheck.core.types import Spec
from sm_imgcheck.spec.parse import parse

BASE: Mapping[str, Any] = {
    "shape": ["N", 224, 224, 3],
    "dtype": "float32",
    "channel_order": "RGB",
    "value_range": [0, 1],
}


def spec(**changes: Any) -> Spec:
    """The base with changes; a key that is changed to None is omitted."""
    return parse({**BASE, **changes})


def problems(**changes: Any) -> dict[str, str]:
    """What is wrong with the base after these changes: message by place."""
    found: tuple[Problem, ...] = ()
    try:
        spec(**changes)
    except SpecError as error:
        found = error.problems
    by_place = {problem.place: problem.message for problem in found}
    assert len(by_place) == len(found), "one place, one problem"
    return by_place
