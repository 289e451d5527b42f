"""Several steps of a plan computed together: the bytes of the steps one by one, in less time.

One module for each kind of steps; ``tests/ops/test_combined.py`` compares them with the ops.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sm_imgcheck.core.types import Step
from sm_imgcheck.ops.combined.bilinear import resize_bilinear
from sm_imgcheck.ops.combined.resize_crop import resize_and_crop
from sm_imgcheck.ops.combined.tables import look_up, make_table
from sm_imgcheck.ops.execute import apply
from sm_imgcheck.ops.records import record

__all__ = ["apply_all"]


def apply_all(steps: Sequence[Step], source: Any) -> tuple[Any, tuple[float, float] | None]:
    """The array after all steps, and limits of its values; None where only the values show their limits.

    source: an array, which is not modified, or the bytes of a file.
    """
    array, bounds, at = source, None, 0
    while at < len(steps):
        result = _apply_combined(steps[at:], array) if isinstance(array, np.ndarray) else None
        if result is not None:
            array, bounds, count = result
            at += count
            continue
        is_new = isinstance(array, np.ndarray) and not (
            isinstance(source, np.ndarray) and np.may_share_memory(array, source)
        )
        array = apply(steps[at], array, reuse=is_new)
        bounds = bounds if "layout" in record(steps[at].op).traits else None
        at += 1
    return array, bounds


def _apply_combined(
    steps: Sequence[Step], array: np.ndarray
) -> tuple[np.ndarray, tuple[float, float] | None, int] | None:
    """The array after some of the first steps, limits of its values, and the number of these steps; None for none."""
    if (part := resize_and_crop(steps, array)) is not None:
        return part[0], None, part[1]
    if (image := resize_bilinear(steps[0], array)) is not None:
        return image, None, 1
    if (table := make_table(steps, array)) is not None:
        return look_up(table, array), (table.low, table.high), table.steps
    return None
