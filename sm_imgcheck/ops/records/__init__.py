"""Op records: what the program knows of each op besides its array function, which is in ``kernels``.

An op's name is its kind, with the library whose arithmetic it means where there are several: ``resize_pillow``. Each
module here defines ``OPS``, records by kind; a new module is found by itself. No arrays: a plan is traced without them.
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
    """Module with the array function of the op's name; ``{library}`` stands for the op's library."""
    effect: Callable[[Facts, Step], Facts]
    """The facts of the array after the step, given those before."""
    traits: frozenset[str] = frozenset()
    """Traits of a pipeline that it decides: see ``sm_imgcheck.ops.compare``."""
    one_image: bool = False
    """Its function takes one image (HWC) and no batch."""
    shapes_picture: bool = False
    """It decides which pixels the picture has; the others decide which numbers stand for them."""
    size: Callable[[Step, int, int], tuple[int, int]] | None = None
    """Height and width after the step, given those before; None: it keeps them, or exchanges them."""
    phrase: Callable[[Step], str] = _no_phrase
    """The step in words, without its arithmetic; empty where there is nothing to say."""


@cache
def record(op: str) -> Op:
    """The record of an op. Raises Bug for an op that no module of this folder has."""
    ops = _all()
    found = ops.get(op) or ops.get(op.partition("_")[0])
    if found is None:
        raise InternalError(f"the op {op!r} does not exist: no module of {__name__} has it")
    return found


@cache
def _all() -> Mapping[str, Op]:
    package = sys.modules[__name__]
    return {kind: op for name in plugins.names(package) for kind, op in plugins.load(package, name).OPS.items()}


def library_of(op: str) -> str:
    """The library whose arithmetic an op of several means: ``pillow12`` of ``resize_pillow12``."""
    return op.partition("_")[2]
