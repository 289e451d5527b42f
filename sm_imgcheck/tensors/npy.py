"""NumPy's own file of one array: the bytes that ``numpy.save`` writes for it in C order, little-endian."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

from sm_imgcheck.tensors import Chunk

__all__ = ["encode"]


def encode(array: np.ndarray[Any, Any]) -> tuple[Chunk, Chunk]:
    """Header and values; the values are not copied when the array is in C order and little-endian already."""
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)
    head = BytesIO()
    np.lib.format.write_array_header_1_0(head, np.lib.format.header_data_from_array_1_0(plain))
    return head.getvalue(), plain.reshape(-1).view(np.uint8).data
