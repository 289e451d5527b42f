"""The v2 inference protocol (KServe's Open Inference Protocol), as Triton and MLServer read it."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

__all__ = ["DATATYPES", "is_shape", "name_of"]

DATATYPES = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
    "BF16": "bfloat16",
}
"""NumPy's names; BYTES, which holds texts, has none."""


def name_of(dtype: str) -> str:
    """The protocol's word for a NumPy dtype."""
    return next((word for word, name in DATATYPES.items() if name == dtype), dtype)


def is_shape(shape: Any) -> bool:
    """Whether it is a list of lengths that an array can have."""
    return (
        isinstance(shape, list)
        and 0 < len(shape) <= 32
        and all(isinstance(length, int) and not isinstance(length, bool) and length >= 0 for length in shape)
        and prod(length or 1 for length in shape) < 1 << 59
    )


def numpy_dtype(word: str) -> np.dtype[Any] | None:
    """Of a datatype; None for those that NumPy cannot hold."""
    name = DATATYPES.get(word, "")
    return np.dtype(name) if name and name != "bfloat16" else None
