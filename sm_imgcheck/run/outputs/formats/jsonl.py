"""JSON Lines: in ``00000.jsonl`` each line is the request body of one tensor, for batch transform, ``SplitType`` Line.

The lines are those that ``payload`` writes in the form ``jsonlines``, for the spec's stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.features.requests import resolve_target
from sm_imgcheck.io.tensors import Chunk
from sm_imgcheck.run.outputs.formats import Sample, single
from sm_imgcheck.serving.envelopes import jsonlines

if TYPE_CHECKING:
    import numpy as np

    from sm_imgcheck.core.types import Spec

__all__ = ["BATCH", "check_spec", "encode", "name", "pack"]

BATCH = False


def check_spec(spec: Spec) -> None:
    """The spec's stack must take such lines. Raises PayloadError."""
    resolve_target(spec, form="jsonlines")


def encode(array: np.ndarray, spec: Spec) -> Iterable[Chunk]:
    """One line. Raises ValueError for NaN and infinity, for which JSON has no word."""
    single(array, spec)
    try:
        return (jsonlines.ENVELOPE.build(array, spec).body, b"\n")
    except PayloadError as error:
        raise ValueError(str(error)) from None


def name(number: int) -> str:
    """Sorted by name they are in order, up to 100,000 of them."""
    return f"{number:05}.jsonl"


def pack(parts: Iterable[tuple[Sample, bytes]], rows: int) -> Iterator[Chunk]:  # noqa: ARG001
    """The lines."""
    return (part for _, part in parts)
