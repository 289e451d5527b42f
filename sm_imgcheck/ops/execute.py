"""Exact pixels: plain array functions, one for each op of a plan.

Arrays are HWC (or NHWC where an op declares it); 0..255 is black..white. Every op is a function of an array and JSON
parameters, and modifies no input. To add an op, add a function and its name in its module's ``__all__``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import cache
from importlib import import_module
from itertools import islice
from typing import Any

import numpy as np

from sm_imgcheck.core.types import Step
from sm_imgcheck.ops.records import library_of, record

__all__ = ["ArrayCache", "apply", "apply_steps", "op", "step_names"]


@cache
def op(name: str) -> Callable[..., np.ndarray]:
    """The array function of an op, which its record names. Raises Bug for an op that does not exist."""
    # pillow12 is Pillow's implementation with one parameter more.
    module = record(name).kernel.format(library=library_of(name).removesuffix("12"))
    function: Callable[..., np.ndarray] = getattr(import_module(module), name)
    return function


def apply(step: Step, array: np.ndarray, *, reuse: bool = False) -> np.ndarray:
    """Apply one step; to the images of a batch (NHWC) one by one where the op accepts a single image.

    reuse: the array is not needed any more, so that its memory may hold the result.
    """
    function = op(step.op)
    if reuse and record(step.op).in_place and array.dtype == np.float32 and array.flags.carray:
        return function(array, **step.params, out=array)
    if record(step.op).one_image and array.ndim == 4:
        return np.stack([function(image, **step.params) for image in array])
    return function(array, **step.params)


def apply_steps(steps: Sequence[Step], cache: MutableMapping[tuple[str, ...], np.ndarray]) -> np.ndarray:
    """Return the array after ``steps``, starting from their longest cached prefix.

    cache: the array before all steps, under ``()``; gains the array after each step.
    """
    names = step_names(steps)
    prefix = next(at for at in range(len(steps), -1, -1) if names[:at] in cache)
    array = cache[names[:prefix]]
    for at in range(prefix, len(steps)):
        array = cache[names[: at + 1]] = apply(steps[at], array)
    return array


_CACHE_BYTES = 192 << 20
"""Limit of the arrays in an ``ArrayCache``: those of images of up to a megapixel all stay."""


class ArrayCache(dict[tuple[str, ...], Any]):
    """The arrays after each prefix of the steps that were tried, by ``step_names``; the oldest are removed first.

    The initial array stays, and so does the last one. ``work`` counts the values that the steps read and wrote.
    """

    def __init__(self, first: Mapping[tuple[str, ...], Any]) -> None:
        super().__init__(first)
        self._kept = len(first)
        self._uses: dict[int, int] = {}
        """Number of keys of each array, by id: a step without an effect stores its input again."""
        self._bytes = 0
        self.work = 0
        for array in first.values():
            self._count(array, 1)

    def __setitem__(self, names: tuple[str, ...], array: np.ndarray) -> None:
        if id(array) not in self._uses:
            self.work += array.size + getattr(self.get(names[:-1]), "size", 0)
        self._count(array, 1)
        if names in self:
            self._count(self[names], -1)
        super().__setitem__(names, array)
        while self._bytes > _CACHE_BYTES and len(self) > self._kept + 1:
            oldest = next(islice(self, self._kept, None))
            self._count(self.pop(oldest), -1)

    def _count(self, array: Any, change: int) -> None:
        """Add or remove one use of an array; its bytes count while it has uses."""
        if not isinstance(array, np.ndarray):
            return
        uses = self._uses.get(id(array), 0) + change
        if uses == 0:
            del self._uses[id(array)]
            self._bytes -= array.nbytes
            return
        if id(array) not in self._uses:
            self._bytes += array.nbytes
        self._uses[id(array)] = uses


def step_names(steps: Sequence[Step]) -> tuple[str, ...]:
    """Return the key of an array in the cache: steps of the same names produce the same array."""
    return tuple(f"{step.op} {step.params}" for step in steps)
