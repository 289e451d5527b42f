"""One JSON object, ``{"shape", "dtype", "data"}``, with nested lists and the shortest digits that read back the same.

Fewer digits than ``json.dumps(array.tolist())``, which widens a float32 to 64 bits first and then needs 17 of them.
"""

from __future__ import annotations

import reprlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import takewhile
from math import prod

from sm_imgcheck.core.errors import CandidateError
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.io.tensors import JSON_COSTS, Chunk, too_costly
from sm_imgcheck.io.tensors._level_texts import level_texts

__all__ = ["encode", "is_json_tensor", "nested", "read_json"]

_VALUES = 8192
"""Number of values that become text together: about 90 kB, which stay in the cache. One text of a complete 1x224x224x3
tensor needs 1.5 times the time in a fresh process, because each of its pages is touched for the first time."""


def encode(array: np.ndarray) -> Iterator[Chunk]:
    """One line. Raises ValueError for NaN and infinity, for which JSON has no word, before anything is encoded."""
    values = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")).reshape(array.shape)
    bad = 0 if values.dtype.kind in "biu" else int(values.size - np.count_nonzero(np.isfinite(values)))
    if bad:
        verb = "is" if bad == 1 else "are"
        raise ValueError(f"{bad} of {values.size} values {verb} NaN or infinite, which JSON cannot represent")
    import orjson

    head = orjson.dumps({"shape": list(array.shape), "dtype": array.dtype.name})
    return _document(head, values)


def _document(head: bytes, values: np.ndarray) -> Iterator[Chunk]:
    yield head[:-1] + b',"data":'
    yield from nested(values)
    yield b"}\n"


def nested(values: np.ndarray) -> Iterator[Chunk]:
    """An array of finite numbers as nested lists, in pieces split along the leading axes."""
    import orjson

    if values.ndim < 2 or values.size <= _VALUES:
        yield orjson.dumps(values if values.ndim else values.item(), option=orjson.OPT_SERIALIZE_NUMPY)
        return
    inside = values[0].size
    if inside > _VALUES:
        for index, part in enumerate(values):
            yield b"," if index else b"["
            yield from nested(part)
    else:
        step, table = _VALUES // inside, level_texts(values)
        for start in range(0, len(values), step):
            yield b"," if start else b"["
            piece = values[start : start + step]
            if table and (text := table.encode(piece)):
                yield text
            else:
                table = None
                yield memoryview(orjson.dumps(piece, option=orjson.OPT_SERIALIZE_NUMPY))[1:-1]
    yield b"]"


MAX_JSON_BYTES = 64 << 20
"""Four images of 3x1080x1920 in full digits; three times what a request may have."""
MAX_DEPTH = 32
"""NumPy's limit for axes up to version 1."""
JSON_DTYPES = frozenset(f"{kind}{bits}" for kind in ("int", "uint", "float") for bits in (8, 16, 32, 64)) - {"float8"}
JSON_DTYPES |= {"bool", "bfloat16"}
KEYS = ("shape", "dtype", "data")


def is_json_tensor(body: bytes) -> bool:
    """Return whether the bytes begin a JSON object with a shape, a dtype or data, valid or not."""
    head = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head[:1] == b"{" and any(key in head for key in (b'"shape"', b'"dtype"', b'"data"'))


def read_json(body: bytes) -> np.ndarray:
    """The array that the object holds, in its dtype (bfloat16: float32). Raises CandidateError."""
    import orjson

    check_size(body)
    try:
        document = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as problem:
        raise CandidateError("SRC150", f"invalid JSON: {problem}") from None
    plain = is_plain(body)
    if not plain and (twice := repeated_key(body)):
        raise CandidateError("SRC150", f"JSON tensor: duplicate key {twice[:60]!r}")
    missing = [key for key in KEYS if key not in document]
    if missing or str(document["dtype"]) not in JSON_DTYPES:
        mismatch = f"has no {missing[0]!r}" if missing else f"has the dtype {reprlib.repr(document['dtype'])}"
        raise CandidateError("SRC150", f"JSON tensor: {mismatch}; expected {{'shape', 'dtype', 'data'}}")
    shape = declared_shape(document["shape"])
    array = json_numbers(document["data"], str(document["dtype"]), plain=plain)
    if array.size == 0 == prod(shape) and array.shape == tuple(empty_shape_prefix(shape)):
        return np.empty(shape, array.dtype)
    if array.shape != shape:
        raise CandidateError(
            "SRC150", f"JSON tensor shape: got data of {list(array.shape)}, expected the declared {list(shape)}"
        )
    return array


