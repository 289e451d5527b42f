"""``application/jsonlines``: one image a line, a nested list; batch transform splits, TensorFlow Serving joins."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.types import Payload, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.io.tensors import Chunk
from sm_imgcheck.io.tensors.json import nested
from sm_imgcheck.serving.envelopes import TensorEnvelope, check_values, pack_records
from sm_imgcheck.serving.envelopes._json import array_of, lines_of, loads, nested_size, only

__all__ = ["ENVELOPE"]

CONTENT_TYPE = "application/jsonlines"


def build(array: np.ndarray, spec: Spec) -> Payload:
    """Numbers in the fewest digits that read back to the same dtype's value. Raises PayloadError."""
    values = check_values(array, "jsonlines")
    batch = values if spec.contract.layout[0] == "N" else values[None]
    if len(batch) == 1 and spec.payload.get("stack") == "tensorflow-serving":
        batch = batch[None]  # its container joins the lines into a batch only where there are several
    return pack_records(_lines(batch), "jsonlines", CONTENT_TYPE, spec)


def _lines(batch: np.ndarray) -> Iterator[Chunk]:
    for index, image in enumerate(batch):
        yield b"\n" * bool(index)
        yield from nested(image)


def parse(body: bytes, content_type: str, spec: Spec) -> np.ndarray:  # noqa: ARG001
    """The images in the spec's dtype, named or not. Raises PayloadError."""
    rows = [only(loads(line), spec) for line in lines_of(body)]
    values = array_of(rows, spec.contract.dtype)
    if len(rows) == 1 and values.ndim > len(spec.contract.layout.lstrip("N")) + 1:
        values = values[0]  # a single line that is a batch already
    if spec.contract.layout[0] == "N":
        return values
    if len(rows) != 1:
        raise PayloadError(f"the body has {len(rows)} lines; the spec has one image without a batch dimension")
    return np.asarray(values[0])


def size(shape: tuple[int, ...], dtype: str, spec: Spec) -> tuple[int, bool]:  # noqa: ARG001
    """At most: every number as long as its dtype can get."""
    return nested_size(shape, dtype) + len("[]"), False


ENVELOPE = TensorEnvelope(
    rank=11,
    summary="application/jsonlines: one image a line, a nested list",
    content_type=CONTENT_TYPE,
    build=build,
    parse=parse,
    size=size,
)
