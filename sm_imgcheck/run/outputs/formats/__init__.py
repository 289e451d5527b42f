"""Files with the tensors of many candidates: one module for each kind, its name is the choice of ``--as``.

A tensor is encoded by the worker as a part: a separate file that waits until its pack is full. A pack is built of its
parts in the order of the listing, one part at a time in memory, the same bytes on every machine and every day. Listing
the kinds imports none of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol, cast

from sm_imgcheck.core import plugins
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.types import Finding, Spec
from sm_imgcheck.io.tensors import Chunk

if TYPE_CHECKING:
    import numpy as np

__all__ = ["PackFormat", "Sample", "kinds", "load_format", "single"]


@frozen
class Sample:
    """One candidate in a pack."""

    path: str
    """Its listed name."""
    key: str
    """Its name below the folder that was listed, without suffix, with ``/`` between names; no two are equal."""
    findings: tuple[Finding, ...]


class PackFormat(Protocol):
    """The interface of a module of this folder.

    ``BATCH``: whether a pack is one tensor, with the samples along its first axis.
    """

    BATCH: bool

    def check_spec(self, spec: Spec) -> None:
        """Raise ImgcheckError, with the fix, where tensors of this spec cannot be packed in this kind."""

    def encode(self, array: np.ndarray, spec: Spec) -> Iterable[Chunk]:
        """Return the part of one tensor. Raises ValueError for one that cannot be part of a pack."""
        ...

    def name(self, number: int) -> str:
        """What the pack of this number, counted from 0, is called."""
        ...

    def pack(self, parts: Iterable[tuple[Sample, bytes]], rows: int) -> Iterator[Chunk]:
        """Yield a pack of at least one part, each read when needed. rows: of a batch; rows without a part are zeros.

        Raises ValueError for a part that differs from the output of ``encode``.
        """
        ...


def kinds() -> tuple[str, ...]:
    """The names of all kinds."""
    return plugins.names(sys.modules[__name__])


def load_format(name: str) -> PackFormat:
    """Import one kind."""
    return cast("PackFormat", plugins.load(sys.modules[__name__], name))


def single(array: np.ndarray, spec: Spec) -> None:
    """Raise ValueError for a tensor that holds several images already."""
    if spec.contract.layout[0] == "N" and array.shape[0] != 1:
        raise ValueError(f"it holds {array.shape[0]} images, and a file for many holds one of each candidate")
