"""``{"inputs": ...}``: the batch as one tensor: TensorFlow Serving's column form, MLflow, Hugging Face."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.types import Payload, Spec
from sm_imgcheck.io.lazy_imports import np, orjson
from sm_imgcheck.io.tensors.json import nested
from sm_imgcheck.serving.envelopes import TensorEnvelope, check_values, pack_records
from sm_imgcheck.serving.envelopes._json import array_of, input_name, loads, member, nested_size, only

__all__ = ["ENVELOPE"]

CONTENT_TYPE = "application/json"


def build(array: np.ndarray, spec: Spec) -> Payload:
    """The tensor alone, or ``{name: tensor}`` where the spec names its input. Raises PayloadError."""
    return pack_records(_document(check_values(array, "inputs"), input_name(spec)), "inputs", CONTENT_TYPE, spec)


def _document(values: np.ndarray, name: str) -> Iterator[bytes | memoryview]:
    before, after = _around(name)
    yield before
    yield from nested(values)
    yield after


def _around(name: str) -> tuple[bytes, bytes]:
    """The text before and after the lists."""
    return (b'{"inputs":{' + orjson.dumps(name) + b":", b"}}") if name else (b'{"inputs":', b"}")


def parse(body: bytes, content_type: str, spec: Spec) -> np.ndarray:  # noqa: ARG001
    """The tensor in the spec's dtype, named or not. Raises PayloadError."""
    return array_of(only(member(loads(body), "inputs"), spec), spec.contract.dtype)


def size(shape: tuple[int, ...], dtype: str, spec: Spec) -> tuple[int, bool]:
    """At most: every number as long as its dtype can get."""
    return nested_size(shape, dtype) + sum(map(len, _around(input_name(spec)))), False


ENVELOPE = TensorEnvelope(
    rank=5,
    summary='application/json: {"inputs": ...}, the batch as one tensor',
    content_type=CONTENT_TYPE,
    build=build,
    parse=parse,
    size=size,
)
