"""The two JSON bodies of TensorFlow Serving and MLflow: rows (``instances``) and columns (``inputs``)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import Spec
from sm_imgcheck.core.types.spec import DEFAULT_NAME
from sm_imgcheck.io.lazy_imports import np, orjson
from sm_imgcheck.io.tensors import JSON_COSTS, JSON_LINES_COSTS, too_costly
from sm_imgcheck.serving.envelopes import format_value

__all__ = [
    "around_key",
    "array_of",
    "at_key",
    "flat",
    "input_name",
    "key_of",
    "lines_of",
    "loads",
    "longest",
    "member",
    "nested_size",
    "numbers",
    "only",
]


def input_name(spec: Spec) -> str:
    """The key of the tensor; empty where the body has the tensor alone.

    TensorFlow Serving accepts the only input of a signature without a name, under a key that is rarely the name of
    the tensor (``x``, not ``serving_default_x``).
    """
    alone = spec.name == DEFAULT_NAME or spec.payload.get("stack") == "tensorflow-serving"
    return "" if alone else spec.name


def member(document: Json, key: str) -> Json:
    """The value of ``key`` in a JSON object. Raises PayloadError with the keys of the object."""
    if not isinstance(document, dict):
        raise PayloadError(f'the body is {format_value(document)}, not an object {{"{key}": ...}}')
    if key not in document:
        raise PayloadError(f'the body has the keys {format_value(list(document))}, but no "{key}"')
    return document[key]


def only(value: Json, spec: Spec) -> Json:
    """The tensor of an object ``{name: tensor}``; any other value is returned unchanged. Raises PayloadError."""
    if not isinstance(value, dict):
        return value
    if len(value) != 1 and spec.name not in value:
        raise PayloadError(f'the keys are {format_value(list(value))}, but the spec has one input, "{spec.name}"')
    return value[spec.name] if spec.name in value else next(iter(value.values()))


DEFAULT_KEY = "image"
"""``payload.key`` where the spec has none."""


def key_of(spec: Spec) -> str:
    """The key, or field of a form, that holds the input."""
    return spec.payload.get("key") or DEFAULT_KEY


def around_key(spec: Spec) -> tuple[bytes, bytes]:
    """The text before and after the input in an object with the key; a dot in the key opens an inner object."""
    names = key_of(spec).split(".")
    before = b"".join(b"{" + orjson.dumps(name) + b":" for name in names)
    return before, b"}" * len(names)


def at_key(document: Json, spec: Spec, key: str = "") -> Json:
    """The value of the key. key: instead of the spec's. Raises PayloadError."""
    for name in [key] if key else key_of(spec).split("."):
        document = member(document, name)
    return document


MAX_TEXT_BYTES = 100_000_000
"""What batch transform, the widest way for text, lets through at most."""
MAX_AXES = 32
"""NumPy's own limit before 2.0."""
MAX_LINES = 100_000


def loads(body: bytes) -> Json:
    """A JSON document with any content. Raises PayloadError for other text, and for what would take too much memory."""
    if len(body) > MAX_TEXT_BYTES:
        raise PayloadError(f"the body has {len(body)} bytes of text; more than {MAX_TEXT_BYTES} are not read")
    if why := too_costly(body, JSON_COSTS):
        raise PayloadError(why)
    try:
        document: Json = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as problem:
        raise PayloadError(f"body: not JSON: {problem}") from None
    return document


def lines_of(body: bytes) -> list[bytes]:
    """The lines of a text, one for each image; an empty last line is ignored. Raises PayloadError for too many."""
    if body.count(b"\n") > MAX_LINES:
        raise PayloadError(f"the body has more than {MAX_LINES} lines, with an image on each")
    if why := too_costly(body, JSON_LINES_COSTS):
        raise PayloadError(why)
    return body.removesuffix(b"\n").split(b"\n")


