"""How what predict gets is said."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["shaped"]


def shaped(array: np.ndarray[Any, Any]) -> str:
    """Dtype and shape, such as ``float32 (1, 224, 224, 3)``."""
    return f"{array.dtype.newbyteorder('=').name if array.dtype.kind in 'fiubc' else array.dtype} {array.shape}"
