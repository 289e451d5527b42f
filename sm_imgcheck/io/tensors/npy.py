"""NumPy's own file of one array: the bytes that ``numpy.save`` writes for it in C order, little-endian."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.io.tensors import Chunk

__all__ = ["encode", "head"]


def encode(array: np.ndarray) -> tuple[Chunk, Chunk]:
    """Header and values; the values are not copied when the array is in C order and little-endian already."""
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)
    return head(plain.shape, plain.dtype), plain.reshape(-1).view(np.uint8).data


@lru_cache(maxsize=64)
def head(shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    """Return the bytes before the values: version, dtype and shape, padded to a multiple of 64 bytes."""
    text = BytesIO()
    header = {"descr": np.lib.format.dtype_to_descr(dtype.newbyteorder("<")), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(text, header)
    return text.getvalue()
