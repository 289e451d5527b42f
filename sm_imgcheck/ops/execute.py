"""Exact pixels: plain array functions, one for each op that a plan may name.

Arrays are HWC (or NHWC where an op says so); 0..255 stands for black..white. Every op is a function of an array and
JSON parameters, and modifies nothing. Adding an op is adding a function and its name in its module's ``__all__``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from sm_imgcheck.core.types import Step
from sm_imgcheck.ops.records import library_of, record

__all__ = ["ArrayCache", "apply", "apply_steps", "op", "step_names"]


@cache
def op(name: str) -> Callable[..., np.ndarray]:
    """The array function of an op, which its record names. Raises Bug for an op that does not exist."""
    # pillow12 is Pillow's arithmetic with one parameter more.
    module = record(name).kernel.format(library=library_of(name).removesuffix("12"))
    function: Callable[..., np.ndarray] = getattr(import_module(module), name)
    return function


def apply(step: Step, array: np.ndarray) -> np.ndarray:
    """Carry out one step; the images of a batch (NHWC) one by one where the op takes a single image."""
    function = op(step.op)
    if record(step.op).one_image and array.ndim == 4:
        return np.stack([function(image, **step.params) for image in array])
    return function(array, **step.params)


def apply_steps(steps: Sequence[Step], remembered: MutableMapping[tuple[str, ...], np.ndarray]) -> np.ndarray:
    """The array after ``steps``, going on from the longest beginning of them that is remembered.

    remembered: the array of no steps, ``()``, which they all begin with; gains the array after each step.
    """
    names = step_names(steps)
    done = next(at for at in range(len(steps), -1, -1) if names[:at] in remembered)
    array = remembered[names[:done]]
    for at in range(done, len(steps)):
        array = remembered[names[: at + 1]] = apply(steps[at], array)
    return array


_CACHE_BYTES = 192 << 20
"""Of arrays in an ``ArrayCache``: those of pictures of up to a megapixel all stay."""


class ArrayCache(dict[tuple[str, ...], Any]):
    """The arrays after each beginning of the steps that were tried, by ``step_names``; the oldest go first.

    What was put in when it was made stays, and so does the last one.
    """

    def __init__(self, first: Mapping[tuple[str, ...], Any]) -> None:
        super().__init__(first)
        self._kept = len(first)

    def __setitem__(self, names: tuple[str, ...], array: np.ndarray) -> None:
        super().__setitem__(names, array)
        sizes = {id(value): value.nbytes for value in self.values() if isinstance(value, np.ndarray)}
        while sum(sizes.values()) > _CACHE_BYTES and len(self) > self._kept + 1:
            oldest = next(key for at, key in enumerate(self) if at >= self._kept)
            del self[oldest]
            sizes = {id(value): value.nbytes for value in self.values() if isinstance(value, np.ndarray)}


def step_names(steps: Sequence[Step]) -> tuple[str, ...]:
    """What ``carried_out`` remembers an array by: steps of the same names make the same array."""
    return tuple(f"{step.op} {step.params}" for step in steps)
