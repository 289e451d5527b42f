"""Batches: ``batch-00000.npy`` is one tensor with the requested number of images along the first axis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO

import numpy as np

from sm_imgcheck.core.errors import CandidateError, ImgcheckError
from sm_imgcheck.core.types import Spec
from sm_imgcheck.io.numpy_files import MAX_HEADER_BYTES, npy_header
from sm_imgcheck.io.tensors import Chunk, npy
from sm_imgcheck.run.outputs.formats import Sample, single

__all__ = ["BATCH", "check_spec", "encode", "name", "pack"]

BATCH = True


def check_spec(spec: Spec) -> None:
    """The tensors must be of one shape."""
    contract = spec.contract
    axes = zip(contract.layout, contract.shape, strict=True)
    if free := [axis for axis, dim in axes if axis != "N" and dim.fixed is None]:
        raise ImgcheckError(
            f"a batch needs images of one size, and the spec leaves {' and '.join(free)} open: fix it in its shape, "
            "or pack with --as tar, where each tensor keeps its own"
        )


def encode(array: np.ndarray, spec: Spec) -> Iterable[Chunk]:
    """Return a row of the batch, with the batch dimension in front where the spec has none."""
    single(array, spec)
    return npy.encode(array if spec.contract.layout[0] == "N" else array[None])


def name(number: int) -> str:
    """Sorted by name they are in order, up to 100,000 of them."""
    return f"batch-{number:05}.npy"


def pack(parts: Iterable[tuple[Sample, bytes]], rows: int) -> Iterator[Chunk]:
    """The header for all rows, then the values of each."""
    first, length, filled_rows = None, 0, 0
    for sample, part in parts:
        shape, dtype, values = _row(part)
        if first is None:
            first, length = (shape, dtype), len(values)
            yield npy.head((rows, *shape[1:]), dtype)
        if (shape, dtype) != first:
            raise ValueError(f"{sample.path} is {dtype} {list(shape)}, and the batch holds {first[1]} {list(first[0])}")
        filled_rows += 1
        yield values
    for _ in range(rows - filled_rows):
        yield bytes(length)


def _row(part: bytes) -> tuple[tuple[int, ...], np.dtype, memoryview]:
    try:
        shape, _, dtype, start = npy_header(BytesIO(part[: MAX_HEADER_BYTES + 64]))
    except CandidateError as error:
        raise ValueError(str(error)) from None
    values = memoryview(part)[start:]
    if shape[:1] != (1,) or len(values) != np.prod(shape, dtype=int) * dtype.itemsize:
        raise ValueError(f"a part of {len(part)} bytes has changed since it was written")
    return shape, dtype, values
