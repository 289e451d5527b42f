"""One JSON object, ``{"shape", "dtype", "data"}``, with nested lists and the shortest digits that read back the same.

Fewer digits than ``json.dumps(array.tolist())``, which widens a float32 to 64 bits first and then needs 17 of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from sm_imgcheck.tensors import Chunk

__all__ = ["encode", "nested"]

_VALUES = 8192
"""How many values become text at once: some 90 kB, which stay in the cache. One text of a whole 1x224x224x3 tensor
takes half as long again in a fresh process, because every page of it is touched for the first time."""


def encode(array: np.ndarray[Any, Any]) -> Iterator[Chunk]:
    """One line. Raises ValueError for NaN and infinity, for which JSON has no word, before anything is encoded."""
    values = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")).reshape(array.shape)
    bad = 0 if values.dtype.kind in "biu" else int(values.size - np.count_nonzero(np.isfinite(values)))
    if bad:
        verb = "is" if bad == 1 else "are"
        raise ValueError(f"{bad} of {values.size} values {verb} NaN or infinite, and JSON has no word for that")
    head = orjson.dumps({"shape": list(array.shape), "dtype": array.dtype.name})
    return _document(head, values)


def _document(head: bytes, values: np.ndarray[Any, Any]) -> Iterator[Chunk]:
    yield head[:-1] + b',"data":'
    yield from nested(values)
    yield b"}\n"


def nested(values: np.ndarray[Any, Any]) -> Iterator[Chunk]:
    """An array of finite numbers as nested lists, in pieces split along the leading axes."""
    if values.ndim < 2 or values.size <= _VALUES:
        yield orjson.dumps(values if values.ndim else values.item(), option=orjson.OPT_SERIALIZE_NUMPY)
        return
    inside = values[0].size
    if inside > _VALUES:
        for index, part in enumerate(values):
            yield b"," if index else b"["
            yield from nested(part)
    else:
        step = _VALUES // inside
        for start in range(0, len(values), step):
            yield b"," if start else b"["
            text = orjson.dumps(values[start : start + step], option=orjson.OPT_SERIALIZE_NUMPY)
            yield memoryview(text)[1:-1]
    yield b"]"