def array_of(data: Json, dtype: str) -> np.ndarray:
    """Nested lists of numbers as an array of ``dtype``. Raises PayloadError: ragged, no number, does not fit.

    Level by level, and never by NumPy's own guess: that makes room for the longest of a million texts for each of them.
    """
    shape: list[int] = []
    level: list[Any] = [data]  # level by level, by set and map: no Python code runs for each value
    while level and isinstance(level[0], list):
        if set(map(type, level)) != {list}:
            other = next(item for item in level if not isinstance(item, list))
            raise PayloadError(f"the lists are ragged: axis {len(shape) - 1} has {format_value(other)} next to a list")
        lengths = set(map(len, level))
        if len(lengths) > 1:
            lengths_text = " and ".join(map(str, sorted(lengths)[:2]))
            raise PayloadError(f"the lists are ragged: axis {len(shape)} has lengths {lengths_text}")
        if len(shape) == MAX_AXES:
            raise PayloadError(f"the lists are nested more than {MAX_AXES} deep")
        shape.append(lengths.pop())
        level = list(chain.from_iterable(level))
    return numbers(level, dtype).reshape(shape)


def numbers(values: list[Json], dtype: str) -> np.ndarray:
    """A list of JSON numbers as a 1-D array of ``dtype``. Raises PayloadError for one that it cannot hold."""
    kinds = set(map(type, values))
    if not kinds <= {int, float}:
        odd = next(value for value in values if type(value) not in (int, float))
        raise PayloadError(f"value: got {format_value(odd)}, expected a number of dtype {dtype}")
    kind = np.dtype("float32" if dtype == "bfloat16" else dtype)
    return _integers(values, kinds, kind) if kind.kind in "iu" else _real(values, kind)


def _real(values: list[Json], kind: np.dtype) -> np.ndarray:
    try:
        with np.errstate(over="ignore"):
            array = np.array(values, np.float64).astype(kind)
    except OverflowError:  # an integer beyond the range of float64
        largest = max((value for value in values if isinstance(value, int)), key=abs)
        raise PayloadError(f"value: got {format_value(largest)}, which {kind.name} cannot hold") from None
    if not np.isfinite(array).all():
        odd = values[int(np.flatnonzero(~np.isfinite(array))[0])]
        raise PayloadError(f"value: got {format_value(odd)}, which {kind.name} cannot hold")
    return array


def _integers(values: list[Any], kinds: set[type], kind: np.dtype) -> np.ndarray:
    if float in kinds:
        odd = next((value for value in values if isinstance(value, float) and not value.is_integer()), None)
        if odd is not None:
            raise PayloadError(f"value: got {format_value(odd)}, expected {kind.name}")
        values = [int(value) for value in values]
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    if values and not low <= min(values) <= max(values) <= high:
        odd = min(values) if min(values) < low else max(values)
        raise PayloadError(f"value: got {format_value(odd)}, expected {kind.name} ({low} to {high})")
    return np.array(values, kind)


def flat(values: np.ndarray, step: int = 8192) -> Iterator[bytes]:
    """Numbers one after another with commas between them, in row-major order, in pieces."""
    line = values.reshape(-1)
    for start in range(0, line.size, step):
        text = orjson.dumps(line[start : start + step], option=orjson.OPT_SERIALIZE_NUMPY)
        yield b"," + text[1:-1] if start else text[1:-1]


def longest(dtype: str) -> int:
    """Maximum length of a number in its shortest form, in characters.

    16 and 24: the longest that Ryu's f32 and f64 printers write (https://docs.rs/ryu, raw::format32 and format64);
    halves are printed as the float32 that they equal.
    """
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return 24 if kind.itemsize == 8 else 16
    return max(len(str(np.iinfo(kind).min)), len(str(np.iinfo(kind).max)))


def nested_size(shape: tuple[int, ...], dtype: str) -> int:
    """Maximum length of nested lists of this shape, in characters."""
    lists, count = 0, 1
    for length in shape:
        lists, count = lists + count, count * length
    return 2 * lists + count * (longest(dtype) + 1)