def check_size(body: bytes) -> None:
    """Raise CandidateError where parsing would take too much memory."""
    if len(body) > MAX_JSON_BYTES:
        raise CandidateError("SRC154", f"JSON size: got {len(body)} bytes, expected at most {MAX_JSON_BYTES}")
    if reason := too_costly(body, JSON_COSTS, "store it as .npy"):
        raise CandidateError("SRC154", f"not read: {reason}")


def is_plain(body: bytes) -> bool:
    """Return whether the text of an object has space only for three keys, a dtype, numbers and lists."""
    literals = any(word in body for word in (b"true", b"false", b"null"))
    return body.count(b'"') == 8 and body.count(b"{") == 1 and not literals


def repeated_key(body: bytes) -> str:
    """Return a key that appears twice in one object; empty without one. orjson keeps the last without an error."""
    import json  # for tensors that are not as ``encode`` writes them

    keys: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> None:
        keys.extend(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)

    with suppress(RecursionError):  # far deeper than any array: NumPy refuses it next
        json.loads(body, object_pairs_hook=note, parse_float=len, parse_int=len)
    return keys[0] if keys else ""


def declared_shape(shape: object) -> tuple[int, ...]:
    """The shape, held to be one. Raises CandidateError."""
    lengths = shape if isinstance(shape, list) else [None]
    is_valid = all(type(length) is int and length >= 0 for length in lengths)
    if not is_valid or len(lengths) > MAX_DEPTH or prod(length or 1 for length in lengths) >= 1 << 59:
        raise CandidateError(
            "SRC150", f"JSON tensor shape: got {reprlib.repr(shape)}, expected a list of lengths such as [1, 3]"
        )
    return tuple(lengths)


def empty_shape_prefix(shape: tuple[int, ...]) -> Iterator[int]:
    """As much as nested lists can show of the shape of an empty array: up to the first zero."""
    yield from takewhile(bool, shape)
    yield 0


def json_numbers(data: object, dtype: str, *, plain: bool) -> np.ndarray:
    """Return nested lists of numbers as an array. Raises CandidateError for ragged lists, texts and overflow.

    plain: only numbers and lists. NumPy reads booleans as 1 and 0, and gives each of many texts the width of the
    longest.
    """
    kind = np.dtype("float32" if dtype == "bfloat16" else dtype)
    try:
        if not plain and not types_in(data) <= ({bool, int} if kind.kind == "b" else {int, float}):
            raise CandidateError("SRC150", f"JSON tensor data: got non-numeric values, expected {dtype}")
        array = np.asarray(data)
        if array.size == 0:
            return array.astype(kind)
        with np.errstate(all="ignore"):
            # Large integers have become floats where no integer type of 64 bits holds them all.
            exact = kind.kind in "iu" and array.dtype.kind == "f"
            result = np.asarray(data, dtype=kind) if exact else array.astype(kind)
    except (ValueError, OverflowError, TypeError, RecursionError) as problem:
        raise CandidateError(
            "SRC150", f"JSON tensor data: cannot be converted to an array: {str(problem)[:200]}"
        ) from None
    if kind.kind == "f" and not np.isfinite(result).all():
        raise CandidateError(
            "SRC150", f"JSON tensor data: got {np.abs(array).max():.6g}, expected the range of {dtype}"
        )
    if kind.kind != "f" and not np.array_equal(result, array):
        raise CandidateError("SRC150", f"JSON tensor data: got other values, expected {dtype}")
    return result


def types_in(data: object) -> set[type]:
    """The types of what nested lists hold, but lists."""
    if not isinstance(data, list):
        return {type(data)}
    types = set(map(type, data))
    if list in types:
        types.discard(list)
        types.update(*(types_in(item) for item in data if isinstance(item, list)))
    return types
