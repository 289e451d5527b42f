"""The JSON tensor: ``{"shape": [...], "dtype": "float32", "data": nested lists}``."""

from __future__ import annotations

from typing import Any

import numpy as np

from sm_imgcheck.errors import CandidateError

__all__ = ["is_json_tensor", "read_json"]

MAX_JSON_BYTES = 64 << 20
"""Every number becomes a Python object of some 32 bytes before it becomes an array: 64 MiB of text are about 1 GiB."""
JSON_DTYPES = frozenset(f"{kind}{bits}" for kind in ("int", "uint", "float") for bits in (8, 16, 32, 64)) - {"float8"}
JSON_DTYPES |= {"bool", "bfloat16"}


def is_json_tensor(body: bytes) -> bool:
    """Whether the bytes begin a JSON object that says a shape, a dtype or data, whatever is wrong inside."""
    head = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head[:1] == b"{" and any(key in head for key in (b'"shape"', b'"dtype"', b'"data"'))


def read_json(body: bytes) -> np.ndarray[Any, Any]:
    """The array that the object holds, in its dtype (bfloat16: float32). Raises CandidateError."""
    import orjson

    if len(body) > MAX_JSON_BYTES:
        raise CandidateError("SRC154", f"is {len(body)} bytes of JSON; more than {MAX_JSON_BYTES} are not read")
    try:
        document = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as problem:
        raise CandidateError("SRC150", f"is no JSON: {problem}") from None
    missing = [key for key in ("shape", "dtype", "data") if key not in document]
    if missing or str(document["dtype"]) not in JSON_DTYPES:
        what = f"has no {missing[0]!r}" if missing else f"has the dtype {document['dtype']!r}"
        raise CandidateError("SRC150", f"is no JSON tensor: {what}; a tensor is {{'shape', 'dtype', 'data'}}")
    array = json_numbers(document["data"], str(document["dtype"]))
    if list(array.shape) != document["shape"]:
        raise CandidateError("SRC150", f"declares the shape {document['shape']!r}, its data has {list(array.shape)}")
    return array


def json_numbers(data: Any, dtype: str) -> np.ndarray[Any, Any]:
    """Nested lists of numbers as an array. Raises CandidateError for ragged lists, texts, numbers that do not fit."""
    kind = np.dtype("float32" if dtype == "bfloat16" else dtype)
    try:
        array = np.asarray(data)
        if array.size == 0:
            return array.astype(kind)
        if array.dtype.kind not in "biuf":
            raise CandidateError("SRC150", "has data that are not all numbers")
        made = array.astype(kind) if array.dtype.kind == "f" else np.asarray(data, dtype=kind)
    except (ValueError, OverflowError, TypeError) as problem:
        raise CandidateError("SRC150", f"has data that make no array: {str(problem)[:200]}") from None
    if kind.kind != "f" and array.dtype.kind == "f" and not np.array_equal(made, array):
        raise CandidateError("SRC150", f"has data that are no {dtype} numbers")
    return made
