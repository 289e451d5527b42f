"""``{"instances": [...]}``: one entry for each image, as TensorFlow Serving's row form and MLflow read it."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.types import Payload, Spec
from sm_imgcheck.io.lazy_imports import np, orjson
from sm_imgcheck.io.tensors.json import nested
from sm_imgcheck.serving.envelopes import TensorEnvelope, check_values, format_value, pack_records
from sm_imgcheck.serving.envelopes._json import array_of, input_name, loads, member, nested_size, only

__all__ = ["ENVELOPE"]

CONTENT_TYPE = "application/json"


def build(array: np.ndarray, spec: Spec) -> Payload:
    """Each entry is the image alone, or ``{name: image}`` where the spec names its input. Raises PayloadError."""
    return pack_records(_document(check_values(array, "instances"), input_name(spec)), "instances", CONTENT_TYPE, spec)


def _document(values: np.ndarray, name: str) -> Iterator[bytes | memoryview]:
    yield b'{"instances":'
    if not name:
        yield from nested(values)
    else:
        yield b"["
        for index, image in enumerate(values):
            yield b"," * bool(index) + b"{" + orjson.dumps(name) + b":"
            yield from nested(image)
            yield b"}"
        yield b"]"
    yield b"}"


def parse(body: bytes, content_type: str, spec: Spec) -> np.ndarray:  # noqa: ARG001
    """The images in the spec's dtype, names_size or not. Raises PayloadError."""
    rows = member(loads(body), "instances")
    if not isinstance(rows, list):
        raise PayloadError(f'"instances" holds {format_value(rows)}, not a list with an entry for each image')
    return array_of([only(row, spec) for row in rows], spec.contract.dtype)


def size(shape: tuple[int, ...], dtype: str, spec: Spec) -> tuple[int, bool]:
    """At most: every number as long as its dtype can get."""
    name = input_name(spec)
    names_size = shape[0] * (len(orjson.dumps(name)) + 3) if name else 0
    return nested_size(shape, dtype) + len('{"instances":}') + names_size, False


ENVELOPE = TensorEnvelope(
    rank=4,
    summary='application/json: {"instances": [...]}, one entry per image',
    content_type=CONTENT_TYPE,
    build=build,
    parse=parse,
    size=size,
)
