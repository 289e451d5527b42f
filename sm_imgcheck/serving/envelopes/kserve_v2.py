"""The v2 inference protocol as JSON, for Triton, MLServer and KServe: name, shape, datatype and a flat list."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.types import Payload, Spec
from sm_imgcheck.io.lazy_imports import np, orjson
from sm_imgcheck.serving.envelopes import TensorEnvelope, check_values, pack_records
from sm_imgcheck.serving.envelopes._json import array_of, flat, loads, longest
from sm_imgcheck.serving.open_inference import DATATYPE_OF, check_count, tensor_of

__all__ = ["ENVELOPE"]

CONTENT_TYPE = "application/json"
_WITHOUT_HALF = ("triton", "vertex-ai-triton", "kserve")
"""Stacks that refuse FP16 in JSON."""


def build(array: np.ndarray, spec: Spec) -> Payload:
    """The tensor under the spec's ``name``. Raises PayloadError, also for float16 to ``_WITHOUT_HALF``."""
    values = check_values(array, "kserve-v2")
    if values.dtype.name == "float16" and spec.payload.get("stack") in _WITHOUT_HALF:
        raise PayloadError("Triton and KServe read no FP16 from JSON; the envelope triton-binary carries it")
    return pack_records(_document(values, spec), "kserve-v2", CONTENT_TYPE, spec)


def _document(values: np.ndarray, spec: Spec) -> Iterator[bytes]:
    yield _before(values.shape, values.dtype.name, spec)
    yield from flat(values)
    yield b"]}]}"


def _before(shape: tuple[int, ...], dtype: str, spec: Spec) -> bytes:
    """The document up to its first number."""
    said = {"name": spec.name, "shape": shape, "datatype": DATATYPE_OF[dtype]}
    return b'{"inputs":[' + orjson.dumps(said)[:-1] + b',"data":['


def parse(body: bytes, content_type: str, spec: Spec) -> np.ndarray:  # noqa: ARG001
    """The only input in the dtype and shape that it declares; its data may be nested. Raises PayloadError."""
    tensor, shape, dtype = tensor_of(loads(body))
    if not isinstance(tensor.get("data"), list):
        raise PayloadError('the input has no list of "data"')
    values = array_of(tensor["data"], dtype)
    check_count(shape, values.size)
    return values.reshape(shape)


def size(shape: tuple[int, ...], dtype: str, spec: Spec) -> tuple[int, bool]:
    """At most: every number as long as its dtype can get."""
    return len(_before(shape, dtype, spec)) + prod(shape) * (longest(dtype) + 1) + len("]}]}"), False


ENVELOPE = TensorEnvelope(
    rank=8,
    summary="application/json: v2 inference protocol",
    content_type=CONTENT_TYPE,
    build=build,
    parse=parse,
    size=size,
)
