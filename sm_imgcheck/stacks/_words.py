"""How what predict gets is said, and what a spec leaves unsaid."""

from __future__ import annotations

from typing import Any

import numpy as np

from sm_imgcheck.spec.language import TOP

__all__ = ["UNNAMED", "shaped"]

UNNAMED = next(key.default for key in TOP if key.name == "name")
"""The name of an input that the spec does not name."""


def shaped(array: np.ndarray[Any, Any]) -> str:
    """Dtype and shape, such as ``float32 (1, 224, 224, 3)``."""
    return f"{array.dtype.newbyteorder('=').name if array.dtype.kind in 'fiubc' else array.dtype} {array.shape}"
