"""Tensor files: one module for each format, its name is the choice of ``--as`` and the suffix of the file.

Each has ``encode(array) -> chunks``: the whole file as buffers, the same bytes on every machine and every day, without
a second copy of the array where the format allows. Listing the formats loads none of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, cast

from sm_imgcheck.core import plugins

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Chunk", "Format", "formats", "load"]

Chunk = bytes | memoryview


class Format(Protocol):
    """What a module of this folder offers."""

    def encode(self, array: np.ndarray) -> Iterable[Chunk]:
        """Encode an array of any shape. Raises ValueError where the format cannot say what the array holds."""
        ...


def formats() -> tuple[str, ...]:
    """The names of all formats."""
    return plugins.names(sys.modules[__name__])


def load(name: str) -> Format:
    """Import one format."""
    return cast("Format", plugins.load(sys.modules[__name__], name))
