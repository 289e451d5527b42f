"""``text/csv``: one image a line, flattened in row-major order. Neither dtype nor shape travel with it."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from sm_imgcheck.core.types import Payload, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.serving.envelopes import TensorEnvelope, check_values, infer_shape, pack_records
from sm_imgcheck.serving.envelopes._json import array_of, flat, lines_of, loads, longest

__all__ = ["ENVELOPE"]

CONTENT_TYPE = "text/csv"


def build(array: np.ndarray, spec: Spec) -> Payload:
    """Numbers in the fewest digits that read back to the same dtype's value. Raises PayloadError."""
    values = check_values(array, "csv")
    batch = values if spec.contract.layout[0] == "N" else values[None]
    return pack_records(_lines(batch), "csv", CONTENT_TYPE, spec)


def _lines(batch: np.ndarray) -> Iterator[bytes]:
    for index, image in enumerate(batch):
        yield b"\n" * bool(index)
        yield from flat(image)


def parse(body: bytes, content_type: str, spec: Spec) -> np.ndarray:  # noqa: ARG001
    """The numbers in the spec's dtype and shape. Raises PayloadError where they do not fill it."""
    rows = [loads(b"[" + line + b"]") for line in lines_of(body)]
    values = array_of(rows, spec.contract.dtype)
    dims = spec.contract.shape
    if spec.contract.layout[0] != "N":
        return values.reshape(infer_shape(dims, values.size))
    return values.reshape(len(rows), *infer_shape(dims[1:], values.size // len(rows)))


def size(shape: tuple[int, ...], dtype: str, spec: Spec) -> tuple[int, bool]:  # noqa: ARG001
    """At most: every number as long as its dtype can get."""
    return prod(shape) * (longest(dtype) + 1), False


ENVELOPE = TensorEnvelope(
    rank=10,
    summary="text/csv: one image a line, flattened",
    content_type=CONTENT_TYPE,
    build=build,
    parse=parse,
    size=size,
)
