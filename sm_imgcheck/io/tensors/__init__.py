"""Tensor files: one module for each format, its name is the choice of ``--as`` and the suffix of the file.

Each has ``encode(array) -> chunks``: the complete file as buffers, the same bytes on every machine and every day,
without a second copy of the array where the format allows. Listing the formats imports none of them. This module also
estimates the memory for parsing a text of numbers, from its bytes before it is parsed. Files with the tensors of many
candidates are in ``run/outputs/formats``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, cast

from sm_imgcheck.core import plugins

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "CSV_COSTS",
    "JSON_COSTS",
    "JSON_LINES_COSTS",
    "MAX_PARSE_BYTES",
    "Chunk",
    "Format",
    "formats",
    "load",
    "too_costly",
]

Chunk = bytes | memoryview


class Format(Protocol):
    """What a module of this folder offers."""

    def encode(self, array: np.ndarray) -> Iterable[Chunk]:
        """Encode an array of any shape. Raises ValueError where the format cannot represent its values."""
        ...


def formats() -> tuple[str, ...]:
    """The names of all formats."""
    return plugins.names(sys.modules[__name__])


def load(name: str) -> Format:
    """Import one format."""
    return cast("Format", plugins.load(sys.modules[__name__], name))


MAX_PARSE_BYTES = 900 << 20
"""The rest of 1 GiB after Python, NumPy and the image libraries."""
# Resident memory at its peak for each of these signs, and for each byte (the empty text), measured with orjson 3.11 and
# NumPy 2 on CPython 3.11 with bodies of one kind of value: parsed, held as Python objects and made an array.
JSON_COSTS = {b"": 2, b",": 56, b"[": 112, b"{": 300, b'"': 64}
# The lines are split and joined again.
JSON_LINES_COSTS = {**JSON_COSTS, b"": 5, b"\n": 160, b"\r": 160}
# Each value is a text first.
CSV_COSTS = {b"": 5, b",": 130, b"\n": 330}


def too_costly(body: bytes, costs: dict[bytes, int], fix: str = "send fewer images a request, or an .npy body") -> str:
    """Return the reason for not parsing a text, with the estimate and the limit; empty if the memory is sufficient."""
    if len(body) * (costs[b""] + max(costs.values())) <= MAX_PARSE_BYTES:  # even if each byte were the costliest sign
        return ""
    estimate = sum(cost * body.count(sign) for sign, cost in costs.items())
    if estimate <= MAX_PARSE_BYTES:
        return ""
    return (
        f"parsing {len(body):,} bytes of text takes about {estimate:,} bytes of memory, "
        f"at most {MAX_PARSE_BYTES:,} are used: {fix}"
    )
