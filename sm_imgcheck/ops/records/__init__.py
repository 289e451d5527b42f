"""Op records: the properties of each op, except its array function, which is in ``kernels``.

An op's name is its kind, with a library where several implement it: ``resize_pillow``. Each module here defines
``OPS``, records by kind; a new module is loaded automatically. No arrays: a plan is traced without them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache

from sm_imgcheck.core import plugins
from sm_imgcheck.core.errors import InternalError
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Facts, Step

PILLOW_UP_TO_12 = " (up to 12)"
"""Marks Pillow's order of passes before 13."""
LIBRARIES = {
    "pillow": "Pillow",
    "pillow12": f"Pillow{PILLOW_UP_TO_12}",
    "opencv": "OpenCV",
    "tensorflow": "TensorFlow",
    "torch": "PyTorch",
}


__all__ = ["LIBRARIES", "PILLOW_UP_TO_12", "Op", "library_of", "record"]


def _no_phrase(_: Step) -> str:
    return ""


@frozen
class Op:
    """One kind of op."""

    stage: str
    """Stage of a plan to which it belongs, such as ``geometry``. A finding names a stage as its fix."""
    kernel: str
    """Module with the array function of the op's name; ``{library}`` is replaced by the op's library."""
    effect: Callable[[Facts, Step], Facts]
    """The facts of the array after the step, given those before."""
    traits: frozenset[str] = frozenset()
    """Traits of a pipeline that it decides: see ``sm_imgcheck.ops.compare``."""
    one_image: bool = False
    """Its function accepts one image (HWC) and no batch."""
    in_place: bool = False
    """Its function has a parameter ``out``: a float32 array for the result, which may be its input."""
    shapes_image: bool = False
    """It selects the pixels of the image; other ops change the numbers of these pixels."""
    size: Callable[[Step, int, int], tuple[int, int]] | None = None
    """Height and width after the step, for those before; None: it keeps or swaps them."""
    phrase: Callable[[Step], str] = _no_phrase
    """The step as a phrase, without its implementation; empty for a step without an effect."""


@cache
def record(op: str) -> Op:
    """The record of an op. Raises Bug for an op that no module of this folder has."""
    ops = _all()
    modules = ops.get(op) or ops.get(op.partition("_")[0])
    if modules is None:
        raise InternalError(f"the op {op!r} does not exist: no module of {__name__} has it")
    return modules


@cache
def _all() -> Mapping[str, Op]:
    package = sys.modules[__name__]
    return {kind: op for name in plugins.names(package) for kind, op in plugins.load(package, name).OPS.items()}


def library_of(op: str) -> str:
    """The library of an op that several implement: ``pillow12`` of ``resize_pillow12``."""
    return op.partition("_")[2]
