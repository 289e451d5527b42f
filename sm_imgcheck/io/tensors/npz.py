"""NumPy's archive with one array in it, ``arr_0``, not compressed: what ``numpy.savez`` writes, less the clock."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile, ZipInfo

from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.io.tensors import Chunk, npy

__all__ = ["encode"]


def encode(array: np.ndarray) -> tuple[Chunk]:
    """One archive. ZipInfo's own date, 1980-01-01, and one system for all make equal arrays equal files."""
    body = BytesIO()
    entry = ZipInfo("arr_0.npy")
    entry.create_system = 3
    with ZipFile(body, "w") as archive, archive.open(entry, "w", force_zip64=True) as file:
        for chunk in npy.encode(array):
            file.write(chunk)
    return (body.getbuffer(),)
